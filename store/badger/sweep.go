package badger

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
)

// sweeper deletes finished events, oldest first. Badger could do that by itself, with a time to live, but it gives the
// space of an expired key back only when the table that has it happens to be merged with another. Keys in the order of
// time never overlap again, so that would be never; a deletion marker does overlap what it deletes.
type sweeper struct {
	d *database
	// swept is, by status, the id up to which everything was deleted. A search for the oldest events begins there and
	// not at deletion markers, which it would have to skip one by one. Events that were finished late are behind it, so
	// it is forgotten from time to time.
	swept     map[event.Status]event.ID
	forgotten time.Time
}

func newSweeper(d *database) *sweeper { return &sweeper{d: d} }

// forget forgets where the last sweep ended, when that is long ago.
func (s *sweeper) forget(now time.Time) {
	const memory = time.Hour
	if age := now.Sub(s.forgotten); age >= memory || age < 0 {
		s.swept, s.forgotten = make(map[event.Status]event.ID), now
	}
}

// deletion is an event that a sweep has chosen.
type deletion struct {
	indexed
	// bytes is what the event takes in the value log, known once it has been deleted.
	bytes int64
	// lost tells that nothing of the event can be read but keys.
	lost bool
}

// sweep deletes finished events whose ids are before an id, oldest first, until so many bytes are freed. It says how
// many events were deleted.
func (s *sweeper) sweep(
	ctx context.Context, now time.Time, before event.ID, enough int64,
) (deleted int, freed int64, err error) {
	s.forget(now)
	for freed < enough {
		length := s.d.maintenance.pace.length()
		if s.d.health.budget.hurried(s.d.health.background.Load()) {
			length = mostLength
		}
		oldest, err := s.find(before, length)
		if err != nil {
			return deleted, freed, fmt.Errorf("look for events to delete: %w", err)
		}
		if len(oldest) == 0 {
			break
		}
		since := time.Now()
		if err := s.remove(ctx, oldest); err != nil {
			return deleted, freed, fmt.Errorf("delete events: %w", err)
		}
		deleted += len(oldest)
		s.d.maintenance.pace.deleted += int64(len(oldest))
		for _, gone := range oldest {
			freed += gone.bytes
			s.swept[gone.status] = gone.id
			if gone.lost {
				s.d.maintenance.log.Warn("an event that was to be deleted could not be read any more: the store is damaged",
					zap.String("path", s.d.path), zap.Stringer("event", gone.id), zap.String("connector", gone.connector))
			}
		}
		s.d.makeWay(ctx, time.Since(since), len(oldest))
	}
	return deleted, freed, nil
}

// find chooses the oldest finished events, so many at most.
func (s *sweeper) find(before event.ID, length int) ([]deletion, error) {
	var found []deletion
	err := s.d.view(func(txn *badgerdb.Txn) error {
		for _, status := range event.Statuses {
			if !status.Terminal() {
				continue
			}
			found = append(found, s.findStatus(txn, status, before, length)...)
		}
		slices.SortFunc(found, func(a, b deletion) int { return bytes.Compare(a.id[:], b.id[:]) })
		found = found[:min(len(found), length)]
		for i := range found {
			if found[i].connector == "" {
				found[i].mend(txn)
			}
		}
		return nil
	})
	return found, err
}

// findStatus finds those of one status. Where a summary cannot be read the connector is missing.
func (s *sweeper) findStatus(txn *badgerdb.Txn, status event.Status, before event.ID, length int) []deletion {
	var found []deletion
	it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: statusList(status)})
	defer it.Close()
	for it.Seek(listed(statusList(status), s.swept[status])); it.Valid() && len(found) < length; it.Next() {
		item := it.Item()
		// One that is of no event would be found again and again.
		if !wellFormed(item.Key()) {
			continue
		}
		id := idOf(item.Key())
		if bytes.Compare(id[:], before[:]) >= 0 {
			break
		}
		index := indexed{id: id, status: status}
		if summary, err := readSummary(item); err == nil {
			index.connector, index.retryOf = summary.Connector, summary.RetryOf
		}
		found = append(found, deletion{indexed: index})
	}
	return found
}

// remove deletes events. They are finished, so their index cannot have changed since they were found.
func (s *sweeper) remove(ctx context.Context, found []deletion) error {
	return s.d.writer.do(&operation{ctx: ctx, frees: true, apply: func(t *transaction) error {
		for i := range found {
			if err := found[i].apply(t); err != nil {
				return err
			}
		}
		return nil
	}})
}

func (x *deletion) apply(t *transaction) error {
	if err := t.room(4, int64(4*(len(x.connector)+2*idSize))); err != nil {
		return err
	}
	item, found, err := t.get(eventKey(x.id))
	if err != nil || !found {
		return err
	}
	x.bytes = item.EstimatedSize()
	if err := t.remove(eventKey(x.id)); err != nil {
		return err
	}
	if x.connector == "" {
		return x.removeUnowned(t)
	}
	return x.remove(t)
}
