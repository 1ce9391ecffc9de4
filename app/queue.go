package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/dispatch"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	defaultWorkers    = 64
	maxWorkers        = 10_000
	defaultQueueLimit = 100_000

	// stopGrace is how long executions may take to end when the gateway stops, before they are cut off.
	stopGrace = 10 * time.Second
)

// errNoQueue: a connector wants what the store cannot do.
var errNoQueue = errors.New("`respond async` needs a store that has a queue")

// queue is where accepted events wait for their execution. It outlives reloads: what is under way is finished as it
// began, and the next is executed as the configuration then says.
type queue struct {
	// jobs gives the store's queue, opening it if need be.
	jobs       func() (store.Queue, error)
	dispatcher func() (*dispatch.Dispatcher, error)
	// running is the dispatcher once it is used.
	running atomic.Pointer[dispatch.Dispatcher]
	// entering is how many events are just being accepted, which the store does not count yet.
	entering atomic.Int64
	// tracers makes the spans of deliveries; nil until a request was traced.
	tracers atomic.Pointer[trace.TracerProvider]
}

func newQueue(open func() (store.Store, error), logger *zap.Logger) *queue {
	q := &queue{jobs: func() (store.Queue, error) {
		opened, err := open()
		if err != nil {
			return nil, err
		}
		jobs, ok := opened.(store.Queue)
		if !ok {
			return nil, errNoQueue
		}
		return jobs, nil
	}}
	q.dispatcher = sync.OnceValues(func() (*dispatch.Dispatcher, error) {
		jobs, err := q.jobs()
		if err != nil {
			return nil, err
		}
		return dispatch.New(jobs, func(err error) { logger.Error("the queue of accepted events", zap.Error(err)) }), nil
	})
	return q
}

// enter makes sure that there is room for another event until leave is called, when the store counts it.
func (q *queue) enter(ctx context.Context, limit int64) (leave func(), err error) {
	jobs, err := q.jobs()
	if err != nil {
		return nil, err
	}
	entering := q.entering.Add(1)
	leave = func() { q.entering.Add(-1) }
	depth, err := jobs.Depth(ctx)
	if err == nil && depth.Pending+depth.Leased+entering > limit {
		err = &store.Unavailable{
			Cause:  fmt.Errorf("%d events are pending, which is the most", depth.Pending+depth.Leased),
			Remedy: "see why their targets do not take them, or raise queue_limit",
		}
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// wake has a new event executed.
func (q *queue) wake() {
	if d := q.running.Load(); d != nil {
		d.Wake()
	}
}

// use has events executed by an app from now on.
func (q *queue) use(work *dispatch.Work) error {
	d, err := q.dispatcher()
	if err != nil {
		return err
	}
	d.Use(work)
	q.running.Store(d)
	return nil
}

// stop ends the executions; what waits, and what is cut off, goes on when the store is opened again.
func (q *queue) stop() {
	if d := q.running.Swap(nil); d != nil {
		d.Stop(stopGrace)
	}
}

// provisionQueue checks `workers` and `queue_limit`.
func (a *App) provisionQueue() (faults []error) {
	if a.Workers < 0 || a.Workers > maxWorkers {
		faults = append(faults, fmt.Errorf("workers %d: between 1 and %d are allowed", a.Workers, maxWorkers))
	}
	if a.QueueLimit < 0 {
		faults = append(faults, errors.New("queue_limit cannot be negative"))
	}
	return faults
}

func (a *App) queueLimit() int64 { return int64(orDefault(a.QueueLimit, defaultQueueLimit)) }

// checkQueue refuses a configuration that needs a queue with a store that has none.
func (a *App) checkQueue() error {
	for _, c := range a.Connectors() {
		if c.Respond == RespondAsync {
			_, err := a.runtime.queue.jobs()
			return err
		}
	}
	return nil
}

// startQueue begins to execute accepted events as this configuration says.
func (a *App) startQueue(ctx context.Context) {
	work, err := a.work(ctx)
	if err == nil {
		err = a.runtime.queue.use(work)
	}
	if err != nil && !errors.Is(err, errNoQueue) {
		a.logger.Error("accepted events are not executed", zap.Error(err))
	}
}

// work is what the connectors of this configuration execute: those that accept events, and those that once did.
func (a *App) work(ctx context.Context) (*dispatch.Work, error) {
	work := &dispatch.Work{
		Do: a.deliver, Workers: orDefault(a.Workers, defaultWorkers), Connectors: make(map[string]int), Hold: a.holds,
	}
	events, err := a.Store()
	if err != nil {
		return nil, err
	}
	known := int64(0)
	for _, c := range a.Connectors() {
		counts, err := events.Count(ctx, c.Name)
		if err != nil {
			return nil, err
		}
		known += counts[event.Pending]
		if c.Respond == RespondAsync || counts[event.Pending] > 0 {
			work.Connectors[c.Name] = c.bound()
		}
	}
	all, err := events.Count(ctx, "")
	if err != nil {
		return nil, err
	}
	if orphans := all[event.Pending] - known; orphans > 0 {
		a.logger.Warn("events are pending of connectors that the configuration does not have; they wait until it has",
			zap.Int64("events", orphans))
	}
	return work, nil
}

// holds tells that the target of a connector is behind an open breaker: of its events nothing would be sent.
func (a *App) holds(connector string) bool {
	c, ok := a.Connector(connector)
	return ok && c.pipeline.Refuses(time.Now())
}

// bound is how many events of the connector are executed at a time; 0 is as many as there are workers.
func (c *Connector) bound() int {
	if c.Concurrency == nil {
		return 0
	}
	return c.Concurrency.Executions
}
