package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

// Input is an accepted request.
type Input struct {
	ID         event.ID
	ReceivedAt time.Time
	Endpoint   string
	// Depth is how many executions led to this one.
	Depth int
	// Delivery is the sender's id of the delivery, from a verified signature; empty if there is none.
	Delivery string
	// Claim is the digest under which the delivery is claimed, which the event keeps; empty until that is known.
	Claim string
	// RetryOf is the event that this execution repeats, if any.
	RetryOf *event.ID
	// Config is the hash of the connector's definition.
	Config string
	// Request is the request as the event keeps it; expressions see it as $request. It has no credentials.
	Request *event.Request
	// Payload is the body, decoded.
	Payload *value.Document
	// Body and ContentType are the body as received: what is sent where the connector builds none of its own.
	Body        []byte
	ContentType string
	// Asynchronous tells that the request was accepted before it was executed, so that it can be executed again when it
	// does not get through: an answer that asks for another attempt then counts as none. Earlier are the attempts that
	// were made before, and Redelivery says which execution this is: 0 is the first, with those quick attempts that were
	// not made before it was cut off; every later one has a single attempt.
	Asynchronous bool
	Earlier      []event.Attempt
	Redelivery   int
}

// Outcome is a finished execution: its event, not redacted yet, and the target's answer, if it gave one.
type Outcome struct {
	Event  *event.Event
	Answer *outbound.Response
	// Redactors know the access tokens that were used, which the redactor of the configuration cannot know.
	Redactors []*event.Redactor
	// RetryAt is when an open breaker lets the next request through; zero unless it refused this one.
	RetryAt time.Time
	// Undelivered tells that an asynchronous execution failed in a way in which the next may not: nothing answered, or
	// the answer asks for another attempt. RetryAfter is how long the target asks to be left alone.
	Undelivered bool
	RetryAfter  time.Duration
	// NextAt is when the next quick attempt would have been made, where the context ended in the pause before it; else
	// zero.
	NextAt time.Time
	// Took is how long each step took.
	Took Took
}

// Run executes the connector to its end and never fails as such: whatever goes wrong is in the event. The context
// bounds lookup and perform; a caller that leaves must not cancel it, or a request that was sent would go unrecorded.
func (c *Connector) Run(ctx context.Context, in *Input) *Outcome {
	x := c.begin(in)
	out := &Outcome{Event: x.event}
	x.event.Attempts = in.Earlier
	ctx, span := x.traced(ctx)
	err := x.run(ctx, out)
	switch {
	case err == nil:
		x.event.Status = event.Completed
	case errors.Is(err, errSkipped):
		x.event.Status = event.Skipped
	default:
		x.fail(err)
	}
	if span != nil {
		fail(span, err)
		span.SetAttributes(attribute.String("krosyn.status", string(x.event.Status)))
		span.End()
	}
	x.event.DurationMS = event.Milliseconds(time.Since(in.ReceivedAt))
	return out
}

// Fail is the outcome of an input that failed before its trigger: an expression of that directive could not be
// evaluated.
func (c *Connector) Fail(in *Input, directive string, err error) *Outcome {
	x := c.begin(in)
	x.fail(failed(event.StepTrigger, directive, err))
	x.event.DurationMS = event.Milliseconds(time.Since(in.ReceivedAt))
	return &Outcome{Event: x.event}
}

// Accepted is the event of an input that is executed later.
func (c *Connector) Accepted(in *Input) *Outcome {
	x := c.begin(in)
	x.event.Status = event.Pending
	return &Outcome{Event: x.event}
}

// execution is a connector at work on one input.
type execution struct {
	*Connector
	in    *Input
	event *event.Event
	ctx   *expression.Context
	// tracer makes the spans of the steps; nil where nobody listens.
	tracer trace.Tracer
}

// errSkipped ends an execution whose trigger is false.
var errSkipped = errors.New("the trigger is false")

func (c *Connector) begin(in *Input) *execution {
	x := &execution{Connector: c, in: in}
	x.event = &event.Event{
		ID: in.ID, Connector: c.name, Endpoint: in.Endpoint, ReceivedAt: event.At(in.ReceivedAt), Depth: in.Depth,
		RetryOf: in.RetryOf, Config: in.Config, Request: in.Request, Payload: in.Payload.Raw(),
		Claim: in.Claim,
	}
	x.ctx = in.Context(c.name, c.env.Secrets)
	return x
}

