// Package memory keeps events in memory: the reference for what a store does, and a store for tests.
//
// It forgets everything when it is closed, and knows no bound but the machine's memory.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Store keeps events in memory.
type Store struct {
	mutex  sync.RWMutex
	closed bool
	// records has the events, by ascending id.
	records []record
	state   state
	queue   queue
}

// record is an event as it is kept: encoded, so that nobody shares memory with the store.
type record struct {
	summary event.Summary
	encoded []byte
}

// New makes an empty store.
func New() *Store { return new(Store) }

// Put implements store.EventLog.
func (s *Store) Put(ctx context.Context, events ...*event.Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put events: %w", err)
	}
	records, err := newRecords(events)
	if err != nil {
		return fmt.Errorf("put event: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.putLocked(records)
	return nil
}

func (s *Store) putLocked(records []record) {
	for _, r := range records {
		at, found := s.find(r.summary.ID)
		switch {
		case !found:
			s.records = slices.Insert(s.records, at, r)
		case !s.records[at].summary.Status.Terminal():
			s.records[at] = r
		}
	}
}

func newRecords(events []*event.Event) ([]record, error) {
	records := make([]record, 0, len(events))
	for _, e := range events {
		r, err := newRecord(e)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func newRecord(e *event.Event) (record, error) {
	if err := store.Check(e); err != nil {
		return record{}, err
	}
	own := *e
	own.RetriedBy = nil
	encoded := own.AppendJSON(nil)
	kept, err := event.Decode(encoded)
	if err != nil {
		return record{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return record{summary: kept.Summary(), encoded: encoded}, nil
}

// find gives the place of id: where it is, or where it belongs.
func (s *Store) find(id event.ID) (int, bool) {
	return slices.BinarySearchFunc(s.records, id, func(r record, id event.ID) int {
		return bytes.Compare(r.summary.ID[:], id[:])
	})
}

// Get implements store.EventLog.
func (s *Store) Get(_ context.Context, id event.ID) (*event.Event, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	at, found := s.find(id)
	if !found {
		return nil, store.ErrNotFound
	}
	e, err := s.records[at].decode()
	if err != nil {
		return nil, err
	}
	e.RetriedBy = []event.ID{}
	for _, r := range s.records {
		if r.summary.RetryOf != nil && *r.summary.RetryOf == id {
			e.RetriedBy = append(e.RetriedBy, r.summary.ID)
		}
	}
	return e, nil
}

func (r record) decode() (*event.Event, error) {
	e, err := event.Decode(r.encoded)
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", r.summary.ID, err)
	}
	return e, nil
}

// List implements store.EventLog.
func (s *Store) List(_ context.Context, query store.Query) (store.Page, error) {
	query, err := query.Normalize()
	if err != nil {
		return store.Page{}, err
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return store.Page{}, store.ErrClosed
	}
	matcher := store.NewMatcher(query.Search)
	scanned := 0
	var page store.Page
	var last event.ID
	for _, r := range slices.Backward(s.records) {
		if !selected(r.summary, query) {
			continue
		}
		if len(page.Events) == query.Limit || scanned == store.ScanLimit {
			page.More, page.Next = true, last
			page.ScanStopped = len(page.Events) < query.Limit
			return page, nil
		}
		last = r.summary.ID
		if query.Search != "" {
			scanned++
			e, err := r.decode()
			if err != nil {
				return store.Page{}, err
			}
			if !matcher.Match(e) {
				continue
			}
		}
		page.Events = append(page.Events, r.summary)
	}
	return page, nil
}

func selected(s event.Summary, query store.Query) bool {
	return (query.Connector == "" || s.Connector == query.Connector) &&
		(query.Status == "" || s.Status == query.Status) &&
		bytes.Compare(s.ID[:], query.Since[:]) >= 0 &&
		(query.Until.IsZero() || bytes.Compare(s.ID[:], query.Until[:]) < 0)
}

// Count implements store.EventLog.
func (s *Store) Count(_ context.Context, connector string) (map[event.Status]int64, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	counts := make(map[event.Status]int64, len(event.Statuses))
	for _, status := range event.Statuses {
		counts[status] = 0
	}
	for _, r := range s.records {
		if connector == "" || r.summary.Connector == connector {
			counts[r.summary.Status]++
		}
	}
	return counts, nil
}

// Ready implements store.Store.
func (s *Store) Ready(context.Context) error {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	return nil
}

// Stats implements store.Store.
func (s *Store) Stats(context.Context) (store.Stats, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return store.Stats{}, store.ErrClosed
	}
	stats := store.Stats{Engine: "memory", FreeBytes: -1}
	for _, r := range s.records {
		stats.Bytes += int64(len(r.encoded))
	}
	return stats, nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.closed = true
	s.records, s.state, s.queue = nil, state{}, queue{}
	return nil
}

// Interface guard
var _ store.Store = (*Store)(nil)
