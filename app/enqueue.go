package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

// ErrTooLarge: the request is more than a store keeps for a later execution.
var ErrTooLarge = errors.New("the request is too large to be executed later")

const (
	// maxTask is how much of a request can be kept for later, with its headers, in bytes.
	maxTask = 8 << 20

	// longestOrderKey is the longest key by which a queue tells order apart, in bytes.
	longestOrderKey = 256
)

// enqueue accepts a request that is executed later: its event, its job and the claim of its delivery become durable
// together.
func (c *Connector) enqueue(ctx context.Context, events eventStore, in *pipeline.Input, delivery claim) (*Result, error) {
	key, err := c.orderOf(in)
	if err != nil {
		return c.refused(ctx, events, in, "concurrency", err)
	}
	encoded, err := encodeTask(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(encoded) > maxTask {
		return nil, ErrTooLarge
	}
	leave, err := c.app.runtime.queue.enter(ctx, c.app.queueLimit())
	if err != nil {
		return nil, err
	}
	defer leave()
	out := c.pipeline.Accepted(in)
	e := out.Event
	at := event.At(in.ReceivedAt)
	e.NextAttemptAt = &at
	c.finish(out)
	entries, err := delivery.entries(e)
	if err != nil {
		return nil, err
	}
	// A caller who leaves does not cut this short: the delivery stays claimed in memory until it is so in the store.
	err = c.app.commit(context.WithoutCancel(ctx), events, store.Batch{
		Events: []*event.Event{e}, Entries: entries,
		Jobs: []store.Job{{ID: e.ID, Connector: c.Name, Key: key, Due: in.ReceivedAt, Payload: encoded}},
	})
	if err != nil {
		return nil, fmt.Errorf("accepting event %s: %w", e.ID, err)
	}
	c.app.runtime.queue.trace(ctx)
	c.app.runtime.queue.wake()
	return &Result{Outcome: out}, nil
}

// orderOf is the key whose events are executed one after another; empty where they need not be.
func (c *Connector) orderOf(in *pipeline.Input) (string, error) {
	if c.concurrency == nil || c.concurrency.by == nil {
		return "", nil
	}
	key, err := c.keyBy(c.concurrency.by, in)
	if err != nil || len(key) <= longestOrderKey {
		return key, err
	}
	digest := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(digest[:]), nil
}
