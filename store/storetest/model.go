package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// testModel does random things to a store and to a slice, and wants the same answers. The ids come from several clocks
// that do not agree.
func testModel(t *testing.T, h Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{h: h, t: t, store: h.Open(t)}
		defer func() { m.store.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"put":    m.put,
			"again":  m.putAgain,
			"get":    m.get,
			"list":   m.list,
			"count":  m.count,
			"reopen": m.reopen,
		})
	})
}

type model struct {
	h     Harness
	t     *testing.T
	store store.Store
	// events are by ascending id.
	events []*event.Event
}

var (
	connectors = rapid.SampledFrom([]string{"a", "ab", "b", "b-1"})
	statuses   = rapid.SampledFrom(event.Statuses)
	words      = rapid.SampledFrom([]string{"", "order", "Order", "REFUSED", "köln", "x"})
	clocks     = rapid.Map(rapid.IntRange(-2, 5), func(offset int) time.Time {
		return base.Add(time.Duration(offset) * time.Millisecond)
	})
)

func drawID(t *rapid.T, label string) event.ID {
	return idAt(clocks.Draw(t, label), rapid.Uint16Range(0, 3).Draw(t, label+" n"))
}

func (m *model) draw(t *rapid.T, id event.ID) *event.Event {
	e := newEvent(id, connectors.Draw(t, "connector"), statuses.Draw(t, "status"))
	text, err := json.Marshal(words.Draw(t, "payload"))
	if err != nil {
		t.Fatal(err)
	}
	e.Payload = text
	if rapid.Bool().Draw(t, "is a retry") {
		original := drawID(t, "original")
		e.RetryOf = &original
	}
	return e
}

func (m *model) put(t *rapid.T) {
	var events []*event.Event
	for range rapid.IntRange(1, 4).Draw(t, "events") {
		events = append(events, m.draw(t, drawID(t, "id")))
	}
	m.putAll(t, events...)
}

// putAgain puts an id that is there.
func (m *model) putAgain(t *rapid.T) {
	if len(m.events) == 0 {
		t.Skip("nothing is there")
	}
	known := rapid.SampledFrom(m.events).Draw(t, "known")
	if rapid.Bool().Draw(t, "unchanged") {
		m.putAll(t, known)
		return
	}
	m.putAll(t, m.draw(t, known.ID))
}

func (m *model) putAll(t *rapid.T, events ...*event.Event) {
	if err := m.store.Put(context.Background(), events...); err != nil {
		t.Fatalf("put: %v", err)
	}
	for _, e := range events {
		at, found := m.find(e.ID)
		switch {
		case !found:
			m.events = slices.Insert(m.events, at, e)
		case m.events[at].Status == event.Pending:
			m.events[at] = e
		}
	}
}

func (m *model) find(id event.ID) (int, bool) {
	return slices.BinarySearchFunc(m.events, id, func(e *event.Event, id event.ID) int {
		return bytes.Compare(e.ID[:], id[:])
	})
}

func (m *model) get(t *rapid.T) {
	id := drawID(t, "id")
	got, err := m.store.Get(context.Background(), id)
	at, found := m.find(id)
	if !found {
		wantError(t, "get of an unknown id", err, store.ErrNotFound)
		return
	}
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	want := *m.events[at]
	want.RetriedBy = []event.ID{}
	for _, e := range m.events {
		if e.RetryOf != nil && *e.RetryOf == id {
			want.RetriedBy = append(want.RetriedBy, e.ID)
		}
	}
	if diff := cmp.Diff(inJSON(m.t, &want), inJSON(m.t, got)); diff != "" {
		t.Fatalf("event %s differs (-want +got):\n%s", id, diff)
	}
}

func (m *model) list(t *rapid.T) {
	query := store.Query{Limit: rapid.IntRange(1, 6).Draw(t, "limit"), Search: words.Draw(t, "search")}
	if rapid.Bool().Draw(t, "of a connector") {
		query.Connector = connectors.Draw(t, "connector")
	}
	if rapid.Bool().Draw(t, "of a status") {
		query.Status = statuses.Draw(t, "status")
	}
	for name, bound := range map[string]*event.ID{"since": &query.Since, "until": &query.Until, "before": &query.Before} {
		if rapid.IntRange(0, 2).Draw(t, "has "+name) == 0 {
			*bound = drawID(t, name)
		}
	}
	got, err := m.store.List(context.Background(), query)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	want := m.page(query)
	// Whether there is more than a search has looked at yet is for the store to say.
	if query.Search != "" && len(got.Events) == query.Limit {
		got.More, got.Next = want.More, want.Next
	}
	if diff := cmp.Diff(inJSON(m.t, want), inJSON(m.t, got)); diff != "" {
		t.Fatalf("%+v differs (-want +got):\n%s", query, diff)
	}
}

func (m *model) page(query store.Query) store.Page {
	var page store.Page
	for _, e := range slices.Backward(m.events) {
		text := strings.ToLower(string(e.Payload))
		if e.Error != nil {
			text += "\n" + e.Error.Message + "\n" + e.Error.Detail
		}
		switch {
		case query.Connector != "" && e.Connector != query.Connector,
			query.Status != "" && e.Status != query.Status,
			!query.Since.IsZero() && bytes.Compare(e.ID[:], query.Since[:]) < 0,
			!query.Until.IsZero() && bytes.Compare(e.ID[:], query.Until[:]) >= 0,
			!query.Before.IsZero() && bytes.Compare(e.ID[:], query.Before[:]) >= 0,
			!strings.Contains(text, strings.ToLower(query.Search)):
			continue
		}
		if len(page.Events) == query.Limit {
			page.More, page.Next = true, page.Events[query.Limit-1].ID
			break
		}
		page.Events = append(page.Events, e.Summary())
	}
	return page
}

func (m *model) count(t *rapid.T) {
	connector := ""
	if rapid.Bool().Draw(t, "of a connector") {
		connector = connectors.Draw(t, "connector")
	}
	got, err := m.store.Count(context.Background(), connector)
	if err != nil {
		t.Fatalf("count: %v", err)
	}
	want := make(map[event.Status]int64)
	for _, status := range event.Statuses {
		want[status] = 0
	}
	for _, e := range m.events {
		if connector == "" || e.Connector == connector {
			want[e.Status]++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("counts of %q differ (-want +got):\n%s", connector, diff)
	}
}

func (m *model) reopen(t *rapid.T) {
	if m.h.Reopen == nil || rapid.IntRange(0, 9).Draw(t, "reopen") > 0 {
		t.Skip("not now")
	}
	m.store = m.h.Reopen(m.t, m.store)
}
