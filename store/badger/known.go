package badger

import (
	"bytes"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
)

// rememberedIDs is how many ids of events the writer remembers. Events arrive nearly in the order of their ids, so that
// those of a second would do.
const rememberedIDs = 8192

// known tells of which events there is nothing in the database, without looking. Nearly every event that is put is a
// new one, and to look in all tables for what is in none takes longer than to write it to memory.
//
// It belongs to the writer. Whatever it forgets it takes for known.
type known struct {
	// latest is the greatest id of those that are not in ids.
	latest event.ID
	ids    map[event.ID]struct{}
	// order has ids in the order in which they came, from next on.
	order []event.ID
	next  int
}

// loadKnown takes everything up to the greatest id of the database for known.
func loadKnown(db *badgerdb.DB) (*known, error) {
	k := &known{ids: make(map[event.ID]struct{}, rememberedIDs), order: make([]event.ID, 0, rememberedIDs)}
	err := db.View(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{Reverse: true, Prefix: []byte{eventPrefix}})
		defer it.Close()
		if it.Seek(eventKey(newestID)); it.Valid() {
			k.latest = idOf(it.Item().Key())
		}
		return nil
	})
	return k, err
}

// isNew tells that an event is not in the database for certain.
func (k *known) isNew(id event.ID) bool {
	if bytes.Compare(id[:], k.latest[:]) <= 0 {
		return false
	}
	_, found := k.ids[id]
	return !found
}

// add makes a new event known.
func (k *known) add(id event.ID) {
	if len(k.order) < rememberedIDs {
		k.order = append(k.order, id)
	} else {
		oldest := k.order[k.next]
		delete(k.ids, oldest)
		if bytes.Compare(oldest[:], k.latest[:]) > 0 {
			k.latest = oldest
		}
		k.order[k.next] = id
		k.next = (k.next + 1) % rememberedIDs
	}
	k.ids[id] = struct{}{}
}