func (x *execution) run(ctx context.Context, out *Outcome) error {
	if x.in.Depth > x.env.MaxDepth {
		return event.DepthExceeded(x.in.Depth, x.env.MaxDepth)
	}
	if x.trigger != nil {
		_, s := x.stage(ctx, "krosyn trigger", &out.Took.Trigger)
		err := x.decide()
		s.end(err)
		if err != nil {
			return err
		}
	}
	if x.lookup != nil {
		ctx, s := x.stage(ctx, "krosyn lookup", &out.Took.Lookup)
		err := x.look(ctx, out)
		s.end(err)
		if err != nil {
			return err
		}
	}
	if len(x.set) > 0 {
		_, s := x.stage(ctx, "krosyn process", &out.Took.Process)
		err := x.process()
		s.end(err)
		if err != nil {
			return err
		}
	}
	ctx, s := x.stage(ctx, "krosyn perform", &out.Took.Perform)
	call, err := x.build()
	if err == nil {
		err = x.send(ctx, call, out)
	}
	s.end(err)
	return err
}

// decide evaluates the trigger, and keeps what each part of it was: why an event was executed or skipped is what its
// reader asks.
func (x *execution) decide() error {
	if x.trigger == nil {
		return nil
	}
	v, explanation, err := x.trigger.Explain(x.ctx)
	x.event.Trigger = &event.Trigger{Expression: x.trigger.Source(), Explain: explanation}
	if err != nil {
		return failed(event.StepTrigger, "", err)
	}
	result := value.Truthy(v)
	x.event.Trigger.Result = &result
	if !result {
		return errSkipped
	}
	return nil
}

// process computes the `set` fields in order.
func (x *execution) process() error {
	if len(x.set) == 0 {
		return nil
	}
	x.ctx.Processed = new(expression.Object)
	defer func() { x.event.Processed = x.ctx.Processed.JSON() }()
	for _, a := range x.set {
		if err := a.program.Set(x.ctx, a.name); err != nil {
			return failed(event.StepProcess, "set "+a.name, err)
		}
	}
	return nil
}

// send performs the request and records what came of it.
func (x *execution) send(ctx context.Context, call *outbound.Call, out *Outcome) error {
	result := x.perform.client.Do(ctx, call)
	out.Redactors = result.Redactors
	x.attempted(result.Attempts)
	if x.in.Asynchronous {
		out.Undelivered, out.RetryAfter = result.TryAgain(&call.Retry.On)
		out.NextAt = result.NextAt
	}
	if result.Response != nil {
		x.event.Response = x.captured(result.Response)
		if out.Undelivered {
			detail := fmt.Sprintf("the last answer had status %d", result.Response.Status)
			return event.PerformFailed(len(x.event.Attempts), detail)
		}
		if err := x.judge(result); err != nil {
			return err
		}
		out.Answer = result.Response
		return nil
	}
	if open, ok := errors.AsType[*outbound.CircuitOpenError](result.Err); ok && len(result.Attempts) == 0 {
		out.RetryAt = open.RetryAt
		return event.CircuitOpen(x.perform.shown(), open.Error())
	}
	return event.PerformFailed(len(x.event.Attempts), result.Err.Error())
}

// attempted adds attempts to those of earlier executions.
func (x *execution) attempted(attempts []event.Attempt) {
	if len(x.in.Earlier) == 0 && x.in.Redelivery == 0 {
		x.event.Attempts = attempts
		return
	}
	for i := range attempts {
		attempts[i].Redelivery = x.in.Redelivery
	}
	x.event.Attempts = slices.Concat(x.in.Earlier, attempts)
}

// captured is an answer as the event keeps it.
func (x *execution) captured(answer *outbound.Response) *event.Response {
	body, truncated := clip(answer.Body, x.env.CaptureBody)
	r := &event.Response{Status: answer.Status, Headers: answer.Header, Truncated: answer.Truncated || truncated}
	r.Body, r.Encoding = event.Capture(body, r.Truncated)
	return r
}

// fail records why the execution failed.
func (x *execution) fail(err error) { x.event.Status, x.event.Error = event.Failed, asEventError(err) }

func asEventError(err error) *event.Error {
	if e, ok := errors.AsType[*event.Error](err); ok {
		return e
	}
	return event.ExpressionFailed(event.StepPerform, err.Error(), "")
}

// failed is the failure of an expression; where names the directive in which it stands. Where it is "", what err says
// before the expression's own error names it.
func failed(step event.Step, where string, err error) *event.Error {
	message, detail := err.Error(), ""
	if e, ok := errors.AsType[*expression.Error](err); ok {
		if where == "" {
			where = strings.TrimSuffix(strings.TrimSuffix(message, e.Error()), ": ")
		}
		message = e.Message
		detail = fmt.Sprintf("line %d, column %d", e.Position.Line, e.Position.Column)
		if e.Detail != "" {
			detail += ": " + e.Detail
		}
	}
	if where != "" {
		if detail != "" {
			where += ", "
		}
		detail = where + detail
	}
	return event.ExpressionFailed(step, message, detail)
}

// clip is as much of a body as limit allows, and whether that is less than all of it.
func clip(body []byte, limit int64) ([]byte, bool) {
	if int64(len(body)) > limit {
		return body[:limit], true
	}
	return body, false
}
