// Package dispatch has the jobs of a queue done: it leases those that are due, has each done in a goroutine of its own,
// renews the leases of those that take long, and shares what can be under way at a time between connectors.
//
// It knows jobs and leases, and nothing of what is done with them: whoever does a job also acknowledges it or gives it
// back.
package dispatch

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/krosyn/gateway/store"
)

// Work says what is done with jobs, and how many at a time.
type Work struct {
	// Do does a job and settles it: when it returns, its lease is acknowledged or given back, or lost. Its context ends
	// early when the lease is lost (the cause is store.ErrLeaseLost) and when the dispatcher can wait no longer (ErrStopped).
	Do func(ctx context.Context, job store.Leased)
	// Workers is how many jobs are under way at a time, at least 1.
	Workers int
	// Connectors are those whose jobs are done, with how many of each at a time; 0 is no bound of its own. The jobs of all
	// others wait.
	Connectors map[string]int
	// Hold tells that the jobs of a connector are left alone for now, since nothing would come of them. It returns at
	// once; nil holds nothing.
	Hold func(connector string) bool
}

// bound is how many jobs of a connector may be under way.
func (w *Work) bound(connector string) int {
	switch bound, ok := w.Connectors[connector]; {
	case !ok || w.Hold != nil && w.Hold(connector):
		return 0
	case bound > 0:
		return bound
	default:
		return w.Workers
	}
}

// ErrStopped is the cause with which the context of a job ends that is still under way when the dispatcher has waited
// long enough.
var ErrStopped = errors.New("the gateway is stopping")

const (
	// leaseTime is how long a lease is held without a sign of life, and renewal how often there is one. It matters where
	// several processes share a queue: a store that belongs to one process voids the leases of a dead one as it opens.
	leaseTime = 30 * time.Second
	renewal   = leaseTime / 3

	// longestPause is when the queue is looked at again at the latest, for what others have put there.
	longestPause = 5 * time.Second

	// faultPause is how long the queue is left alone after it failed.
	faultPause = time.Second
)

// Dispatcher has the jobs of one queue done.
type Dispatcher struct {
	queue store.Queue
	// fault hears of every failure of the queue.
	fault func(error)
	// signal tells the loop to look at the queue: something in it, or in what is under way, has changed.
	signal chan struct{}

	mu       sync.Mutex
	work     *Work
	underWay map[store.Lease]*holding
	// count is how many jobs of each connector are under way.
	count map[string]int
	// stop ends the loop that is running; nil without one. stopped is closed when it has ended.
	stop    context.CancelFunc
	stopped chan struct{}
	holders sync.WaitGroup
}

// holding is a job under way.
type holding struct {
	cancel context.CancelCauseFunc
}

// New makes a dispatcher, which does nothing until it is used.
func New(queue store.Queue, fault func(error)) *Dispatcher {
	return &Dispatcher{
		queue: queue, fault: fault, signal: make(chan struct{}, 1),
		underWay: make(map[store.Lease]*holding), count: make(map[string]int),
	}
}

// Use has jobs done from now on as work says. Those under way are finished by whoever began them.
func (d *Dispatcher) Use(work *Work) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.work = work
	if d.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		d.stop, d.stopped = cancel, make(chan struct{})
		go d.run(ctx, d.stopped)
	}
	d.Wake()
}

// Wake has the queue looked at, after a job was added. It never waits.
func (d *Dispatcher) Wake() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

// Stop hands out nothing any more, and returns when nothing is under way. What takes longer than grace is told to end.
func (d *Dispatcher) Stop(grace time.Duration) {
	d.mu.Lock()
	stop, stopped := d.stop, d.stopped
	d.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	<-stopped
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.holders.Wait()
	}()
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		d.mu.Lock()
		for _, h := range d.underWay {
			h.cancel(ErrStopped)
		}
		d.mu.Unlock()
		<-done
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stop, d.work = nil, nil
}

// run hands out jobs until ctx ends.
func (d *Dispatcher) run(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	renew := time.NewTicker(renewal)
	defer renew.Stop()
	again := time.NewTimer(longestPause)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			d.renew(ctx)
			continue
		case <-d.signal:
		case <-again.C:
		}
		again.Reset(d.hand(ctx))
	}
}

// renew extends the leases of what is under way.
func (d *Dispatcher) renew(ctx context.Context) {
	d.mu.Lock()
	held := maps.Clone(d.underWay)
	d.mu.Unlock()
	for lease, h := range held {
		switch err := d.queue.Extend(ctx, lease, leaseTime); {
		case errors.Is(err, store.ErrLeaseLost):
			h.cancel(err) // it may have been settled in the meantime, when nobody hears this
		case err != nil && ctx.Err() == nil:
			d.fault(err)
		}
	}
}
