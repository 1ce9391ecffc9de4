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
	c, err := newCommit(batch)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if c.empty() {
		return nil
	}
	return d.writer.do(&operation{ctx: ctx, bytes: c.bytes(), apply: func(t *transaction) error {
		return c.apply(t, d.schedule)
	}, written: func() { freeAll(c.records) }})
}

// commit is what a Commit writes: every event and every key once, as after one Put after the other.
type commit struct {
	records []*record
	entries []committed
	jobs    []enqueued
	acks    []store.Lease
	nacks   []store.Nack
}

// committed is an entry to be written.
type committed struct {
	key  string
	end  int64
	kept *kept
}

func newCommit(batch store.Batch) (*commit, error) {
	if err := batch.CheckJobs(); err != nil {
		return nil, err
	}
	c := &commit{acks: batch.Acks, nacks: batch.Nacks}
	records := make(map[event.ID]int, len(batch.Events))
	for _, e := range batch.Events {
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
	c.addJobs(batch.Jobs, records)
	return c, c.addEntries(batch.Entries)
}

// addJobs takes the jobs whose events are not done with this commit.
func (c *commit) addJobs(jobs []store.Job, records map[event.ID]int) {
	added := make(map[event.ID]bool, len(jobs))
	for i := range jobs {
		at, found := records[jobs[i].ID]
		if added[jobs[i].ID] || found && c.records[at].status != event.Pending {
			continue
		}
		added[jobs[i].ID] = true
		c.jobs = append(c.jobs, newEnqueued(&jobs[i]))
	}
}

func (c *commit) addEntries(entries []store.Entry) error {
	keys := make(map[string]int, len(entries))
	for _, entry := range entries {
		if err := store.CheckEntry(entry.Key, entry.Value, 0); err != nil {
			return err
		}
		written := committed{entry.Key, endAt(entry.ExpiresAt), newKept(entry.Value)}
		if at, again := keys[entry.Key]; again {
			c.entries[at] = written
			continue
		}
		keys[entry.Key] = len(c.entries)
		c.entries = append(c.entries, written)
	}
	return nil
}

func (c *commit) empty() bool {
	return len(c.records)+len(c.entries)+len(c.jobs)+len(c.acks)+len(c.nacks) == 0
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
	for _, job := range c.jobs {
		total += len(job.key) + len(job.body)
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
	for _, job := range c.jobs {
		own, size := job.extent()
		entries, bytes = entries+own, bytes+size
	}
	own, size := settleExtent(len(c.acks), len(c.nacks))
	return entries + own, bytes + size
}

// apply reads everything, then writes everything: what fails has written nothing. Leases are ended in between.
func (c *commit) apply(t *transaction, schedule *schedule) error {
	if err := t.room(c.extent()); err != nil {
		return err
	}
	if !t.takes(c.extent()) {
		return fmt.Errorf("commit: %d events, %d entries and %d jobs are more than one transaction takes: "+
			"commit fewer at a time", len(c.records), len(c.entries), len(c.jobs)+len(c.acks)+len(c.nacks))
	}
	old := make([]found, len(c.records))
	for i, r := range c.records {
		var err error
		if old[i], err = r.find(t); err != nil {
			return fmt.Errorf("commit event %s: %w", r.id, err)
		}
	}
	if err := c.dropKnown(t); err != nil {
		return err
	}
	change, err := c.readEntries(t)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	settlement, err := schedule.settle(c.acks, c.nacks)
	if err != nil {
		return err
	}
	for i, r := range c.records {
		if err := r.replace(t, old[i]); err != nil {
			return fmt.Errorf("commit event %s: %w", r.id, err)
		}
	}
	if err := change.write(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, job := range c.jobs {
		if err := job.add(t, schedule); err != nil {
			return fmt.Errorf("commit job %s: %w", job.id, err)
		}
	}
	return settlement.write(t, schedule)
}

// dropKnown drops the jobs that are there, or done.
func (c *commit) dropKnown(t *transaction) error {
	unknown := c.jobs[:0]
	for _, job := range c.jobs {
		known, err := job.known(t)
		if err != nil {
			return fmt.Errorf("commit job %s: %w", job.id, err)
		}
		if !known {
			unknown = append(unknown, job)
		}
	}
	c.jobs = unknown
	return nil
}

// entryChange is what the entries replace.
type entryChange struct {
	entries []committed
	book    *book
	old     []*kept
}

func (c *commit) readEntries(t *transaction) (*entryChange, error) {
	change := &entryChange{entries: c.entries, old: make([]*kept, len(c.entries))}
	if len(c.entries) == 0 {
		return change, nil
	}
	var err error
	if change.book, err = openBook(t); err != nil {
		return nil, err
	}
	for i, entry := range c.entries {
		if change.old[i], err = change.book.get(entry.key); err != nil {
			return nil, fmt.Errorf("state entry %q: %w", entry.key, err)
		}
	}
	return change, nil
}

func (x *entryChange) write() error {
	if len(x.entries) == 0 {
		return nil
	}
	now := time.Now()
	for i, entry := range x.entries {
		var err error
		if ended(entry.end, now) {
			err = x.book.remove(entry.key, x.old[i])
		} else {
			err = x.book.set(entry.key, x.old[i], entry.kept, entry.end)
		}
		if err != nil {
			return fmt.Errorf("state entry %q: %w", entry.key, err)
		}
	}
	return x.book.close()
}

// Interface guard
var _ store.Committer = (*database)(nil)
