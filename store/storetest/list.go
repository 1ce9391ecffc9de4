package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

func testListBounds(t *testing.T, h Harness) {
	s := h.open(t)
	var ids []event.ID
	for i := range 6 {
		// Two events in each second.
		id := idAt(base.Add(time.Duration(i/2)*time.Second), uint16(i))
		ids = append(ids, id)
		put(t, s, newEvent(id, "orders", event.Statuses[i%2]))
	}
	second := event.FirstIDAt(base.Add(time.Second))
	for _, test := range []struct {
		name  string
		query store.Query
		want  []event.ID
	}{
		{"everything", store.Query{}, []event.ID{ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]}},
		{"since is inclusive", store.Query{Since: ids[4]}, []event.ID{ids[5], ids[4]}},
		{"since a time", store.Query{Since: second}, []event.ID{ids[5], ids[4], ids[3], ids[2]}},
		{"until is exclusive", store.Query{Until: ids[2]}, []event.ID{ids[1], ids[0]}},
		{"until a time", store.Query{Until: second}, []event.ID{ids[1], ids[0]}},
		{"between", store.Query{Since: ids[1], Until: ids[3]}, []event.ID{ids[2], ids[1]}},
		{"nothing between", store.Query{Since: ids[3], Until: ids[3]}, nil},
		{"backwards", store.Query{Since: ids[4], Until: ids[1]}, nil},
		{"before is exclusive", store.Query{Before: ids[1]}, []event.ID{ids[0]}},
		{"before within until", store.Query{Before: ids[2], Until: ids[4]}, []event.ID{ids[1], ids[0]}},
		{"until within before", store.Query{Before: ids[4], Until: ids[2]}, []event.ID{ids[1], ids[0]}},
		{"one status", store.Query{Status: event.Skipped, Before: ids[5]}, []event.ID{ids[3], ids[1]}},
		{"a connector", store.Query{Connector: "orders", Since: ids[4]}, []event.ID{ids[5], ids[4]}},
		{"a prefix of a connector", store.Query{Connector: "order"}, nil},
		{"a longer connector", store.Query{Connector: "orders2"}, nil},
		{"a status that none has", store.Query{Connector: "orders", Status: event.Failed}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := list(t, s, test.query)
			wantIDs(t, page, test.want...)
			if page.More || !page.Next.IsZero() {
				t.Errorf("the page says that there is more, after %s", page.Next)
			}
			test.query.Limit = 1
			var paged []event.Summary
			for more := true; more && len(paged) < 10; more = page.More {
				page = list(t, s, test.query)
				paged = append(paged, page.Events...)
				test.query.Before = page.Next
			}
			wantIDs(t, store.Page{Events: paged}, test.want...)
		})
	}
}

func testListRefuses(t *testing.T, h Harness) {
	s := h.open(t)
	for _, query := range []store.Query{{Status: "done"}, {Limit: -1}} {
		if _, err := s.List(t.Context(), query); err == nil {
			t.Errorf("list %+v answers no error", query)
		}
	}
	for range store.DefaultLimit + 1 {
		put(t, s, NewEvent("orders", event.Completed))
	}
	if page := list(t, s, store.Query{}); len(page.Events) != store.DefaultLimit || !page.More {
		t.Errorf("a list without a limit gives %d events, more %t", len(page.Events), page.More)
	}
	if page := list(t, s, store.Query{Limit: store.DefaultLimit + 1}); page.More {
		t.Error("a page that has everything says that there is more")
	}
}

// testListDuringPuts pages through a list while events come, newer and older ones: those that were there are listed
// once each, in order.
func testListDuringPuts(t *testing.T, h Harness) {
	s := h.open(t)
	want := make(map[event.ID]bool)
	var events []*event.Event
	for i := range 300 {
		e := newEvent(idAt(base.Add(time.Duration(i%100)*time.Millisecond), uint16(2*i)), "orders", event.Statuses[i%4])
		want[e.ID] = true
		events = append(events, e)
	}
	put(t, s, events...)

	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			put(t, s, NewEvent("orders", event.Completed),
				newEvent(idAt(base.Add(time.Duration(i%100)*time.Millisecond), uint16(2*i+1)), "orders", event.Completed))
		}
	})
	for _, query := range []store.Query{
		{Limit: 7}, {Limit: 7, Connector: "orders"}, {Limit: 50}, {Limit: 7, Status: event.Completed},
		{Limit: 7, Search: "ORDER"},
	} {
		seen, last := make(map[event.ID]bool), event.ID{}
		for more := true; more; {
			page := list(t, s, query)
			for _, summary := range page.Events {
				if !last.IsZero() && bytes.Compare(summary.ID[:], last[:]) >= 0 {
					t.Fatalf("%+v: %s comes after %s", query, summary.ID, last)
				}
				last = summary.ID
				seen[summary.ID] = true
			}
			more, query.Before = page.More, page.Next
		}
		for _, e := range events {
			if (query.Status == "" || e.Status == query.Status) && !seen[e.ID] {
				t.Fatalf("%+v: %s was left out", query, e.ID)
			}
		}
	}
	cancel()
	group.Wait()
}

