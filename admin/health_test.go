package admin

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

func TestQueueHealth(t *testing.T) {
	s := memory.New()
	r := httptest.NewRequest("GET", "/", nil)
	now := time.Now()
	measure := func(at time.Time) queueHealth {
		t.Helper()
		var q queueHealth
		if err := q.measure(r, s, at); err != nil {
			t.Fatal(err)
		}
		return q
	}
	if q := measure(now); q != (queueHealth{}) {
		t.Errorf("empty: %+v", q)
	}
	for _, due := range []time.Time{now, now.Add(time.Hour)} {
		job := store.Job{ID: event.NewID(), Connector: "orders", Due: due}
		if err := s.Enqueue(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	q := measure(now.Add(5 * time.Second))
	if q.Pending != 2 || q.Leased != 0 || q.OldestPendingMS < 4990 || q.OldestPendingMS > 5010 {
		t.Errorf("%+v", q)
	}
	if _, err := s.Lease(t.Context(), 1, time.Minute, nil); err != nil {
		t.Fatal(err)
	}
	if q := measure(now.Add(5 * time.Second)); q.Pending != 1 || q.Leased != 1 || q.OldestPendingMS != 0 {
		t.Errorf("one under way, one that is not due: %+v", q)
	}

	plain := struct{ store.Store }{memory.New()}
	pending := &event.Event{ID: event.NewID(), Connector: "a", Status: event.Pending}
	if err := plain.Put(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	var without queueHealth
	if err := without.measure(r, plain, now); err != nil || without != (queueHealth{Pending: 1}) {
		t.Errorf("without a queue: %+v %v", without, err)
	}
}
