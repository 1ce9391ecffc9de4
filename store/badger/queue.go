package badger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Enqueue implements store.Queue.
func (d *database) Enqueue(ctx context.Context, jobs ...store.Job) error {
	if err := (store.Batch{Jobs: jobs}).CheckJobs(); err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	added, bytes := make([]enqueued, len(jobs)), 0
	for i := range jobs {
		added[i] = newEnqueued(&jobs[i])
		bytes += len(jobs[i].Payload) + len(jobs[i].Key)
	}
	return d.queued("enqueue", d.queue(ctx, &operation{bytes: bytes, apply: func(t *transaction) error {
		for _, e := range added {
			if err := t.room(e.extent()); err != nil {
				return err
			}
			known, err := e.known(t)
			if err == nil && !known {
				err = e.add(t, d.schedule)
			}
			if err != nil {
				return fmt.Errorf("job %s: %w", e.id, err)
			}
		}
		return nil
	}}))
}

// Lease implements store.Queue. It writes once for all jobs. On a full disk it hands out none: what came of them could
// not be recorded.
func (d *database) Lease(
	ctx context.Context, n int, ttl time.Duration, limit func(connector string) int,
) ([]store.Leased, error) {
	if err := store.CheckLease(n, ttl); err != nil {
		return nil, err
	}
	if err := d.lifetime.enter(); err != nil {
		return nil, err
	}
	defer d.lifetime.leave()
	jobs := d.schedule.lease(n, ttl, limit)
	if len(jobs) == 0 {
		return nil, nil
	}
	leases, err := d.readPayloads(jobs)
	if err != nil {
		// The damaged one stays leased: it must not keep the others from being handed out next time.
		d.schedule.undo(append(jobs[:len(leases):len(leases)], jobs[len(leases)+1:]...))
		return nil, d.queued("lease", err)
	}
	if err := d.queue(ctx, &operation{apply: func(t *transaction) error { return writeLeases(t, jobs) }}); err != nil {
		d.schedule.undo(jobs)
		return nil, d.queued("lease", err)
	}
	return leases, nil
}

func writeLeases(t *transaction, jobs []*handed) error {
	for _, h := range jobs {
		if err := t.room(h.extent()); err != nil {
			return err
		}
		if err := h.write(t); err != nil {
			return err
		}
	}
	return nil
}

// readPayloads makes of jobs what their holders get, up to one whose payload cannot be read.
func (d *database) readPayloads(jobs []*handed) ([]store.Leased, error) {
	leases := make([]store.Leased, 0, len(jobs))
	err := d.view(func(txn *badgerdb.Txn) error {
		for _, h := range jobs {
			leased := h.leased()
			if h.payload {
				var err error
				if leased.Payload, err = readPayload(txn, h.id); err != nil {
					return fmt.Errorf("payload of job %s: %w", h.id, err)
				}
			}
			leases = append(leases, leased)
		}
		return nil
	})
	return leases, err
}

func readPayload(txn *badgerdb.Txn, id event.ID) (payload []byte, err error) {
	item, err := txn.Get(payloadKey(id))
	if err != nil {
		return nil, err
	}
	err = readValue(item, func(value []byte) error {
		payload = bytes.Clone(value)
		return nil
	})
	return payload, err
}

// Extend implements store.Queue. Nothing is written: no lease outlives the process.
func (d *database) Extend(_ context.Context, lease store.Lease, ttl time.Duration) error {
	if err := store.CheckTTL(ttl); err != nil {
		return err
	}
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	return d.schedule.extend(lease, ttl)
}

// Ack implements store.Queue.
func (d *database) Ack(ctx context.Context, lease store.Lease) error {
	return d.queued("acknowledge", d.settle(ctx, store.Batch{Acks: []store.Lease{lease}}))
}

// Nack implements store.Queue.
func (d *database) Nack(ctx context.Context, lease store.Lease, delay time.Duration) error {
	return d.queued("give back", d.settle(ctx, store.Batch{Nacks: []store.Nack{{Lease: lease, Delay: delay}}}))
}

// settle ends leases.
func (d *database) settle(ctx context.Context, batch store.Batch) error {
	if err := batch.CheckJobs(); err != nil {
		return err
	}
	return d.queue(ctx, &operation{frees: len(batch.Nacks) == 0, apply: func(t *transaction) error {
		if err := t.room(settleExtent(len(batch.Acks), len(batch.Nacks))); err != nil {
			return err
		}
		settlement, err := d.schedule.settle(batch.Acks, batch.Nacks)
		if err != nil {
			return err
		}
		return settlement.write(t, d.schedule)
	}})
}

// Depth implements store.Queue.
func (d *database) Depth(context.Context) (store.Depth, error) {
	if err := d.lifetime.enter(); err != nil {
		return store.Depth{}, err
	}
	defer d.lifetime.leave()
	return d.schedule.depth(), nil
}

// queue has the writer make a change of the queue.
func (d *database) queue(ctx context.Context, op *operation) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	op.ctx = ctx
	return d.writer.do(op)
}

// queued says what was being done, beside what callers decide on.
func (d *database) queued(doing string, err error) error {
	for _, known := range []error{nil, store.ErrLeaseLost, store.ErrClosed} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s in the queue of %s: %w", doing, d.path, err)
}

// Interface guard
var _ store.Queue = (*database)(nil)