func testSearch(t *testing.T, h Harness) {
	s := h.open(t)
	ids := make(map[string]event.ID)
	add := func(name, payload string, change func(*event.Event)) {
		e := NewEvent("orders", event.Completed)
		e.Payload = json.RawMessage(payload)
		if change != nil {
			change(e)
		}
		ids[name] = e.ID
		put(t, s, e)
	}
	add("plain", `{"customer":"Jane Doe","note":"50% off"}`, nil)
	add("escaped", `{"customer":"K\u00f6ln \"Mitte\" a\/b <b>"}`, nil)
	add("utf8", `{"customer":"ZÜRICH"}`, nil)
	add("error", `{}`, func(e *event.Event) {
		e.Status, e.Error = event.Failed, event.PerformFailed(3, "dial tcp: Connection refused")
	})
	add("lookup", `{}`, func(e *event.Event) {
		e.Lookup = &event.Lookup{Request: &event.Outbound{Method: "GET"}, Error: "status 404"}
	})
	add("attempt", `{}`, func(e *event.Event) {
		timeout := "awaiting headers: timeout"
		e.Attempts = []event.Attempt{{Error: &timeout}, {Status: 200}}
	})
	for search, want := range map[string][]string{
		"jane":               {"plain"},
		"JANE DOE":           {"plain"},
		`customer":"jane`:    {"plain"},
		"50% off":            {"plain"},
		"köln":               {"escaped"},
		`"mitte" A/B <B>`:    {"escaped"},
		"zürich":             {"utf8"},
		"connection REFUSED": {"error"},
		"after 3 attempts":   {"error"},
		"status 404":         {"lookup"},
		"TIMEOUT":            {"attempt"},
		"customer":           {"utf8", "escaped", "plain"},
		"192.0.2.1":          nil, // neither payload nor error
		"nowhere":            nil,
	} {
		t.Run(search, func(t *testing.T) {
			var expected []event.ID
			for _, name := range want {
				expected = append(expected, ids[name])
			}
			wantIDs(t, list(t, s, store.Query{Search: search}), expected...)
			wantIDs(t, list(t, s, store.Query{Search: search, Connector: "orders"}), expected...)
			wantIDs(t, list(t, s, store.Query{Search: search, Connector: "other"}))
		})
	}
	page := list(t, s, store.Query{Search: "customer", Limit: 2})
	wantIDs(t, page, ids["utf8"], ids["escaped"])
	wantIDs(t, list(t, s, store.Query{Search: "customer", Limit: 2, Before: page.Next}), ids["plain"])
}

// testSearchStops searches for the oldest of more events than one search reads.
func testSearchStops(t *testing.T, h Harness) {
	s := h.open(t)
	needle := NewEvent("orders", event.Completed)
	needle.Payload = json.RawMessage(`"needle"`)
	events := []*event.Event{needle}
	for i := range store.ScanLimit + 10 {
		events = append(events, NewEvent(fmt.Sprint("connector-", i%2), event.Completed))
	}
	put(t, s, events...)
	page := list(t, s, store.Query{Search: "needle"})
	if len(page.Events) > 0 || !page.More || !page.ScanStopped || page.Next.IsZero() {
		t.Fatalf("a search that has read enough answers %+v", page)
	}
	for asked := 0; len(page.Events) == 0; asked++ {
		if !page.More || asked > store.ScanLimit {
			t.Fatalf("the search ended without the event that is there: %+v", page)
		}
		page = list(t, s, store.Query{Search: "needle", Before: page.Next})
	}
	wantIDs(t, page, needle.ID)
	if page.More || page.ScanStopped {
		t.Errorf("the last page says that there is more: %+v", page)
	}
}
