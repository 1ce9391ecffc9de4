package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

func testPutGet(t *testing.T, h Harness) {
	s := h.open(t)
	for _, status := range event.Statuses {
		e := NewEvent("orders", status)
		put(t, s, e)
		wantEvent(t, s, e)
	}
	put(t, s) // nothing

	// A payload is sent again by a retry, so it is kept as it was received.
	spaced := NewEvent("orders", event.Failed)
	spaced.Payload = json.RawMessage("{\"a\" : [1,  2.50],\n\t\"b\": \"<\\u00e9>\" }")
	put(t, s, spaced)
	if got := get(t, s, spaced.ID); string(got.Payload) != string(spaced.Payload) {
		t.Errorf("the payload %q came back as %q", spaced.Payload, got.Payload)
	}
	_, err := s.Get(t.Context(), event.NewID())
	wantError(t, "get of an unknown id", err, store.ErrNotFound)
}

func testPutRefuses(t *testing.T, h Harness) {
	s := h.open(t)
	for name, spoil := range map[string]func(*event.Event){
		"no id":             func(e *event.Event) { e.ID = event.ID{} },
		"no connector":      func(e *event.Event) { e.Connector = "" },
		"zero in connector": func(e *event.Event) { e.Connector = "a\x00b" },
		"endless connector": func(e *event.Event) { e.Connector = strings.Repeat("a", 10_000) },
		"no status":         func(e *event.Event) { e.Status = "" },
		"unknown status":    func(e *event.Event) { e.Status = "done" },
	} {
		good, bad := NewEvent("orders", event.Completed), NewEvent("orders", event.Completed)
		spoil(bad)
		if err := s.Put(t.Context(), good, bad); err == nil {
			t.Errorf("%s: put answers nil", name)
		}
		_, err := s.Get(t.Context(), bad.ID)
		wantError(t, name+": get", err, store.ErrNotFound)
	}
}

func testPutKeepsNoReference(t *testing.T, h Harness) {
	s := h.open(t)
	e := NewEvent("orders", event.Pending)
	want := inJSON(t, e)
	put(t, s, e)
	copy(e.Payload, bytes.Repeat([]byte(" "), len(e.Payload)))
	e.Request.Headers["Content-Type"][0] = "text/plain"
	first := get(t, s, e.ID)
	first.Request.Path = "/other"
	if got := inJSON(t, get(t, s, e.ID)); got != want {
		t.Errorf("the stored event changed with the caller's: %s", got)
	}
}

func testPutCanceled(t *testing.T, h Harness) {
	s := h.open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the caller left")
	cancel(cause)
	e := NewEvent("orders", event.Completed)
	err := s.Put(ctx, e)
	if !errors.Is(err, context.Canceled) && !errors.Is(err, cause) {
		t.Errorf("put with an ended context answers %v", err)
	}
	_, err = s.Get(t.Context(), e.ID)
	wantError(t, "get", err, store.ErrNotFound)
}

// testPutMany puts more events at once than an engine is likely to take in one transaction.
func testPutMany(t *testing.T, h Harness) {
	s := h.open(t)
	events := make([]*event.Event, 5000)
	for i := range events {
		events[i] = NewEvent(fmt.Sprint("connector-", i%7), event.Completed)
	}
	put(t, s, append(events, events[:100]...)...)
	for _, e := range events {
		wantEvent(t, s, e)
	}
	counts, err := s.Count(t.Context(), "")
	if err != nil || counts[event.Completed] != int64(len(events)) {
		t.Errorf("count is %v, %v", counts, err)
	}
}

func testPutLarge(t *testing.T, h Harness) {
	s := h.open(t)
	var events []*event.Event
	for _, size := range []int{500, 1000, 1023, 1024, 1025, 100_000, 1 << 20, 6 << 20} {
		e := NewEvent("orders", event.Completed)
		e.Payload = json.RawMessage(`"` + strings.Repeat("x", size) + `"`)
		events = append(events, e)
	}
	put(t, s, events...)
	for _, e := range events {
		wantEvent(t, s, e)
	}
}

func testPending(t *testing.T, h Harness) {
	s := h.open(t)
	e := NewEvent("orders", event.Pending)
	put(t, s, e)

	e.Attempts = []event.Attempt{{At: event.At(base), DurationMS: 3, Status: 503}}
	put(t, s, e)
	wantEvent(t, s, e)
	wantIDs(t, list(t, s, store.Query{}), e.ID)

	done := newEvent(e.ID, "orders", event.Completed)
	put(t, s, done)
	wantEvent(t, s, done)
	wantIDs(t, list(t, s, store.Query{}), e.ID)
	wantIDs(t, list(t, s, store.Query{Connector: "orders"}), e.ID)
	wantIDs(t, list(t, s, store.Query{Status: event.Completed}), e.ID)
	wantIDs(t, list(t, s, store.Query{Connector: "orders", Status: event.Completed}), e.ID)
	wantIDs(t, list(t, s, store.Query{Status: event.Pending}))
	wantIDs(t, list(t, s, store.Query{Connector: "orders", Status: event.Pending}))
}

