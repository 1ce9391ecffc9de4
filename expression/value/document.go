package value

import "sync"

// Document is a JSON text together with its value. Its text keeps what the value cannot: the order of keys and the
// spelling of numbers. A nil *Document is null. A Document is safe for concurrent use; nobody may change what it
// gives out.
type Document struct {
	raw    []byte
	value  any
	encode sync.Once
}

// NewDocument reads a JSON text, and keeps it. Nothing at all, as in an empty body, is null.
func NewDocument(raw []byte) (*Document, error) {
	if len(raw) == 0 {
		return &Document{raw: []byte("null")}, nil
	}
	v, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return &Document{raw: raw, value: v}, nil
}

// DocumentOf is the document of a value; its text is made when it is first asked for.
func DocumentOf(v any) *Document { return &Document{value: v} }

// Value is the document's value.
func (d *Document) Value() any {
	if d == nil {
		return nil
	}
	return d.value
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
	return find(d.Raw(), path)
}
