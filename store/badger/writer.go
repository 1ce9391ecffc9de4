package badger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store/badger/journal"
)

// queueLength is how many operations wait for the writer at most; who comes then waits to be let in.
const queueLength = 1024

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
	// written is called when the database has copied what it wrote, unless that failed; nil is nothing to be done.
	written func()
	done    chan error
}

// writer makes the changes of a database, one goroutine for all of them. There is one sync for each transaction, so all
// operations that have come while the previous transaction was synced share the next one, and with it the sync.
type writer struct {
	db       *badgerdb.DB
	counters *counters
	health   *health
	log      *logger
	journal  *journaled
	gate     *gate
	known    *known
	queue    chan *operation
	stopped  chan struct{}
}

func newWriter(
	db *badgerdb.DB, counters *counters, health *health, log *logger, journal *journaled, gate *gate, known *known,
) *writer {
	w := &writer{
		db: db, counters: counters, health: health, log: log, journal: journal, gate: gate, known: known,
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
	gatherer := newGatherer(w.queue)
	var group []*operation
	for first := range w.queue {
		group = gatherer.gather(append(group[:0], first))
		since := time.Now()
		waiting := w.write(group)
		gatherer.learn(len(group)+waiting, len(group), time.Since(since))
		clear(group)
	}
}

// write makes the changes of a group in one transaction and answers all of its operations. It says how many others were
// waiting by then.
func (w *writer) write(group []*operation) (waiting int) {
	errs := make([]error, len(group))
	answered := false
	answer := func(err error) {
		waiting, answered = len(w.queue), true
		for i, op := range group {
			op.done <- cmp.Or(err, errs[i])
		}
	}
	refusal := w.health.refusal()
	if failed := w.health.failed.Load(); failed != nil {
		answer(failed)
		return waiting
	}
	// Once an operation is applied it must be written: so the journal's part of the disk is taken before.
	if err := w.reserve(group); err != nil {
		answer(err)
		return waiting
	}
	t := newTransaction(w.db, w.counters, w.journal, w.gate, w.known)
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
	err := t.commit(func() { answer(nil) })
	if err == nil {
		err = w.log.syncFailure()
	}
	if err != nil {
		err = w.health.fail(err)
	}
	if !answered {
		answer(err)
	}
	if err == nil {
		for _, op := range group {
			if op.written != nil {
				op.written()
			}
		}
	}
	return waiting
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
