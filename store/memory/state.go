package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/krosyn/gateway/store"
)

// state is what a Store keeps for store.State.
type state struct {
	entries map[string]store.Entry
	// revision is the last one given to any entry.
	revision uint64
	// full is the number of entries at which those that have ended are removed.
	full int
}

// get reads what a key has, unless that has ended.
func (s *state) get(key string, now time.Time) (store.Entry, bool) {
	entry, found := s.entries[key]
	if !found || ended(entry, now) {
		return store.Entry{}, false
	}
	return entry, true
}

// set writes an entry over what its key has, under a new revision.
func (s *state) set(entry store.Entry, now time.Time) store.Entry {
	const fewest = 1000
	if len(s.entries) >= max(s.full, fewest) {
		maps.DeleteFunc(s.entries, func(_ string, entry store.Entry) bool { return ended(entry, now) })
		s.full = 2 * len(s.entries)
	}
	if s.entries == nil {
		s.entries = make(map[string]store.Entry)
	}
	s.revision++
	entry.Revision = s.revision
	s.entries[entry.Key] = own(entry)
	return own(entry)
}

// own is an entry with memory of its own.
func own(entry store.Entry) store.Entry {
	entry.Value = bytes.Clone(entry.Value)
	return entry
}

func ended(entry store.Entry, now time.Time) bool {
	return !entry.ExpiresAt.IsZero() && !now.Before(entry.ExpiresAt)
}

// made is the entry that a caller asks for.
func made(key string, value []byte, ttl time.Duration, now time.Time) store.Entry {
	entry := store.Entry{Key: key, Value: value}
	if ttl > 0 {
		entry.ExpiresAt = now.Add(ttl).UTC()
	}
	return entry
}

// Load implements store.State.
func (s *Store) Load(_ context.Context, key string) (store.Entry, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return store.Entry{}, store.ErrClosed
	}
	entry, found := s.state.get(key, time.Now())
	if !found {
		return store.Entry{}, store.ErrNotFound
	}
	return own(entry), nil
}

// Create implements store.State.
func (s *Store) Create(
	ctx context.Context, key string, value []byte, ttl time.Duration,
) (store.Entry, error) {
	if err := cmp.Or(store.CheckEntry(key, value, ttl), context.Cause(ctx)); err != nil {
		return store.Entry{}, fmt.Errorf("create in the state: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.Entry{}, store.ErrClosed
	}
	now := time.Now()
	if there, found := s.state.get(key, now); found {
		return own(there), store.ErrExists
	}
	return s.state.set(made(key, value, ttl, now), now), nil
}

// Update implements store.State.
func (s *Store) Update(
	ctx context.Context, key string, value []byte, ttl time.Duration, revision uint64,
) (store.Entry, error) {
	if err := cmp.Or(store.CheckEntry(key, value, ttl), context.Cause(ctx)); err != nil {
		return store.Entry{}, fmt.Errorf("update in the state: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.Entry{}, store.ErrClosed
	}
	now := time.Now()
	if there, found := s.state.get(key, now); !found || there.Revision != revision {
		return store.Entry{}, store.ErrConflict
	}
	return s.state.set(made(key, value, ttl, now), now), nil
}

// Delete implements store.State.
func (s *Store) Delete(ctx context.Context, key string, revision uint64) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("delete in the state: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if there, found := s.state.get(key, time.Now()); !found || there.Revision != revision {
		return store.ErrConflict
	}
	delete(s.state.entries, key)
	return nil
}

// Entries implements store.State.
func (s *Store) Entries(context.Context) (int64, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return 0, store.ErrClosed
	}
	return int64(len(s.state.entries)), nil
}

// Scan implements store.State.
func (s *Store) Scan(_ context.Context, prefix string, limit int) ([]store.Entry, error) {
	if limit < 1 {
		return nil, fmt.Errorf("scan state: the limit %d is not positive", limit)
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	now := time.Now()
	var entries []store.Entry
	for key, entry := range s.state.entries {
		if strings.HasPrefix(key, prefix) && !ended(entry, now) {
			entries = append(entries, own(entry))
		}
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { return strings.Compare(a.Key, b.Key) })
	return entries[:min(len(entries), limit)], nil
}

// Commit implements store.Committer.
func (s *Store) Commit(ctx context.Context, batch store.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := batch.CheckJobs(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	records, err := newRecords(batch.Events)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, entry := range batch.Entries {
		if err := store.CheckEntry(entry.Key, entry.Value, 0); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	now := time.Now()
	if err := s.queue.settle(batch, now); err != nil {
		return err
	}
	s.putLocked(records)
	s.add(batch.Jobs)
	for _, entry := range batch.Entries {
		entry.ExpiresAt = entry.ExpiresAt.UTC()
		s.state.set(entry, now)
	}
	return nil
}

// Interface guards
var (
	_ store.State     = (*Store)(nil)
	_ store.Committer = (*Store)(nil)
)
