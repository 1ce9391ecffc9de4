package dispatch

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/krosyn/gateway/store"
)

// reservedShare is the part of the workers that is kept for connectors of which nothing is under way: one with many
// jobs, or slow ones, must not have all of them when another's job arrives.
const reservedShare = 4

// hand leases what is due and has it done, and tells when to look again unless something happens before.
func (d *Dispatcher) hand(ctx context.Context) time.Duration {
	for _, share := range []func() (int, func(string) int){d.first, d.more} {
		for {
			n, limit := share()
			if n <= 0 {
				break
			}
			// A stop does not cut this short: jobs that are handed out and not done would look interrupted.
			jobs, err := d.queue.Lease(context.WithoutCancel(ctx), n, leaseTime, limit)
			if err != nil {
				if ctx.Err() == nil {
					d.fault(err)
				}
				return faultPause
			}
			for _, job := range jobs {
				d.begin(ctx, job)
			}
			if len(jobs) < n || ctx.Err() != nil {
				break
			}
		}
	}
	depth, err := d.queue.Depth(ctx)
	if err != nil {
		return faultPause
	}
	if depth.NextDue.IsZero() {
		return longestPause
	}
	return min(max(time.Until(depth.NextDue), time.Millisecond), longestPause)
}

// first is the share of connectors of which nothing is under way: one job each.
func (d *Dispatcher) first() (n int, limit func(connector string) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	work := d.work
	return work.Workers - len(d.underWay), func(connector string) int { return min(work.bound(connector), 1) }
}

// more is what is left of the workers for everybody.
func (d *Dispatcher) more() (n int, limit func(connector string) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	work := d.work
	idle := 0
	for connector := range work.Connectors {
		if d.count[connector] == 0 {
			idle++
		}
	}
	return work.Workers - len(d.underWay) - min(idle, work.Workers/reservedShare), work.bound
}

// begin has a job done.
func (d *Dispatcher) begin(loop context.Context, job store.Leased) {
	// What has begun is finished when the loop ends.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(loop))
	d.mu.Lock()
	work := d.work
	d.underWay[job.Lease] = &holding{cancel}
	d.count[job.Connector]++
	d.mu.Unlock()
	d.holders.Go(func() {
		defer d.end(job, cancel)
		defer func() {
			// Its lease is left to end: whoever is handed the job next knows that it was interrupted.
			if recovered := recover(); recovered != nil {
				d.fault(fmt.Errorf("job %s of %s: panic: %v\n%s", job.ID, job.Connector, recovered, debug.Stack()))
			}
		}()
		work.Do(ctx, job)
	})
}

func (d *Dispatcher) end(job store.Leased, cancel context.CancelCauseFunc) {
	cancel(nil)
	d.mu.Lock()
	delete(d.underWay, job.Lease)
	if d.count[job.Connector]--; d.count[job.Connector] == 0 {
		delete(d.count, job.Connector)
	}
	d.mu.Unlock()
	d.Wake()
}
