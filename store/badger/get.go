package badger

import (
	"context"
	"errors"
	"fmt"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Get implements store.EventLog.
func (d *database) Get(_ context.Context, id event.ID) (*event.Event, error) {
	var e *event.Event
	err := d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(eventKey(id))
		if errors.Is(err, badgerdb.ErrKeyNotFound) {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		if e, err = readEvent(item); err != nil {
			return err
		}
		e.RetriedBy = retries(txn, id)
		return nil
	})
	if err != nil {
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrClosed) {
			return nil, err
		}
		return nil, fmt.Errorf("get event %s from %s: %w", id, d.path, err)
	}
	return e, nil
}

// Count implements store.EventLog.
func (d *database) Count(_ context.Context, connector string) (map[event.Status]int64, error) {
	if err := d.lifetime.enter(); err != nil {
		return nil, err
	}
	defer d.lifetime.leave()
	return d.counters.of(connector), nil
}

// view reads. After a failed write Badger may lack the table it writes to, and a read may panic for that: this is the
// process's only chance to go on with its other work.
func (d *database) view(read func(*badgerdb.Txn) error) (err error) {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	defer func() {
		if failed := d.health.failed.Load(); failed != nil {
			if recovered := recover(); recovered != nil {
				err = fmt.Errorf("%w (%v)", failed, recovered)
			}
		}
	}()
	d.gate.pass()
	return d.db.View(read)
}

// retries lists the events that repeat id, oldest first.
func retries(txn *badgerdb.Txn, id event.ID) []event.ID {
	ids := []event.ID{}
	it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: retryList(id)})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		ids = append(ids, idOf(it.Item().Key()))
	}
	return ids
}

func readEvent(item *badgerdb.Item) (e *event.Event, err error) {
	err = readValue(item, func(value []byte) error {
		e, err = decode(value)
		return err
	})
	return e, err
}

// decode reads an event as newRecord writes it.
func decode(value []byte) (*event.Event, error) {
	e, err := event.Decode(value)
	if err == nil {
		e.Expand()
	}
	return e, err
}

// errDamaged is the answer to a short value that cannot be read.
var errDamaged = errors.New("it is not there as it was written: the store is damaged")

// readValue reads a value that is never empty.
func readValue(item *badgerdb.Item, read func([]byte) error) error {
	return item.Value(func(value []byte) error {
		// This is what Badger gives for a value that it cannot read; it tells its logger why.
		if len(value) == 0 {
			return errors.New("the value log does not have it as it was written: the store is damaged")
		}
		return read(value)
	})
}
