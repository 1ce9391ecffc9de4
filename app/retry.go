package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// Why an event cannot be retried.
var (
	ErrNotFailed     = errors.New("only failed events can be retried")
	ErrNoPayload     = errors.New("event has no stored payload")
	ErrConnectorGone = errors.New("connector no longer exists")
	// ErrExecuted: the sender has sent the delivery again, or another event of it was retried, and that one did not fail.
	ErrExecuted = errors.New("delivery was executed for another event")
)

// Retry runs the connector of a failed event again, as it is defined now, on the stored payload. It makes a new event
// that names the old one; the old one stays as it is. The error is store.ErrNotFound, one of the errors above,
// ErrInProgress, or what kept the new event from being made.
//
// A stored payload is redacted: where a secret's value stood in it, the retry has `[REDACTED]`.
func (a *App) Retry(ctx context.Context, id event.ID) (*event.Event, error) {
	events, err := a.Store()
	if err != nil {
		return nil, err
	}
	failed, err := events.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if failed.Status != event.Failed {
		return nil, ErrNotFailed
	}
	if failed.Payload == nil {
		return nil, ErrNoPayload
	}
	c, ok := a.Connector(failed.Connector)
	if !ok {
		return nil, ErrConnectorGone
	}
	in, err := repeat(failed)
	if err != nil {
		return nil, err
	}
	in.Config = c.hash
	ready, err := a.ready(ctx)
	if err != nil {
		return nil, err
	}
	out, err := c.executeAgain(ctx, ready, in)
	if err != nil {
		return nil, err
	}
	return out.Event, nil
}

// executeAgain runs the connector, or leaves that for later where it is asynchronous. The operator asks for it, so no
// limit holds it up, but what was executed meanwhile is not executed twice. Where it succeeds, the delivery counts as
// executed.
func (c *Connector) executeAgain(ctx context.Context, events eventStore, in *pipeline.Input) (*Result, error) {
	delivery, err := c.claimOf(in)
	if err != nil {
		delivery = claim{}
	}
	if delivery.key != "" {
		if !c.app.runtime.deliveries.begin(delivery.key) {
			return nil, ErrInProgress
		}
		defer c.app.runtime.deliveries.end(delivery.key)
		if err := delivery.free(ctx, events); err != nil {
			return nil, err
		}
	}
	if c.Respond == RespondAsync {
		return c.enqueue(ctx, events, in, delivery)
	}
	return c.run(ctx, events, in, delivery)
}

// free tells whether a failed delivery may be executed again: ErrExecuted is that it was already, or will be.
func (c *claim) free(ctx context.Context, events eventStore) error {
	latest, err := c.earlier(ctx, events)
	if err == nil && latest != nil && latest.Status != event.Failed {
		err = ErrExecuted
	}
	return err
}

// repeat is the input of a stored event as the input of a new one.
func repeat(stored *event.Event) (*pipeline.Input, error) {
	payload, err := value.NewDocument(stored.Payload)
	if err != nil {
		return nil, err
	}
	in := &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: stored.Endpoint, Depth: stored.Depth, RetryOf: &stored.ID,
		Claim: stored.Claim, Request: stored.Request, Payload: payload,
	}
	in.Body, in.ContentType = received(stored.Request, stored.Payload)
	return in, nil
}

// received is the body as it came: the payload itself, or what it was read from where it came as a form.
func received(r *event.Request, payload json.RawMessage) (body []byte, contentType string) {
	if r == nil {
		return payload, ""
	}
	contentType = r.Headers.Get("Content-Type")
	switch {
	case r.Body != "":
		return []byte(r.Body), contentType
	case contentType == "" && string(payload) == "null":
		return nil, ""
	}
	return payload, contentType
}
