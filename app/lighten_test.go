package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

// narrow is a store that takes events up to a length.
type narrow struct {
	*memory.Store
	most int
}

func (n *narrow) Commit(ctx context.Context, batch store.Batch) error {
	for _, e := range batch.Events {
		if length := len(e.AppendJSON(nil)); length > n.most {
			return fmt.Errorf("%w: %d bytes", store.ErrTooLarge, length)
		}
	}
	return n.Store.Commit(ctx, batch)
}

// heavy is an event that has everything.
func heavy() *event.Event {
	body := json.RawMessage(`"a body of some length"`)
	return &event.Event{
		ID: event.NewID(), Connector: "orders", Endpoint: "default", Status: event.Failed,
		Error:     &event.Error{Step: event.StepPerform, Code: event.CodePerformFailed, Message: "no answer", Detail: "detail"},
		Request:   &event.Request{Method: "POST", Path: "/", Body: "text=a+body+of+some+length"},
		Payload:   json.RawMessage(`{"text":"a body of some length"}`),
		Trigger:   &event.Trigger{Expression: "true", Explain: []event.Explanation{{Expression: "true", Value: body}}},
		Lookup:    &event.Lookup{Request: new(event.Outbound), Response: &event.Response{Status: 200, Body: body}},
		Processed: json.RawMessage(`{"text":"a body of some length"}`),
		Outbound:  &event.Outbound{Method: "POST", URL: "http://192.0.2.1/", Body: body},
		Attempts:  []event.Attempt{{Status: 500}},
		Response:  &event.Response{Status: 500, Headers: http.Header{"X-A": {"1"}}, Body: body},
	}
}

// TestLighten has an event lose one thing after another, and its payload and its outcome last, until the store takes it.
func TestLighten(t *testing.T) {
	app := &App{logger: zap.NewNop()}
	order := []func(*event.Event) bool{
		func(e *event.Event) bool { return e.Processed != nil },
		func(e *event.Event) bool { return e.Lookup != nil && !e.Lookup.Response.Truncated },
		func(e *event.Event) bool { return e.Trigger != nil && e.Trigger.Explain != nil },
		func(e *event.Event) bool { return e.Outbound != nil && !e.Outbound.Truncated },
		func(e *event.Event) bool { return !e.Response.Truncated },
		func(e *event.Event) bool { return e.Payload != nil },
		func(e *event.Event) bool { return e.Outbound != nil },
	}
	most := len(heavy().AppendJSON(nil))
	for lost := range len(order) + 1 {
		e := heavy()
		request := e.Request
		events := &narrow{memory.New(), most}
		if err := app.commit(t.Context(), events, store.Batch{Events: []*event.Event{e}}); err != nil {
			t.Fatalf("%d: %v", lost, err)
		}
		kept, err := events.Get(t.Context(), e.ID)
		if err != nil || kept.Status != event.Failed || kept.Error.Message != "no answer" || len(kept.Attempts) != 1 ||
			kept.Response.Status != 500 {
			t.Fatalf("%d: %+v %v", lost, kept, err)
		}
		for i, there := range order {
			if there(kept) != (i >= lost) {
				t.Errorf("with %d bytes the event is %s", most, kept.AppendJSON(nil))
			}
		}
		if request.Body == "" {
			t.Error("the request, which others may have, was written to")
		}
		most = len(e.AppendJSON(nil)) - 1
	}
	err := app.commit(t.Context(), &narrow{memory.New(), 10}, store.Batch{Events: []*event.Event{heavy()}})
	if !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("of a store that takes nothing: %v", err)
	}
}

// TestSettleGivesUp does not hold a worker for what never passes.
func TestSettleGivesUp(t *testing.T) {
	app := &App{logger: zap.NewNop()}
	if app.settle(t.Context(), &narrow{memory.New(), 10}, app.logger, store.Batch{Events: []*event.Event{heavy()}}) {
		t.Error("what the store refuses is kept")
	}
}