func testTerminalNeverChanges(t *testing.T, h Harness) {
	s := h.open(t)
	for _, status := range []event.Status{event.Completed, event.Skipped, event.Failed} {
		first := NewEvent("orders", status)
		put(t, s, first)
		for _, later := range event.Statuses {
			other := newEvent(first.ID, "invoices", later)
			other.Payload = json.RawMessage(`"late"`)
			put(t, s, other)
			wantEvent(t, s, first)
		}
	}
	wantIDs(t, list(t, s, store.Query{Connector: "invoices"}))
	if page := list(t, s, store.Query{}); len(page.Events) != 3 {
		t.Errorf("%d events are listed, not 3", len(page.Events))
	}
}

// testTerminalRace finishes events several times at once: one of them wins, and stays.
func testTerminalRace(t *testing.T, h Harness) {
	s := h.open(t)
	const events, racers = 20, 8
	for i := range events {
		id := event.NewID()
		if i%2 == 0 {
			put(t, s, newEvent(id, "orders", event.Pending))
		}
		var group sync.WaitGroup
		winners := make([]string, racers)
		for racer := range racers {
			group.Go(func() {
				e := newEvent(id, "orders", event.Statuses[racer%3])
				e.TraceID = fmt.Sprint("racer ", racer)
				if err := s.Put(context.Background(), e); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				got, err := s.Get(context.Background(), id)
				if err != nil {
					t.Errorf("get: %v", err)
					return
				}
				winners[racer] = got.TraceID
			})
		}
		group.Wait()
		for _, winner := range winners {
			if winner != winners[0] {
				t.Fatalf("the terminal record changed: %q", winners)
			}
		}
	}
	wantTotal(t, s, "orders", events)
	wantIDs(t, list(t, s, store.Query{Status: event.Pending}))
}

// testReadYourWrites puts and reads from many goroutines at once.
func testReadYourWrites(t *testing.T, h Harness) {
	s := h.open(t)
	const writers, each = 16, 20
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			connector := fmt.Sprint("connector-", writer)
			for i := range each {
				e := NewEvent(connector, event.Statuses[i%4])
				put(t, s, e)
				wantEvent(t, s, e)
				if page := list(t, s, store.Query{Connector: connector, Limit: 1}); page.Events[0].ID != e.ID {
					t.Errorf("the newest event of %s is %s, not the one just put", connector, page.Events[0].ID)
				}
				wantTotal(t, s, connector, i+1)
			}
		})
	}
	group.Wait()
}

func testRetriedBy(t *testing.T, h Harness) {
	s := h.open(t)
	original := newEvent(idAt(base, 1), "orders", event.Failed)
	retry := func(offset time.Duration, n uint16, of event.ID, status event.Status) *event.Event {
		e := newEvent(idAt(base.Add(offset), n), "orders", status)
		e.RetryOf = &of
		return e
	}
	second := retry(2*time.Hour, 0, original.ID, event.Failed)
	first := retry(time.Hour, 0, original.ID, event.Completed)
	third := retry(2*time.Hour, 1, original.ID, event.Pending)
	// Retries are found in the order of their ids, whenever they were put, and before the original as well.
	put(t, s, second)
	put(t, s, third, first, retry(time.Hour, 7, second.ID, event.Completed))
	put(t, s, original)

	original.RetriedBy = []event.ID{first.ID, second.ID, third.ID}
	wantEvent(t, s, original)
	put(t, s, retry(2*time.Hour, 1, original.ID, event.Failed)) // the third is finished
	wantEvent(t, s, original)
	if got := get(t, s, first.ID); got.RetriedBy == nil || len(got.RetriedBy) > 0 {
		t.Errorf("an event without retries has %#v", got.RetriedBy)
	}
	// What a reader was given is not written back.
	put(t, s, NewEvent("orders", event.Completed))
	stale := NewEvent("orders", event.Completed)
	stale.RetriedBy = []event.ID{event.NewID()}
	put(t, s, stale)
	if got := get(t, s, stale.ID); len(got.RetriedBy) > 0 {
		t.Errorf("retried_by was stored: %v", got.RetriedBy)
	}
}

func testCount(t *testing.T, h Harness) {
	s := h.open(t)
	for i := range 10 {
		put(t, s, NewEvent("orders", event.Completed), NewEvent("orders-2", event.Statuses[i%4]))
	}
	for connector, want := range map[string]string{
		"orders":   "map[completed:10 failed:0 pending:0 skipped:0]",
		"orders-2": "map[completed:3 failed:2 pending:2 skipped:3]",
		"":         "map[completed:13 failed:2 pending:2 skipped:3]",
		"unknown":  "map[completed:0 failed:0 pending:0 skipped:0]",
	} {
		counts, err := s.Count(t.Context(), connector)
		if got := fmt.Sprint(counts); err != nil || got != want {
			t.Errorf("count of %q is %s, %v, not %s", connector, got, err, want)
		}
	}
}
