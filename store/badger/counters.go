package badger

import (
	"encoding/binary"
	"sync"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
)

// counters know how many events there are. They are written in the transactions of the events they count, so they
// are exact without a scan, after a crash too.
type counters struct {
	mutex  sync.RWMutex
	counts map[counter]int64
}

// counter names one of them.
type counter struct {
	connector string
	status    event.Status
}

func loadCounters(db *badgerdb.DB) (*counters, error) {
	c := &counters{counts: make(map[counter]int64)}
	err := db.View(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: []byte{countPrefix}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			err := item.Value(func(value []byte) error {
				connector, status, count, err := parseCount(item.Key(), value)
				c.counts[counter{connector, status}] = count
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return c, err
}

// of gives the counts of a connector, or of all of them.
func (c *counters) of(connector string) map[event.Status]int64 {
	counts := make(map[event.Status]int64, len(event.Statuses))
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	for _, status := range event.Statuses {
		counts[status] = c.counts[counter{connector, status}]
	}
	if connector == "" {
		for name, count := range c.counts {
			counts[name.status] += count
		}
	}
	return counts
}

// total is how many events there are.
func (c *counters) total() int64 {
	total := int64(0)
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	for _, count := range c.counts {
		total += count
	}
	return total
}

// entries are what a transaction writes to change the counters by deltas.
func (c *counters) entries(deltas map[counter]int64) []*badgerdb.Entry {
	entries := make([]*badgerdb.Entry, 0, len(deltas))
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	for name, delta := range deltas {
		value := binary.BigEndian.AppendUint64(nil, uint64(c.counts[name]+delta))
		entries = append(entries, badgerdb.NewEntry(countKey(name.connector, name.status), value))
	}
	return entries
}

// add changes the counters by deltas, once the transaction is committed.
func (c *counters) add(deltas map[counter]int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for name, delta := range deltas {
		if c.counts[name] += delta; c.counts[name] == 0 {
			delete(c.counts, name)
		}
	}
}
