package value

import (
	"sync"
	"sync/atomic"
)

// Document is a JSON text together with its value. Its text keeps what the value cannot: the order of keys and the
// spelling of numbers. A nil *Document is null. A Document is safe for concurrent use; nobody may change what it
// gives out.
//
// It is decoded when its value is first needed: who reads a few fields of a long text, as most connectors do, is better
// served by Peek.
type Document struct {
	raw    []byte
	value  any
	encode sync.Once
	decode sync.Once
	// index is where things are in raw, as far as they were looked for.
	index    *index
	indexing sync.Mutex
	// decoded tells that value is there; peeks counts how often that was not needed.
	decoded atomic.Bool
	peeks   atomic.Int32
}

// maxPeeks is how often a document is searched before it is decoded. The first search of 1 KB takes about a fifth of
// decoding it, those that find their object in the index nearly nothing, and those in arrays up to a fifth again.
const maxPeeks = 16

// NewDocument reads a JSON text, and keeps it. Nothing at all, as in an empty body, is null. The error is that of Decode.
func NewDocument(raw []byte) (*Document, error) {
	if len(raw) == 0 {
		raw = []byte("null")
	}
	d := &Document{raw: raw}
	if wellFormed(raw) {
		return d, nil
	}
	v, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	d.set(v)
	return d, nil
}

// DocumentOf is the document of a value; its text is made when it is first asked for.
func DocumentOf(v any) *Document {
	d := new(Document)
	d.set(v)
	return d
}

func (d *Document) set(v any) {
	d.value = v
	d.decoded.Store(true)
}

// Value is the document's value.
func (d *Document) Value() any {
	if d == nil {
		return nil
	}
	d.decode.Do(func() {
		if d.decoded.Load() {
			return
		}
		v, err := Decode(d.raw)
		if err != nil {
			panic("a well-formed text cannot be decoded: " + err.Error())
		}
		d.set(v)
	})
	return d.value
}

// Peek is the value at a path, where that can be had without decoding the whole document. It is false where there is
// nothing at the path, and where the document is decoded or had better be: then Value tells.
func (d *Document) Peek(path []Step) (any, bool) {
	if d == nil || d.decoded.Load() {
		return nil, false
	}
	return d.peek(path)
}

func (d *Document) peek(path []Step) (any, bool) {
	if d.peeks.Add(1) > maxPeeks {
		return nil, false
	}
	text, found := d.find(d.raw, path)
	if !found {
		return nil, false
	}
	v, err := Decode(text)
	return v, err == nil
}

// Raw is the document's JSON text, as received where it was received.
func (d *Document) Raw() []byte {
	if d == nil {
		return []byte("null")
	}
	d.encode.Do(func() {
		if d.raw != nil {
			return
		}
		raw, err := AppendJSON(nil, d.value)
		if err != nil {
			raw = []byte("null")
		}
		d.raw = raw
	})
	return d.raw
}

// Step is one step of a path: the member of an object, or the element of an array.
type Step struct {
	Key string
	// Index counts from 0, or, where it is negative, from the end, which is -1.
	Index   int
	IsIndex bool
}

// Find is the JSON text of the part of the document to which path leads, without surrounding blanks. It finds what
// the same path finds in Value: of equal keys the last one.
func (d *Document) Find(path []Step) ([]byte, bool) {
	return d.find(d.Raw(), path)
}

func (d *Document) find(raw []byte, path []Step) ([]byte, bool) {
	if d == nil || !indexable(raw) {
		return find(raw, path, nil)
	}
	d.indexing.Lock()
	defer d.indexing.Unlock()
	return find(raw, path, &d.index)
}
