package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

// Result is what an accepted request has come to.
type Result struct {
	*pipeline.Outcome
	// Duplicate tells that the delivery was accepted before: the event is the first one's, of which id and status are
	// given, and nothing was executed.
	Duplicate bool
}

// Execute runs the connector on an accepted request, or leaves that for later where it is asynchronous, and returns when
// the event is durable. The outcome is redacted.
//
// An error means that there is no event: ErrInProgress, ErrTooLarge, a *LimitError, or what kept the store from taking
// it.
func (c *Connector) Execute(ctx context.Context, in *pipeline.Input) (*Result, error) {
	events, err := c.app.ready(ctx)
	if err != nil {
		return nil, err
	}
	in.Config = c.hash
	if err := c.admit(in); err != nil {
		return c.refused(ctx, events, in, "rate_limit", err)
	}
	delivery, err := c.claimOf(in)
	if err != nil {
		return c.refused(ctx, events, in, "deduplicate", err)
	}
	if delivery.key != "" {
		if !c.app.runtime.deliveries.begin(delivery.key) {
			return nil, ErrInProgress
		}
		defer c.app.runtime.deliveries.end(delivery.key)
		first, err := delivery.earlier(ctx, events)
		if err != nil {
			return nil, err
		}
		if first != nil {
			e := &event.Event{ID: first.Event, Connector: c.Name, Status: first.Status}
			return &Result{&pipeline.Outcome{Event: e}, true}, nil
		}
		if err := room(ctx, events); err != nil {
			return nil, err
		}
	}
	if c.Respond == RespondAsync {
		return c.enqueue(ctx, events, in, delivery)
	}
	leave, err := c.enter(in)
	if err != nil {
		return c.refused(ctx, events, in, "concurrency", err)
	}
	defer leave()
	return c.run(ctx, events, in, delivery)
}

// refused is a request that a limit holds back, which is no event, or one whose directive could not be evaluated, which
// is an event that failed.
func (c *Connector) refused(
	ctx context.Context, events eventStore, in *pipeline.Input, directive string, err error,
) (*Result, error) {
	if limited, ok := errors.AsType[*LimitError](err); ok {
		return nil, limited
	}
	return c.keep(context.WithoutCancel(ctx), events, c.pipeline.Fail(in, directive, err), claim{})
}

// run executes and keeps the event.
func (c *Connector) run(ctx context.Context, events eventStore, in *pipeline.Input, delivery claim) (*Result, error) {
	// Once a request may have been sent, what came of it is recorded even if the caller has left.
	execution := context.WithoutCancel(ctx)
	if c.OnDisconnect == OnDisconnectCancel {
		cancelable, cancel := context.WithCancelCause(execution)
		defer cancel(nil)
		defer context.AfterFunc(ctx, func() { cancel(errCallerLeft) })()
		execution = cancelable
	}
	out := c.execution(execution, in)
	countAttempts(c.Name, out.Event.Attempts)
	return c.keep(context.WithoutCancel(ctx), events, out, delivery)
}

// execution runs the pipeline, and measures it.
func (c *Connector) execution(ctx context.Context, in *pipeline.Input) *pipeline.Outcome {
	under := metrics.inFlight.WithLabelValues(c.Name)
	under.Inc()
	defer under.Dec()
	out := c.pipeline.Run(ctx, in)
	measureSteps(c.Name, out.Took)
	return out
}

// errCallerLeft: nobody waits for the answer any more, and `on_disconnect cancel` is declared.
var errCallerLeft = errors.New("the caller has left")

// keep makes an event durable, and with it the claim of its delivery.
func (c *Connector) keep(ctx context.Context, events eventStore, out *pipeline.Outcome, delivery claim) (*Result, error) {
	c.finish(out)
	entries, err := delivery.entries(out.Event)
	if err == nil {
		err = c.app.commit(ctx, events, store.Batch{Events: []*event.Event{out.Event}, Entries: entries})
	}
	if err != nil {
		return nil, fmt.Errorf("keeping event %s (%s): %w", out.Event.ID, out.Event.Status, err)
	}
	c.kept(out.Event)
	return &Result{Outcome: out}, nil
}

