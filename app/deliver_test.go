package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

// delivering is an app with a store in memory and one asynchronous connector, whose jobs are leased by hand.
func delivering(t *testing.T, target http.HandlerFunc, redeliveries ...time.Duration) (*Connector, *memory.Store) {
	t.Helper()
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	guard, err := outbound.NewGuard(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.NewClient(guard)
	t.Cleanup(client.Close)
	kept := memory.New()
	open := func() (store.Store, error) { return kept, nil }
	a := &App{
		logger: zap.NewNop(), connectors: make(map[string]*Connector),
		redactor: func() *event.Redactor { return event.NewRedactor(nil, nil) },
		runtime:  &runtime{open: open, queue: newQueue(open, zap.NewNop())},
	}
	c := &Connector{Name: "orders", Respond: RespondAsync, app: a, redeliveries: redeliveries}
	c.pipeline, err = pipeline.Compile(&pipeline.Definition{
		Name: c.Name, Perform: &pipeline.Perform{Method: http.MethodPost, URL: server.URL, Timeout: time.Minute},
	}, &pipeline.Environment{Guard: guard, Client: client, MaxDepth: 5})
	if err != nil {
		t.Fatal(err)
	}
	a.connectors[c.Name] = c
	return c, kept
}

// accept accepts an event.
func (c *Connector) accept(t *testing.T, kept *memory.Store) {
	t.Helper()
	if _, err := c.enqueue(t.Context(), kept, inputOf(t, `{"a":1}`, `{"a":1}`), claim{}); err != nil {
		t.Fatal(err)
	}
}

// handedOut is the job that is due, by a lease that ends at once: the next to ask learns that it was interrupted, unless
// it is settled before.
func handedOut(t *testing.T, kept *memory.Store) store.Leased {
	t.Helper()
	jobs, err := kept.Lease(t.Context(), 1, time.Nanosecond, nil)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	return jobs[0]
}

func get(t *testing.T, kept *memory.Store, id event.ID) *event.Event {
	t.Helper()
	e, err := kept.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestInterruptionsAreKept has each interruption in the store before the next execution begins, since that may end with
// the process, too, and nothing executed after the third.
func TestInterruptionsAreKept(t *testing.T) {
	for status, redeliveries := range map[event.Status][]time.Duration{event.Pending: {time.Hour}, event.Failed: nil} {
		t.Run(string(status), func(t *testing.T) {
			var crash func()
			requests := 0
			c, kept := delivering(t, func(http.ResponseWriter, *http.Request) { requests++; crash() }, redeliveries...)
			c.accept(t, kept)
			var job store.Leased
			for round := range maxInterruptions + 1 {
				job = handedOut(t, kept)
				// Of an execution whose lease is lost nothing is kept, as of one that ends with the process.
				ctx, cancel := context.WithCancelCause(t.Context())
				crash = func() {
					if n := interruptions(get(t, kept, job.ID).Attempts); n != round {
						t.Errorf("%d interruptions are known in the execution after %d", n, round)
					}
					cancel(store.ErrLeaseLost)
				}
				c.app.deliver(ctx, job)
				cancel(nil)
			}
			e := get(t, kept, job.ID)
			if requests != maxInterruptions || e.Status != status || interruptions(e.Attempts) != maxInterruptions {
				t.Errorf("after %d requests it is %s, with %+v", requests, e.Status, e.Attempts)
			}
			if status == event.Failed && (e.Error == nil || e.Error.Detail != interruptedTooOften) {
				t.Errorf("it has failed because of %v", e.Error)
			}
		})
	}
}

// TestConnectorGone has a job that was handed out before a reload wait when its connector is gone: nothing of it was
// interrupted.
func TestConnectorGone(t *testing.T) {
	c, kept := delivering(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c.accept(t, kept)
	delete(c.app.connectors, c.Name)
	c.app.deliver(t.Context(), handedOut(t, kept))
	if job := handedOut(t, kept); job.Attempt != 2 || job.Interrupted {
		t.Errorf("the job is %+v", job)
	}
}
