package storetest

import (
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// testQueueCommit is a delivery from its acceptance to its end.
func testQueueCommit(t *testing.T, h Harness) {
	s := h.openQueue(t)
	pending := NewEvent("orders", event.Pending)
	job := store.Job{ID: pending.ID, Connector: "orders", Key: "customer", Due: time.Now(), Payload: []byte("body")}
	accepted := store.Batch{
		Events: []*event.Event{pending}, Jobs: []store.Job{job, job},
		Entries: []store.Entry{{Key: "delivery", Value: []byte(pending.ID.String())}},
	}
	commit := func(batch store.Batch) {
		t.Helper()
		if err := s.Commit(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	commit(accepted)
	wantEvent(t, s, pending)
	if state, ok := s.(store.State); ok {
		if got, err := state.Load(t.Context(), "delivery"); err != nil || string(got.Value) != pending.ID.String() {
			t.Errorf("the claim is %+v, %v", got, err)
		}
	}
	held := leaseOne(t, s, time.Hour)
	next := event.At(time.Now().Add(time.Hour))
	pending.NextAttemptAt = &next
	commit(store.Batch{
		Events: []*event.Event{pending}, Nacks: []store.Nack{{Lease: held.Lease, Delay: time.Hour}},
	})
	wantEvent(t, s, pending)
	wantNone(t, s)
	wantDepth(t, s, 1, 0)
	wantLost(t, s, held)

	other := NewEvent("orders", event.Pending)
	commit(store.Batch{
		Events: []*event.Event{other}, Jobs: []store.Job{{ID: other.ID, Connector: "orders", Due: time.Now()}},
	})
	held = leaseOne(t, s, time.Hour)
	third := newJob("orders", "")
	done := newEvent(other.ID, "orders", event.Completed)
	commit(store.Batch{Events: []*event.Event{done}, Acks: []store.Lease{held.Lease}, Jobs: []store.Job{third}})
	wantEvent(t, s, done)
	if held = leaseOne(t, s, time.Hour); held.ID != third.ID {
		t.Errorf("after that %+v is leased", held)
	}
	wantDepth(t, s, 1, 1)
}

// testQueueCommitLost: nothing of what a zombie commits is written.
func testQueueCommitLost(t *testing.T, h Harness) {
	s := h.openQueue(t)
	job, own := newJob("orders", ""), newJob("orders", "")
	pending := newEvent(job.ID, "orders", event.Pending)
	if err := s.Commit(t.Context(), store.Batch{Events: []*event.Event{pending}, Jobs: []store.Job{job}}); err != nil {
		t.Fatal(err)
	}
	zombie := expire(t, s)
	holder := leaseSoon(t, s, time.Hour)
	enqueue(t, s, own)
	held := leaseOne(t, s, time.Hour)
	for _, batch := range []store.Batch{
		{Acks: []store.Lease{held.Lease, zombie.Lease}},
		{Acks: []store.Lease{held.Lease}, Nacks: []store.Nack{{Lease: zombie.Lease}}},
		{Nacks: []store.Nack{{Lease: held.Lease}, {Lease: zombie.Lease}}},
	} {
		batch.Events = []*event.Event{newEvent(job.ID, "orders", event.Failed)}
		batch.Entries = []store.Entry{{Key: "delivery"}}
		batch.Jobs = []store.Job{newJob("orders", "")}
		wantError(t, "commit", s.Commit(t.Context(), batch), store.ErrLeaseLost)
	}
	wantEvent(t, s, pending)
	if state, ok := s.(store.State); ok {
		_, err := state.Load(t.Context(), "delivery")
		wantError(t, "load", err, store.ErrNotFound)
	}
	wantDepth(t, s, 0, 2)
	done := newEvent(job.ID, "orders", event.Completed)
	batch := store.Batch{Events: []*event.Event{done}, Acks: []store.Lease{holder.Lease, held.Lease}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, s, done)
	wantDepth(t, s, 0, 0)
}
