package badger

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// scanBytes is how much one search reads at most, in bytes of events, beside store.ScanLimit.
const scanBytes = 64 << 20

// List implements store.EventLog. It reads the keys of an index and the summaries of the page, never the events,
// unless query searches in them.
func (d *database) List(ctx context.Context, query store.Query) (store.Page, error) {
	query, err := query.Normalize()
	if err != nil {
		return store.Page{}, err
	}
	var page store.Page
	err = d.view(func(txn *badgerdb.Txn) error {
		walk := newWalk(txn, query)
		defer walk.close()
		if query.Search == "" {
			return list(ctx, txn, walk, query, &page)
		}
		return search(ctx, txn, walk, query, &page)
	})
	if err != nil {
		if errors.Is(err, store.ErrClosed) {
			return store.Page{}, err
		}
		return store.Page{}, fmt.Errorf("list events of %s: %w", d.path, err)
	}
	return page, nil
}

func list(ctx context.Context, txn *badgerdb.Txn, walk *walk, query store.Query, page *store.Page) error {
	for ; walk.valid(); walk.next() {
		if len(page.Events) == query.Limit {
			page.More, page.Next = true, page.Events[len(page.Events)-1].ID
			return nil
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		page.Events = append(page.Events, walk.summary(txn))
	}
	return nil
}

func search(ctx context.Context, txn *badgerdb.Txn, walk *walk, query store.Query, page *store.Page) error {
	matcher := store.NewMatcher(query.Search)
	var last event.ID
	scanned, size := 0, int64(0)
	for ; walk.valid(); walk.next() {
		if len(page.Events) == query.Limit || scanned == store.ScanLimit || size > scanBytes {
			page.More, page.Next = true, last
			page.ScanStopped = len(page.Events) < query.Limit
			return nil
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		last = walk.id()
		item, err := txn.Get(eventKey(last))
		if err != nil {
			return fmt.Errorf("event %s: %w", last, err)
		}
		scanned++
		size += item.ValueSize()
		if !match(matcher, item) {
			continue
		}
		page.Events = append(page.Events, walk.summary(txn))
	}
	return nil
}

// match tells whether a stored event matches. One that is damaged does not: it must not keep the others from being
// found, and to get it tells what is wrong.
func match(matcher *store.Matcher, item *badgerdb.Item) bool {
	matches := false
	_ = readValue(item, func(value []byte) error {
		if !matcher.MayMatch(value) {
			return nil
		}
		e, err := decode(value)
		matches = err == nil && matcher.Match(e)
		return err
	})
	return matches
}

// walk goes through the ids that a query selects, newest first: through one list of the index, or several at a time.
type walk struct {
	since event.ID
	// lists are those that are not at their end.
	lists []*walkedList
	// newest is the list whose id is next.
	newest int
}

type walkedList struct {
	it     *badgerdb.Iterator
	status event.Status
	id     event.ID
}

func newWalk(txn *badgerdb.Txn, query store.Query) *walk {
	statuses := event.Statuses
	if query.Status != "" {
		statuses = []event.Status{query.Status}
	}
	w := &walk{since: query.Since}
	for _, status := range statuses {
		prefix := statusList(status)
		if query.Connector != "" {
			prefix = connectorList(query.Connector, status)
		}
		list := &walkedList{status: status, it: txn.NewIterator(badgerdb.IteratorOptions{Prefix: prefix, Reverse: true})}
		list.seek(prefix, query.Until)
		w.lists = append(w.lists, list)
	}
	w.settle()
	return w
}

// seek goes to the last id before until.
func (l *walkedList) seek(prefix []byte, until event.ID) {
	if until.IsZero() {
		until = newestID
	}
	end := listed(bytes.Clone(prefix), until)
	l.it.Seek(end)
	if l.it.Valid() && bytes.Equal(l.it.Item().Key(), end) {
		l.it.Next()
	}
}

// settle drops the lists that are at their end and finds the one that is next.
func (w *walk) settle() {
	open := w.lists[:0]
	w.newest = 0
	for _, l := range w.lists {
		for l.it.Valid() && !wellFormed(l.it.Item().Key()) {
			l.it.Next()
		}
		if l.it.Valid() {
			l.id = idOf(l.it.Item().Key())
		}
		if !l.it.Valid() || bytes.Compare(l.id[:], w.since[:]) < 0 {
			l.it.Close()
			continue
		}
		open = append(open, l)
		if newest := open[w.newest]; bytes.Compare(l.id[:], newest.id[:]) > 0 {
			w.newest = len(open) - 1
		}
	}
	w.lists = open
}

func (w *walk) valid() bool { return len(w.lists) > 0 }

func (w *walk) id() event.ID { return w.lists[w.newest].id }

func (w *walk) next() {
	w.lists[w.newest].it.Next()
	w.settle()
}

// summary is that of the event that is next.
func (w *walk) summary(txn *badgerdb.Txn) event.Summary {
	list := w.lists[w.newest]
	summary, err := list.summary(txn)
	if err != nil {
		return mendSummary(txn, list.status, list.id)
	}
	return summary
}

func (l *walkedList) summary(txn *badgerdb.Txn) (event.Summary, error) {
	item := l.it.Item()
	if item.Key()[0] != statusPrefix {
		var err error
		if item, err = txn.Get(listed(statusList(l.status), l.id)); err != nil {
			return event.Summary{}, err
		}
	}
	return readSummary(item)
}

func (w *walk) close() {
	for _, l := range w.lists {
		l.it.Close()
	}
}
