package app

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

// deliver does the job of an accepted event: it executes the connector, as it is defined now, and keeps what came of it.
// The event is then finished, or waits for its next execution.
func (a *App) deliver(ctx context.Context, job store.Leased) {
	logger := a.logger.With(zap.Stringer("event", job.ID), zap.String("connector", job.Connector))
	opened, err := a.Store()
	events, ok := opened.(eventStore)
	if err != nil || !ok {
		logger.Error("an accepted event cannot be executed", zap.Error(err))
		return
	}
	c, ok := a.Connector(job.Connector)
	if !ok {
		// A reload took the connector away after the job was handed out: the event waits as all others of it do.
		a.settle(ctx, events, logger, store.Batch{Nacks: []store.Nack{{Lease: job.Lease}}})
		return
	}
	in, trace, stored, err := a.accepted(ctx, events, job)
	if errors.Is(err, errFinished) {
		a.settle(ctx, events, logger, store.Batch{Acks: []store.Lease{job.Lease}})
		return
	}
	if err != nil {
		logger.Error("an accepted event cannot be executed, and stays pending", zap.Error(err))
		a.settle(ctx, events, logger, store.Batch{Nacks: []store.Nack{{Lease: job.Lease, Delay: unreadablePause}}})
		return
	}
	// The execution that begins may end with the process like the one before: what is known is kept first.
	if repeatable(in, job) && !a.settle(ctx, events, logger, store.Batch{Events: []*event.Event{stored}}) {
		return
	}
	in.Config = c.hash
	traced, end := a.runtime.queue.traced(ctx, trace)
	out := c.attempt(traced, in, job)
	end()
	countAttempts(c.Name, out.Event.Attempts[len(in.Earlier):])
	if errors.Is(context.Cause(ctx), store.ErrLeaseLost) {
		logger.Warn("somebody else executes the event: what came of it here does not count")
		return
	}
	batch := store.Batch{Events: []*event.Event{out.Event}}
	pause, again := c.postpone(ctx, in, out, time.Now())
	if again {
		batch.Nacks = []store.Nack{{Lease: job.Lease, Delay: pause}}
	} else {
		batch.Acks = []store.Lease{job.Lease}
	}
	c.finish(out)
	if a.settle(ctx, events, logger, batch) {
		c.kept(out.Event)
	}
}

// errFinished: the event of a job is finished already.
var errFinished = errors.New("the event is finished")

// unreadablePause is when an accepted event is looked at again that could not be read, which takes an operator.
const unreadablePause = time.Minute

// accepted is the input of a job, with what came of earlier executions, and its trace. Stored is the event with all that
// is known of them; nil before the first.
func (a *App) accepted(
	ctx context.Context, events eventStore, job store.Leased,
) (in *pipeline.Input, trace propagation.MapCarrier, stored *event.Event, err error) {
	in, trace, err = decodeTask(job.ID, job.Payload)
	if err != nil {
		return nil, nil, nil, err
	}
	in.Asynchronous = true
	if job.Attempt == 1 {
		return in, trace, nil, nil
	}
	stored, err = events.Get(ctx, job.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	if stored.Status.Terminal() {
		return nil, nil, nil, errFinished
	}
	in.Redelivery = redelivery(stored.Attempts)
	if job.Interrupted {
		stored.Attempts = append(stored.Attempts, interruption(in.Redelivery))
	}
	in.Earlier = stored.Attempts
	return in, trace, stored, nil
}

// attempt executes the connector, unless that was just interrupted once too often.
func (c *Connector) attempt(ctx context.Context, in *pipeline.Input, job store.Leased) *pipeline.Outcome {
	if !job.Interrupted || repeatable(in, job) {
		return c.execution(ctx, in)
	}
	out := c.pipeline.Accepted(in)
	out.Event.Attempts, out.Undelivered = in.Earlier, true
	out.Event.Status = event.Failed
	out.Event.Error = event.PerformFailed(len(in.Earlier), interruptedTooOften)
	return out
}

// repeatable tells that the execution was interrupted, and not too often to be repeated at once.
func repeatable(in *pipeline.Input, job store.Leased) bool {
	return job.Interrupted && interruptions(in.Earlier) < maxInterruptions
}

// settle makes what came of a job durable, however long that takes: nothing may be forgotten that a target has got.
// Only when the gateway stops, or the store can never take it, is it given up, and the execution will look interrupted.
func (a *App) settle(ctx context.Context, events eventStore, logger *zap.Logger, batch store.Batch) bool {
	const longest = 30 * time.Second
	for pause := time.Second; ; pause = min(2*pause, longest) {
		err := a.commit(context.WithoutCancel(ctx), events, batch)
		if err == nil {
			return true
		}
		logger.Error("what came of an event could not be kept", zap.Error(err))
		if errors.Is(err, store.ErrLeaseLost) || errors.Is(err, store.ErrClosed) || errors.Is(err, store.ErrTooLarge) {
			return false
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