// commit makes a batch durable, and measures how long that takes. An event that is more than the store takes loses what
// it can do without: a target that was called must not be called again because nothing tells of it.
func (a *App) commit(ctx context.Context, events eventStore, batch store.Batch) error {
	begun := time.Now()
	err := events.Commit(ctx, batch)
	if errors.Is(err, store.ErrTooLarge) {
		a.logger.Warn("an event is kept without its largest parts", zap.Error(err))
	}
	for errors.Is(err, store.ErrTooLarge) && slices.ContainsFunc(batch.Events, lighten) {
		err = events.Commit(ctx, batch)
	}
	if err == nil {
		metrics.append.Observe(time.Since(begun).Seconds())
	}
	return err
}

// eventStore is what executing needs of a store.
type eventStore interface {
	store.Store
	store.State
	store.Committer
}

// ready is the store, if it takes new events.
func (a *App) ready(ctx context.Context) (eventStore, error) {
	opened, err := a.Store()
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	events, ok := opened.(eventStore)
	if !ok {
		return nil, fmt.Errorf("the store %T keeps no state", opened)
	}
	return events, events.Ready(ctx)
}

// finish takes out of an outcome what must not be kept or shown.
func (c *Connector) finish(out *pipeline.Outcome) {
	if !c.storesPayload() {
		c.withoutPayload(out.Event)
	}
	for _, redactor := range append(out.Redactors, c.app.redactor()) {
		redactor.Event(out.Event)
		if out.Answer != nil && c.Respond == RespondTarget {
			out.Answer.Body = redactor.Bytes(out.Answer.Body)
		}
	}
}

func (c *Connector) storesPayload() bool { return c.StorePayload == nil || *c.StorePayload }

// withoutPayload removes the payload, also where it was sent on as it came and where a trigger was explained with it.
func (c *Connector) withoutPayload(e *event.Event) {
	e.Payload = nil
	if e.Trigger != nil {
		e.Trigger.Explain = nil
	}
	if e.Request != nil {
		e.Request.Body = ""
	}
	if e.Outbound != nil && c.Perform.sendsPayload() {
		e.Outbound.Body, e.Outbound.Encoding, e.Outbound.Truncated = nil, "", false
	}
}

// kept is called for every event that has become durable. It counts a finished one, writes the one line that it has,
// and lets Caddy know of a failed one.
func (c *Connector) kept(e *event.Event) {
	if !e.Status.Terminal() {
		return
	}
	c.app.runtime.feed.Publish(e)
	countEvent(e)
	level := zapcore.DebugLevel
	if e.Status == event.Failed {
		level = zapcore.WarnLevel
		c.app.eventFailed(e)
	}
	entry := c.app.logger.Check(level, "event "+string(e.Status))
	if entry == nil {
		return
	}
	fields := []zap.Field{
		zap.Stringer("event", e.ID), zap.String("connector", e.Connector), zap.String("endpoint", e.Endpoint),
		zap.Float64("duration_ms", e.DurationMS), zap.Int("attempts", len(e.Attempts)),
	}
	if e.Response != nil {
		fields = append(fields, zap.Int("response_status", e.Response.Status))
	}
	if e.Error != nil {
		fields = append(fields, zap.String("step", string(e.Error.Step)), zap.String("code", string(e.Error.Code)),
			zap.String("error", e.Error.Message), zap.String("detail", e.Error.Detail))
	}
	entry.Write(fields...)
}

// newRedactor knows every secret and every credential of the configuration. It is made on first use, when all
// connectors are registered.
func (a *App) newRedactor() *event.Redactor {
	values := maps.Clone(a.environment.Secrets)
	headers := slices.Clone(a.RedactHeaders)
	for _, c := range a.Connectors() {
		for i, credential := range c.outboundCredentials() {
			values[fmt.Sprintf("connector %s, outbound credential %d", c.Name, i+1)] = credential
		}
		for _, e := range c.Endpoints {
			for i, credential := range e.credentials {
				values[fmt.Sprintf("connector %s, endpoint %s, credential %d", c.Name, e.name(), i+1)] = credential
			}
			for _, h := range e.SecretHeaders {
				headers = append(headers, h.Header)
			}
		}
	}
	return event.NewRedactor(values, headers)
}
