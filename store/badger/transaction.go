package badger

import (
	"errors"

	badgerdb "github.com/dgraph-io/badger/v4"
)

const (
	// entryOverhead is more than what Badger adds to the size of a key and its value, in bytes.
	entryOverhead = 64

	// longestCountKey is the size of the longest entry of a counter, in bytes.
	longestCountKey = 300
)

// transaction is what the operations of a group write to. It sees their earlier writes. Where they are more than one
// transaction of Badger takes, it is several: room commits what there is and begins the next.
type transaction struct {
	db       *badgerdb.DB
	counters *counters
	journal  *journaled
	gate     *gate
	known    *known

	txn    *badgerdb.Txn
	deltas map[counter]int64
	// durable are called when what there is has become durable.
	durable []func()
	// entries and bytes are what txn has of the bounds that Badger sets.
	entries, bytes int64
	// failure is why a commit failed; there is no other after it.
	failure error
}

func newTransaction(
	db *badgerdb.DB, counters *counters, journal *journaled, gate *gate, known *known,
) *transaction {
	journal.begin()
	return &transaction{
		db: db, counters: counters, journal: journal, gate: gate, known: known,
		txn: db.NewTransaction(true), deltas: make(map[counter]int64),
	}
}

// room makes sure that so many entries with so many bytes of keys and values can be written as a whole. An operation
// calls it before it reads what it decides on.
func (t *transaction) room(entries, bytes int64) error {
	if t.takes(entries, bytes) {
		return nil
	}
	if err := t.commit(func() {}); err != nil {
		return err
	}
	t.txn = t.db.NewTransaction(true)
	t.journal.begin()
	t.entries, t.bytes = 0, 0
	return nil
}

// takes tells whether so much can be written beside what is there.
func (t *transaction) takes(entries, bytes int64) bool {
	// Each changed counter is an entry too, and the operation may change another one or two.
	entries += int64(len(t.deltas)) + 2
	bytes += int64(len(t.deltas)+2) * longestCountKey
	bytes += entries * entryOverhead
	return t.entries+entries < t.db.MaxBatchCount() && t.bytes+bytes < t.db.MaxBatchSize()
}

// get reads a key; ok tells whether it is there.
func (t *transaction) get(key []byte) (item *badgerdb.Item, ok bool, err error) {
	item, err = t.txn.Get(key)
	if errors.Is(err, badgerdb.ErrKeyNotFound) {
		return nil, false, nil
	}
	return item, err == nil, err
}

// set writes a key. Neither slice may change until the commit.
func (t *transaction) set(entry *badgerdb.Entry) error {
	t.entries++
	t.bytes += int64(len(entry.Key)) + inTree(entry.Value) + entryOverhead
	t.journal.set(entry)
	return t.txn.SetEntry(entry)
}

// remove deletes a key, which may not change until the commit.
func (t *transaction) remove(key []byte) error {
	t.entries++
	t.bytes += int64(len(key)) + entryOverhead
	t.journal.remove(key)
	return t.txn.Delete(key)
}

// count changes a counter.
func (t *transaction) count(name counter, delta int64) {
	if t.deltas[name] += delta; t.deltas[name] == 0 {
		delete(t.deltas, name)
	}
}

// afterwards has a function called when what was written until now is durable, before anybody is told.
func (t *transaction) afterwards(do func()) { t.durable = append(t.durable, do) }

// commit makes everything durable, in the journal first: nobody reads what a crash could still take back. It calls
// acknowledge as soon as it is, unless there is no journal; an error after that is of the database, and not of what was
// acknowledged. The transaction is of no more use then.
func (t *transaction) commit(acknowledge func()) error {
	if t.failure == nil {
		t.failure = t.write(acknowledge)
	}
	return t.failure
}

func (t *transaction) write(acknowledge func()) error {
	defer t.txn.Discard()
	for _, entry := range t.counters.entries(t.deltas) {
		t.journal.set(entry)
		if err := t.txn.SetEntry(entry); err != nil {
			return err
		}
	}
	if t.journal == nil {
		err := t.txn.Commit()
		if err == nil {
			t.publish()
		}
		return err
	}
	if err := t.journal.commit(); err != nil {
		return err
	}
	t.gate.close()
	defer t.gate.open()
	t.publish()
	acknowledge()
	return t.txn.Commit()
}

// publish has the memory follow what has become durable.
func (t *transaction) publish() {
	t.counters.add(t.deltas)
	clear(t.deltas)
	for _, do := range t.durable {
		do()
	}
	t.durable = t.durable[:0]
}
