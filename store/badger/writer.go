package badger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store/badger/journal"
)

const (
	// queueLength is how many operations wait for the writer at most; who comes then waits to be let in.
	queueLength = 1024

	// groupBytes is the size from which a group takes no further operation, in bytes: it bounds how long the first
	// waits for the last to be written.
	groupBytes = 4 << 20

	// patience is for how long the writer lets others go first, as long as there is something for them to do, until it
	// begins a transaction. Each sync costs some 300 microseconds of a processor, the system's part included, so where
	// processors are short, fewer of them are more requests.
	patience = 2 * time.Millisecond

	// quickYield is what it takes to let others go first when there are none.
	quickYield = 5 * time.Microsecond

	// slowYield is how long others may take until it is the writer's turn again, and hurry for how long it does not let
	// them go first after they took longer.
	slowYield = 5 * time.Millisecond
	hurry     = 250 * time.Millisecond
)

// operation is a change of the database, made in the writer's transaction.
type operation struct {
	ctx context.Context
	// apply makes the change. An error is the answer to this operation alone: what it had written by then stays in
	// the transaction, so apply reads and decides before it writes.
	apply func(*transaction) error
	// bytes is about how much it writes.
	bytes int
	// frees tells that it gives space back, so that it is made when there is little, too.
	frees bool
	done  chan error
}

// writer makes the changes of a database, one goroutine for all of them. There is one sync for each transaction, so all
// operations that have come while the previous transaction was synced share the next one, and with it the sync.
type writer struct {
	db       *badgerdb.DB
	counters *counters
	health   *health
	log      *logger
	journal  *journaled
	known    *known
	queue    chan *operation
	stopped  chan struct{}
	// hurried is until when the writer waits for nobody.
	hurried time.Time
}

func newWriter(
	db *badgerdb.DB, counters *counters, health *health, log *logger, journal *journaled, known *known,
) *writer {
	w := &writer{
		db: db, counters: counters, health: health, log: log, journal: journal, known: known,
		queue: make(chan *operation, queueLength), stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// do makes a change and waits until it is durable. When ctx ends first the change may be made nevertheless.
func (w *writer) do(op *operation) error {
	op.done = make(chan error, 1)
	select {
	case w.queue <- op:
	case <-op.ctx.Done():
		return fmt.Errorf("wait for the store: %w", context.Cause(op.ctx))
	}
	select {
	case err := <-op.done:
		return err
	case <-op.ctx.Done():
		return fmt.Errorf("wait for the store, which may still write: %w", context.Cause(op.ctx))
	}
}

// stop makes the changes that are waiting and ends the writer. Nobody may call do any more.
func (w *writer) stop() {
	close(w.queue)
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	var group []*operation
	for first := range w.queue {
		w.gather()
		group = w.collect(append(group[:0], first))
		w.write(group)
		clear(group)
	}
}

// gather waits for others to come. Those who waited for the previous transaction have just been told, and most come
// straight back: without them the first gets a transaction, and a sync, nearly of its own. It lets others go first, so
// it takes no time where there are none. Where a turn of the others takes longer than a sync, as while tables are
// merged, they are left to wait for a while.
func (w *writer) gather() {
	start := time.Now()
	if start.Before(w.hurried) {
		return
	}
	for now := start; now.Sub(start) < patience; {
		waiting, begun := len(w.queue), now
		runtime.Gosched()
		now = time.Now()
		yield := now.Sub(begun)
		if yield > slowYield {
			w.hurried = now.Add(hurry)
		}
		if yield > slowYield || yield < quickYield && len(w.queue) == waiting {
			return
		}
	}
}

// collect adds what is waiting to a group.
func (w *writer) collect(group []*operation) []*operation {
	for bytes := group[0].bytes; bytes < groupBytes; {
		select {
		case op, open := <-w.queue:
			if !open {
				return group
			}
			group = append(group, op)
			bytes += op.bytes
		default:
			return group
		}
	}
	return group
}

// write makes the changes of a group in one transaction and answers all of its operations.
func (w *writer) write(group []*operation) {
	refusal := w.health.refusal()
	if failed := w.health.failed.Load(); failed != nil {
		for _, op := range group {
			op.done <- failed
		}
		return
	}
	// Once an operation is applied it must be written: so the journal's part of the disk is taken before.
	if err := w.reserve(group); err != nil {
		for _, op := range group {
			op.done <- err
		}
		return
	}
	errs := make([]error, len(group))
	t := newTransaction(w.db, w.counters, w.journal, w.known)
	for i, op := range group {
		switch {
		case op.ctx.Err() != nil:
			errs[i] = context.Cause(op.ctx)
		case refusal != nil && (!op.frees || w.health.crammed()):
			errs[i] = refusal
		default:
			errs[i] = op.apply(t)
		}
	}
	err := t.commit()
	if err == nil {
		err = w.log.syncFailure()
	}
	if err != nil {
		err = w.health.fail(err)
	}
	for i, op := range group {
		op.done <- cmp.Or(err, errs[i])
	}
}

// reserve makes sure that the journal takes a group.
func (w *writer) reserve(group []*operation) error {
	err := w.journal.reserve(group)
	switch {
	case errors.Is(err, journal.ErrNoSpace):
		return w.health.full(w.health.free.Load() + journal.SegmentSize)
	case err != nil:
		return w.health.fail(err)
	}
	return nil
}
