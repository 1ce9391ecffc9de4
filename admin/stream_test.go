package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

func mustStream(t interface {
	Helper()
	Fatal(...any)
}, parameters string, events store.EventLog, after event.ID,
) (*stream, *httptest.ResponseRecorder) {
	t.Helper()
	r := request(parameters)
	r.Header = http.Header{}
	if !after.IsZero() {
		r.Header.Set("Last-Event-ID", after.String())
	}
	s, err := newStream(r, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.events, s.to = events, &streamWriter{w, http.NewResponseController(w)}
	return s, w
}

// lasted is an event that was accepted at a time and took so long.
func lasted(accepted time.Time, took time.Duration, status event.Status) *event.Event {
	id, filler := event.FirstIDAt(accepted), event.NewID()
	copy(id[6:], filler[6:])
	e := &event.Event{
		ID: id, Connector: "orders", Status: status, ReceivedAt: event.At(accepted), DurationMS: event.Milliseconds(took),
		Payload: []byte(`{"text":"Jane"}`),
	}
	if status == event.Failed {
		e.Error = &event.Error{Code: event.CodePerformFailed, Message: "no\nanswer"}
	}
	return e
}

func TestStreamRefuses(t *testing.T) {
	for parameters, part := range map[string]string{
		"status=pending": "none of completed, skipped, failed", "status=x": "status", "until=1h": "allowed: connector, status, since, search",
		"limit=5": "limit", "cursor=x": "cursor", "since=x": "since",
	} {
		_, err := newStream(request(parameters), noon)
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %q, want a 400 with %q", parameters, status, text, part)
		}
	}
	for _, last := range []string{"seven", "00000000-0000-0000-0000-000000000000"} {
		r := request("")
		r.Header = http.Header{"Last-Event-Id": {last}}
		_, err := newStream(r, noon)
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, `"`+last+`"`) {
			t.Errorf("%s: %d %q", last, status, text)
		}
	}
}

// TestStreamMessages compares what a reader gets, filters and heartbeats included.
func TestStreamMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		accepted := time.Now()
		first := lasted(accepted, time.Second, event.Failed)
		other := lasted(accepted, 2*time.Second, event.Failed)
		other.Connector = "others"
		wordless := lasted(accepted, time.Second, event.Failed)
		wordless.Payload = []byte(`{}`)
		good := lasted(accepted, 3*time.Second, event.Completed)
		all := []*event.Event{first, other, wordless, good}
		if err := s.Put(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		for parameters, want := range map[string][]*event.Event{
			"": all, "connector=orders": {first, wordless, good}, "status=failed": {first, other, wordless},
			"search=jane": {first, other, good}, "connector=orders&status=failed&search=JANE": {first},
		} {
			stream, w := mustStream(t, parameters, s, event.ID{})
			live := make(chan event.Summary, len(all))
			var expected strings.Builder
			expected.WriteString("retry: 1000\n\n")
			missed := []event.Summary{first.Summary(), other.Summary()}
			live <- wordless.Summary()
			for _, e := range want {
				if e == good {
					continue
				}
				summary := e.Summary()
				expected.WriteString("id: " + e.ID.String() + "\nevent: failed\ndata: " + string(summary.AppendJSON(nil)) + "\n\n")
			}
			ended := make(chan error)
			go func() { ended <- stream.run(t.Context(), nil, missed, live) }()
			time.Sleep(35 * time.Second)
			expected.WriteString(": heartbeat\n\n: heartbeat\n\n")
			live <- good.Summary()
			if slices.Contains(want, good) {
				summary := good.Summary()
				expected.WriteString("id: " + good.ID.String() + "\nevent: completed\ndata: " + string(summary.AppendJSON(nil)) + "\n\n")
			}
			close(live)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			expected.WriteString(": this stream has ended, come back with Last-Event-ID\n\n")
			if got := w.Body.String(); got != expected.String() {
				t.Errorf("%s:\n%s\nwant\n%s", parameters, got, expected.String())
			}
		}
	})
}

func TestStreamLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	s, _ := mustStream(t, "", memory.New(), event.ID{})
	if err := s.run(ctx, nil, nil, make(chan event.Summary)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	s.to = &streamWriter{brokenWriter{httptest.NewRecorder()}, http.NewResponseController(httptest.NewRecorder())}
	if err := s.run(t.Context(), nil, nil, make(chan event.Summary)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestCatchUp has a reader come back to a process that knows nothing of what he has seen, after events that took from no
// time to a day: he gets every one that finished after his last one.
func TestCatchUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := memory.New()
		begin := time.Now().Add(-40 * time.Hour)
		var events []*event.Event
		for range rapid.IntRange(2, 40).Draw(t, "events") {
			accepted := begin.Add(time.Duration(rapid.Int64Range(0, int64(12*time.Hour)).Draw(t, "accepted")))
			longest := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 24 * time.Hour}).Draw(t, "longest")
			took := time.Duration(rapid.Int64Range(0, int64(longest)).Draw(t, "took"))
			events = append(events, lasted(accepted, took, event.Completed))
		}
		waiting := lasted(begin, 0, event.Pending)
		if err := s.Put(context.Background(), append(events, waiting)...); err != nil {
			t.Fatal(err)
		}
		order := make([]event.Summary, len(events))
		for i, e := range events {
			order[i] = e.Summary()
		}
		inOrder(order)
		at := rapid.IntRange(0, len(order)-1).Draw(t, "seen")
		stream, _ := mustStream(t, "", s, order[at].ID)
		missed, gap, err := stream.catchUp(context.Background())
		if err != nil || gap != nil {
			t.Fatal(err, gap)
		}
		var got, want []event.ID
		for _, m := range missed {
			if !finishedAt(&m).Before(finishedAt(&order[at])) && m.ID != order[at].ID || slices.ContainsFunc(order[at+1:], func(s event.Summary) bool { return s.ID == m.ID }) {
				got = append(got, m.ID)
			} else if finishedAt(&order[at]).Sub(finishedAt(&m)) > slack {
				t.Fatalf("an event that finished %s earlier comes again", finishedAt(&order[at]).Sub(finishedAt(&m)))
			}
		}
		for i, o := range order {
			if i > at || i < at && !finishedAt(&o).Before(finishedAt(&order[at])) {
				want = append(want, o.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		// What comes from the feed as well is not sent twice.
		live := make(chan event.Summary, len(order))
		for _, m := range missed {
			live <- m
		}
		close(live)
		w := httptest.NewRecorder()
		stream.to = &streamWriter{w, http.NewResponseController(w)}
		if err := stream.run(context.Background(), nil, missed, live); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(w.Body.String(), "id: "); n != len(missed) {
			t.Fatalf("%d messages for %d events", n, len(missed))
		}
	})
}

// TestCatchUpSince begins a new reader in the past, and tells one who comes back after too much that he misses some.
func TestCatchUpSince(t *testing.T) {
	s := memory.New()
	now := time.Now()
	batch := make([]*event.Event, 0, maxCaughtUp+600)
	for i := range maxCaughtUp + 600 {
		batch = append(batch, lasted(now.Add(-time.Duration(i)*time.Second), time.Millisecond, event.Completed))
	}
	if err := s.Put(t.Context(), batch...); err != nil {
		t.Fatal(err)
	}
	for parameters, want := range map[string]int{
		"": 0, "since=" + now.Add(-599500*time.Millisecond).UTC().Format(time.RFC3339Nano): 600, "since=1000h": maxCaughtUp,
		"since=1970-01-01T00:00:00Z": maxCaughtUp,
	} {
		stream, w := mustStream(t, parameters, s, event.ID{})
		missed, gap, err := stream.catchUp(t.Context())
		if err != nil || len(missed) != want || (gap != nil) != (want == maxCaughtUp) {
			t.Errorf("%s: %d events, %v, %v", parameters, len(missed), gap, err)
		}
		if gap == nil {
			continue
		}
		live := make(chan event.Summary)
		close(live)
		if err := stream.run(t.Context(), gap, missed, live); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(w.Body.String(), "\n\nevent: gap\ndata: {\"message\":\"Too many events") {
			t.Errorf("no gap: %.300s", w.Body.String())
		}
	}
	stream, _ := mustStream(t, "", s, event.FirstIDAt(now.Add(-5*time.Minute)))
	if missed, _, err := stream.catchUp(t.Context()); err != nil || len(missed) < 300 || len(missed) > 312 {
		t.Errorf("after an event that is gone: %d events, %v", len(missed), err)
	}
}
