package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Commit implements store.Committer.
func (d *database) Commit(ctx context.Context, batch store.Batch) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	if ctx.Err() != nil {
		return fmt.Errorf("commit: %w", context.Cause(ctx))
	}
	c, err := newCommit(batch.Events, batch.Entries)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if len(c.records)+len(c.entries) == 0 {
		return nil
	}
	return d.writer.do(&operation{ctx: ctx, bytes: c.bytes(), apply: c.apply})
}

// commit is what a Commit writes: every event and every key once, as after one Put after the other.
type commit struct {
	records []*record
	entries []committed
}

// committed is an entry to be written.
type committed struct {
	key  string
	end  int64
	kept *kept
}

func newCommit(events []*event.Event, entries []store.Entry) (*commit, error) {
	c := new(commit)
	records := make(map[event.ID]int, len(events))
	for _, e := range events {
		r, err := newRecord(e)
		if err != nil {
			return nil, err
		}
		switch at, again := records[r.id]; {
		case !again:
			records[r.id] = len(c.records)
			c.records = append(c.records, r)
		case c.records[at].status == event.Pending:
			c.records[at] = r
		}
	}
	keys := make(map[string]int, len(entries))
	for _, entry := range entries {
		if err := store.CheckEntry(entry.Key, entry.Value, 0); err != nil {
			return nil, err
		}
		written := committed{entry.Key, endAt(entry.ExpiresAt), newKept(entry.Value)}
		if at, again := keys[entry.Key]; again {
			c.entries[at] = written
			continue
		}
		keys[entry.Key] = len(c.entries)
		c.entries = append(c.entries, written)
	}
	return c, nil
}

// bytes is how much it writes, into the value log too.
func (c *commit) bytes() int {
	total := 0
	for _, r := range c.records {
		total += len(r.encoded) + len(r.summary)
	}
	for _, entry := range c.entries {
		total += len(entry.key) + len(entry.kept.encoded)
	}
	return total
}

// extent is what it takes of a transaction at most.
func (c *commit) extent() (entries, bytes int64) {
	entries, bytes = 1, 1+bookSize
	for _, r := range c.records {
		own, size := r.extent()
		// It changes two counters as well: that of the status it has, and that of the one it had.
		entries, bytes = entries+own+2, bytes+size+2*longestCountKey
	}
	for _, entry := range c.entries {
		own, size := entryExtent(entry.key, len(entry.kept.encoded))
		entries, bytes = entries+own, bytes+size
	}
	return entries, bytes
}

// apply reads everything, then writes everything: what fails has written nothing.
func (c *commit) apply(t *transaction) error {
	if err := t.room(c.extent()); err != nil {
		return err
	}
	if !t.takes(c.extent()) {
		return fmt.Errorf("commit: %d events and %d entries are more than one transaction takes: commit fewer at a time",
			len(c.records), len(c.entries))
	}
	old := make([]found, len(c.records))
	for i, r := range c.records {
		var err error
		if old[i], err = r.find(t); err != nil {
			return fmt.Errorf("commit event %s: %w", r.id, err)
		}
	}
	if err := c.applyEntries(t); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for i, r := range c.records {
		if err := r.replace(t, old[i]); err != nil {
			return fmt.Errorf("commit event %s: %w", r.id, err)
		}
	}
	return nil
}

func (c *commit) applyEntries(t *transaction) error {
	if len(c.entries) == 0 {
		return nil
	}
	book, err := openBook(t)
	if err != nil {
		return err
	}
	old := make([]*kept, len(c.entries))
	for i, entry := range c.entries {
		if old[i], err = book.get(entry.key); err != nil {
			return fmt.Errorf("state entry %q: %w", entry.key, err)
		}
	}
	now := time.Now()
	for i, entry := range c.entries {
		if ended(entry.end, now) {
			err = book.remove(entry.key, old[i])
		} else {
			err = book.set(entry.key, old[i], entry.kept, entry.end)
		}
		if err != nil {
			return fmt.Errorf("state entry %q: %w", entry.key, err)
		}
	}
	return book.close()
}

// Interface guard
var _ store.Committer = (*database)(nil)
