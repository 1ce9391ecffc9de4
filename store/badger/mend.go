package badger

import (
	"errors"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
)

// A summary that cannot be read is made again of its event. Where that is damaged, too, there are still the keys: one
// damaged event must not keep others from being listed, found and deleted.

// mendSummary makes the summary of an event whose own cannot be read. At worst it has what keys tell.
func mendSummary(txn *badgerdb.Txn, status event.Status, id event.ID) event.Summary {
	if e, err := findEvent(txn, id); err == nil {
		summary := e.Summary()
		summary.ID, summary.Status = id, status
		return summary
	}
	return event.Summary{
		ID: id, Status: status, Connector: connectorOf(txn, status, id), ReceivedAt: event.At(id.Time()),
	}
}

// mend finds out what the index of an event depends on, whose summary does not tell.
func (x *deletion) mend(txn *badgerdb.Txn) {
	if e, err := findEvent(txn, x.id); err == nil {
		x.connector, x.retryOf = e.Connector, e.RetryOf
		return
	}
	x.lost = true
	x.connector, x.retryOf = connectorOf(txn, x.status, x.id), originalOf(txn, x.id)
}

// removeUnowned takes an event out of the index that is in no connector's list. It may be in the count of one, and
// nothing tells of which.
func (x *deletion) removeUnowned(t *transaction) error {
	if err := t.remove(listed(statusList(x.status), x.id)); err != nil || x.retryOf == nil {
		return err
	}
	return t.remove(listed(retryList(*x.retryOf), x.id))
}

// findEvent reads an event that tells whose it is.
func findEvent(txn *badgerdb.Txn, id event.ID) (*event.Event, error) {
	item, err := txn.Get(eventKey(id))
	if err != nil {
		return nil, err
	}
	e, err := readEvent(item)
	if err == nil && e.Connector == "" {
		err = errors.New("the event has no connector")
	}
	return e, err
}

// connectorOf finds the connector in whose list an event is, by their counters; none is "".
func connectorOf(txn *badgerdb.Txn, status event.Status, id event.ID) string {
	it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: []byte{countPrefix}})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		connector, counted, err := parseCountKey(it.Item().Key())
		if err != nil || counted != status {
			continue
		}
		if _, err := txn.Get(listed(connectorList(connector, status), id)); err == nil {
			return connector
		}
	}
	return ""
}

// originalOf finds the event that another repeats, among all that were repeated; nil is none.
func originalOf(txn *badgerdb.Txn, id event.ID) *event.ID {
	it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: []byte{retryPrefix}})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if key := it.Item().Key(); wellFormed(key) && idOf(key) == id {
			original := event.ID(key[1:])
			return &original
		}
	}
	return nil
}
