package badger

import (
	"encoding/binary"
	"errors"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// book writes entries of State in a transaction. An operation opens it, gets all that it decides on, and only then
// writes: none of its reads can then fail when part of it is written.
//
// An entry with an end is in an index by it, for the sweep. With that a claim of a delivery (a key of 52 bytes, a value
// of 16) takes 113 bytes on the disk (BenchmarkLoad) until the sweep after its end. Nothing here bounds how many there
// are: that is the rate at which they come, times what their creator gives them to live.
type book struct {
	t *transaction
	// revision is the last one given to any entry. It is kept, and with it no entry's is used again, not even after the
	// entry is gone.
	revision uint64
	// entries is how many there are, ended ones too that were not swept yet.
	entries uint64
}

// bookSize is the size of what is kept of a book, in bytes.
const bookSize = 8 + 8

// entryExtent is what set or remove writes at most: the entry, its place in the index, and that of the one before.
func entryExtent(key string, value int) (entries, bytes int64) {
	return 3, int64(min(keptHeader+value, valueThreshold) + 3*(1+8+len(key)))
}

// changeExtent is what a book with one change writes at most.
func changeExtent(key string, value int) (entries, bytes int64) {
	entries, bytes = entryExtent(key, value)
	return entries + 1, bytes + 1 + bookSize
}

func openBook(t *transaction) (*book, error) {
	b := &book{t: t}
	item, found, err := t.get(bookKey)
	if err != nil || !found {
		return b, err
	}
	return b, item.Value(b.parse)
}

func (b *book) parse(value []byte) error {
	if len(value) != bookSize {
		return errors.New("the last revision in the state is lost: the store is damaged")
	}
	b.revision, b.entries = binary.BigEndian.Uint64(value), binary.BigEndian.Uint64(value[8:])
	return nil
}

// close writes the book itself.
func (b *book) close() error {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, bookSize), b.revision)
	value = binary.BigEndian.AppendUint64(value, b.entries)
	return b.t.set(badgerdb.NewEntry(bookKey, value))
}

// get reads what a key has, ended or not; nil is nothing.
func (b *book) get(key string) (*kept, error) {
	item, found, err := b.t.get(stateKey(key))
	if err != nil || !found {
		return nil, err
	}
	return readKept(item)
}

// set writes an entry over what its key has.
func (b *book) set(key string, old, written *kept, end int64) error {
	if err := b.unlist(key, old); err != nil {
		return err
	}
	if old == nil {
		b.entries++
	}
	b.revision++
	written.seal(b.revision, end)
	if end != 0 {
		if err := b.t.set(badgerdb.NewEntry(endKey(end, key), nil)); err != nil {
			return err
		}
	}
	return b.t.set(badgerdb.NewEntry(stateKey(key), written.encoded))
}

// remove deletes what a key has.
func (b *book) remove(key string, old *kept) error {
	if old == nil {
		return nil
	}
	b.entries--
	if err := b.unlist(key, old); err != nil {
		return err
	}
	return b.t.remove(stateKey(key))
}

// unlist takes an entry out of the index.
func (b *book) unlist(key string, old *kept) error {
	if old == nil || old.end == 0 {
		return nil
	}
	return b.t.remove(endKey(old.end, key))
}
