package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// Rehearsal asks for a dry run: on a payload, on that of a stored event, or on the connector's example.
type Rehearsal struct {
	Payload json.RawMessage
	Event   *event.ID
	// Lookup is what the lookup would have answered. Without it that is what it answered for the stored event, or null.
	Lookup json.RawMessage
	// Whole has the bodies whole, rather than as far as an event keeps them.
	Whole bool
}

// ErrNothingToRehearse: the request names no payload and the connector has no example.
var ErrNothingToRehearse = errors.New("no payload: give payload or event_id, or declare an example for the connector")

// DryRun takes the steps of the connector without sending anything. See pipeline.Connector.DryRun.
func (c *Connector) DryRun(ctx context.Context, r Rehearsal) (*event.Event, error) {
	in, lookup, err := c.rehearsed(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(r.Lookup) > 0 {
		if lookup, err = value.NewDocument(r.Lookup); err != nil {
			return nil, fmt.Errorf("lookup: %w", err)
		}
	}
	in.Config = c.hash
	steps := c.pipeline
	if r.Whole {
		steps = steps.Whole()
	}
	e := steps.DryRun(in, lookup)
	c.app.redactor().Event(e)
	return e, nil
}

// rehearsed is what a dry run is made on, with what a lookup answered where that is known.
func (c *Connector) rehearsed(ctx context.Context, r Rehearsal) (*pipeline.Input, *value.Document, error) {
	if r.Event != nil {
		events, err := c.app.Store()
		if err != nil {
			return nil, nil, err
		}
		stored, err := events.Get(ctx, *r.Event)
		if err != nil {
			return nil, nil, err
		}
		if stored.Payload == nil {
			return nil, nil, ErrNoPayload
		}
		in, err := repeat(stored)
		return in, lookedUp(stored), err
	}
	payload := r.Payload
	if len(payload) == 0 {
		payload = c.example
	}
	if len(payload) == 0 {
		return nil, nil, ErrNothingToRehearse
	}
	document, err := value.NewDocument(payload)
	if err != nil {
		return nil, nil, fmt.Errorf("payload: %w", err)
	}
	return &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: DefaultEndpoint, Payload: document, Body: payload,
		ContentType: "application/json",
		Request: &event.Request{
			Method: http.MethodPost, Path: c.Path(), RemoteIP: "127.0.0.1",
			Headers: http.Header{"Content-Type": {"application/json"}},
		},
	}, nil, nil
}

// lookedUp is what the lookup of a stored event answered; nil where it had none, or is not kept whole.
func lookedUp(stored *event.Event) *value.Document {
	if stored.Lookup == nil || stored.Lookup.Error != "" || stored.Lookup.Response == nil {
		return nil
	}
	answer := stored.Lookup.Response
	if answer.Truncated || answer.Encoding != "" || answer.Status/100 != 2 {
		return nil
	}
	document, err := value.NewDocument(answer.Body)
	if err != nil {
		return nil
	}
	return document
}
