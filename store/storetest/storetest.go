// Package storetest is the suite that every store of events passes, and what tests of other packages need of a store:
// events to put into it, and a store that fails on command.
//
// It knows the contract of package store alone, and no engine.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Harness makes the stores to be tested.
type Harness struct {
	// Open makes an empty store. The suite closes it.
	Open func(t *testing.T) store.Store

	// Reopen closes a store that Open or Reopen has made and opens it again, with all that it had. It is nil for a store
	// that keeps nothing beyond Close.
	Reopen func(t *testing.T, s store.Store) store.Store
}

// Run tests the stores of a harness.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"PutGet", testPutGet},
		{"PutRefuses", testPutRefuses},
		{"PutKeepsNoReference", testPutKeepsNoReference},
		{"PutCanceled", testPutCanceled},
		{"PutMany", testPutMany},
		{"PutLarge", testPutLarge},
		{"Pending", testPending},
		{"TerminalNeverChanges", testTerminalNeverChanges},
		{"TerminalRace", testTerminalRace},
		{"ReadYourWrites", testReadYourWrites},
		{"RetriedBy", testRetriedBy},
		{"Count", testCount},
		{"ListBounds", testListBounds},
		{"ListRefuses", testListRefuses},
		{"ListDuringPuts", testListDuringPuts},
		{"Search", testSearch},
		{"SearchStops", testSearchStops},
		{"Model", testModel},
		{"Stats", testStats},
		{"Closed", testClosed},
		{"CloseDuringPuts", testCloseDuringPuts},
		{"ReopenCycles", testReopenCycles},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
	runState(t, h)
	runQueue(t, h)
}

// open makes a store for one test.
func (h Harness) open(t *testing.T) store.Store {
	t.Helper()
	s := h.Open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// base is the time around which the events of the suite are.
var base = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// idAt is an id of the millisecond of t; ids of one millisecond are in the order of n.
func idAt(t time.Time, n uint16) event.ID {
	id := event.FirstIDAt(t)
	id[6], id[8] = 0x70, 0x80
	id[14], id[15] = byte(n>>8), byte(n)
	return id
}

// NewEvent makes an event that has just been received, with the usual parts.
func NewEvent(connector string, status event.Status) *event.Event {
	return newEvent(event.NewID(), connector, status)
}

func newEvent(id event.ID, connector string, status event.Status) *event.Event {
	result := true
	e := &event.Event{
		ID: id, Connector: connector, Endpoint: "default", Status: status,
		ReceivedAt: event.At(id.Time()), DurationMS: 41.75, Config: "c0ffee",
		Request: &event.Request{
			Method: "POST", Path: "/in", RemoteIP: "192.0.2.1",
			Headers: map[string][]string{"Content-Type": {"application/json"}},
		},
		Payload: json.RawMessage(fmt.Sprintf(`{"order":{"id":%q,"total":12.50}}`, id)),
		Trigger: &event.Trigger{Expression: "true", Result: &result},
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
	}
	switch status {
	case event.Completed:
		e.Processed = json.RawMessage(`{"full_name":"Jane Doe"}`)
		e.Outbound = &event.Outbound{
			Method: "POST", URL: "https://example.com/in", Headers: map[string][]string{}, Body: json.RawMessage(`{"a":1}`),
		}
		e.Attempts = []event.Attempt{{At: event.At(id.Time()), DurationMS: 10.25, Status: 201}}
		e.Response = &event.Response{Status: 201, Headers: map[string][]string{}, Body: json.RawMessage(`"ok"`)}
	case event.Failed:
		e.Error = event.PerformFailed(3, "dial tcp 192.0.2.7:443: connection refused")
	case event.Pending:
		next := event.At(id.Time().Add(time.Minute))
		e.NextAttemptAt = &next
	}
	return e
}

func put(t testing.TB, s store.Store, events ...*event.Event) {
	t.Helper()
	if err := s.Put(context.Background(), events...); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func get(t testing.TB, s store.Store, id event.ID) *event.Event {
	t.Helper()
	e, err := s.Get(context.Background(), id)
	if err != nil {
		t.Fatalf("get %s: %v", id, err)
	}
	return e
}

func list(t testing.TB, s store.Store, query store.Query) store.Page {
	t.Helper()
	page, err := s.List(context.Background(), query)
	if err != nil {
		t.Fatalf("list %+v: %v", query, err)
	}
	return page
}

// wantEvent fails unless the store has this event, as it is.
func wantEvent(t testing.TB, s store.Store, want *event.Event) {
	t.Helper()
	if diff := cmp.Diff(inJSON(t, want), inJSON(t, get(t, s, want.ID))); diff != "" {
		t.Errorf("event %s differs (-want +got):\n%s", want.ID, diff)
	}
}

// wantIDs fails unless a page has the events of these ids.
func wantIDs(t testing.TB, page store.Page, want ...event.ID) {
	t.Helper()
	var got []event.ID
	for _, summary := range page.Events {
		got = append(got, summary.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids differ (-want +got):\n%s", diff)
	}
}

// wantTotal fails unless a connector has so many events, whatever their status.
func wantTotal(t testing.TB, s store.Store, connector string, want int) {
	t.Helper()
	counts, err := s.Count(context.Background(), connector)
	total := int64(0)
	for _, count := range counts {
		total += count
	}
	if err != nil || total != int64(want) {
		t.Errorf("the counts of %q are %v, %v, and should be %d together", connector, counts, err, want)
	}
}

// inJSON is what the admin API would show of v: nothing else of it has to survive a store.
func inJSON(t testing.TB, v any) string {
	t.Helper()
	if e, ok := v.(*event.Event); ok && e.RetriedBy == nil {
		filled := *e
		filled.RetriedBy = []event.ID{}
		v = &filled
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return string(text)
}

func wantError(t interface{ Errorf(string, ...any) }, what string, got, want error) {
	if !errors.Is(got, want) {
		t.Errorf("%s answers %v, not %v", what, got, want)
	}
}
