package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// runQueue tests the stores of a harness that implement store.Queue.
func runQueue(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"QueueLife", testQueueLife},
		{"QueueRefuses", testQueueRefuses},
		{"QueueKeepsNoReference", testQueueKeepsNoReference},
		{"QueueIdempotent", testQueueIdempotent},
		{"QueueDepth", testQueueDepth},
		{"QueueReopen", testQueueReopen},
		{"QueueClosed", testQueueClosed},
		{"QueueTakeover", testQueueTakeover},
		{"QueueLate", testQueueLate},
		{"QueuePoison", testQueuePoison},
		{"QueueFair", testQueueFair},
		{"QueueTurns", testQueueTurns},
		{"QueueLimit", testQueueLimit},
		{"QueueOrder", testQueueOrder},
		{"QueueOrderLate", testQueueOrderLate},
		{"QueueRace", testQueueRace},
		{"QueueModel", testQueueModel},
		{"QueueCommit", testQueueCommit},
		{"QueueCommitLost", testQueueCommitLost},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// queueing is what the tests of store.Queue need.
type queueing interface {
	store.Store
	store.Queue
	store.Committer
}

func (h Harness) openQueue(t *testing.T) queueing {
	t.Helper()
	s, ok := h.open(t).(queueing)
	if !ok {
		t.Skip("the store has no queue")
	}
	return s
}

func newJob(connector, key string) store.Job {
	id := event.NewID()
	return store.Job{ID: id, Connector: connector, Key: key, Due: time.Now(), Payload: []byte("do " + id.String())}
}

func enqueue(t testing.TB, s store.Queue, jobs ...store.Job) {
	t.Helper()
	if err := s.Enqueue(context.Background(), jobs...); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
}

// lease leases up to n jobs for ttl.
func lease(t testing.TB, s store.Queue, n int, ttl time.Duration) []store.Leased {
	t.Helper()
	leases, err := s.Lease(context.Background(), n, ttl, nil)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	return leases
}

// leaseOne wants exactly one job.
func leaseOne(t testing.TB, s store.Queue, ttl time.Duration) store.Leased {
	t.Helper()
	leases := lease(t, s, 10, ttl)
	if len(leases) != 1 {
		t.Fatalf("%d jobs are leased, not one: %+v", len(leases), leases)
	}
	return leases[0]
}

// leaseSoon leases one job as soon as there is one.
func leaseSoon(t testing.TB, s store.Queue, ttl time.Duration) store.Leased {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if leases := lease(t, s, 1, ttl); len(leases) == 1 {
			return leases[0]
		}
		if time.Now().After(deadline) {
			t.Fatal("no job comes")
		}
	}
}

func wantNone(t testing.TB, s store.Queue) {
	t.Helper()
	if leases := lease(t, s, 10, time.Hour); len(leases) > 0 {
		t.Fatalf("%+v are leased", leases)
	}
}

// wantJobs fails unless these jobs were leased, in this order.
func wantJobs(t testing.TB, leases []store.Leased, want ...store.Job) {
	t.Helper()
	var got, ids []string
	for _, l := range leases {
		got = append(got, fmt.Sprint(l.Connector, " ", l.ID))
	}
	for _, job := range want {
		ids = append(ids, fmt.Sprint(job.Connector, " ", job.ID))
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("the leased jobs differ (-want +got):\n%s", diff)
	}
}

func ack(t testing.TB, s store.Queue, leases ...store.Leased) {
	t.Helper()
	for _, l := range leases {
		if err := s.Ack(context.Background(), l.Lease); err != nil {
			t.Fatalf("ack: %v", err)
		}
	}
}

// wantLost fails unless a lease is of no more use.
func wantLost(t testing.TB, s store.Queue, lost store.Leased) {
	t.Helper()
	ctx := context.Background()
	wantError(t, "extend", s.Extend(ctx, lost.Lease, time.Hour), store.ErrLeaseLost)
	wantError(t, "nack", s.Nack(ctx, lost.Lease, 0), store.ErrLeaseLost)
	wantError(t, "ack", s.Ack(ctx, lost.Lease), store.ErrLeaseLost)
}

func wantDepth(t testing.TB, s store.Queue, pending, leased int64) {
	t.Helper()
	depth, err := s.Depth(context.Background())
	if err != nil || depth.Pending != pending || depth.Leased != leased {
		t.Errorf("the depth is %+v, %v, and should be %d pending and %d leased", depth, err, pending, leased)
	}
}

// testQueueLife is the life of a job.
func testQueueLife(t *testing.T, h Harness) {
	s := h.openQueue(t)
	wantNone(t, s)
	job := newJob("orders", "customer")
	enqueue(t, s, job)
	before := time.Now()
	first := leaseOne(t, s, time.Hour)
	if first.Connector != job.Connector || first.Key != job.Key || string(first.Payload) != string(job.Payload) ||
		first.ID != job.ID || first.Lease.ID != job.ID || first.Due.Sub(job.Due).Abs() > time.Millisecond {
		t.Errorf("the leased job is %+v, not %+v", first, job)
	}
	if first.Attempt != 1 || first.Interrupted {
		t.Errorf("the first lease is %+v", first)
	}
	if life := first.Until.Sub(before); life < time.Hour || life > time.Hour+time.Since(before) {
		t.Errorf("the lease lives %s", life)
	}
	wantNone(t, s)
	if err := s.Extend(t.Context(), first.Lease, 2*time.Hour); err != nil {
		t.Error(err)
	}
	if err := s.Nack(t.Context(), first.Lease, 0); err != nil {
		t.Fatal(err)
	}
	wantLost(t, s, first)
	second := leaseOne(t, s, time.Hour)
	if second.Attempt != 2 || second.Interrupted || second.Lease == first.Lease ||
		string(second.Payload) != string(job.Payload) {
		t.Errorf("the second lease is %+v after %+v", second, first)
	}
	wantLost(t, s, first)
	ack(t, s, second)
	wantLost(t, s, second)
	wantNone(t, s)
	wantDepth(t, s, 0, 0)

	enqueue(t, s, store.Job{ID: event.NewID(), Connector: "orders"})
	if bare := leaseOne(t, s, time.Hour); len(bare.Payload) != 0 || bare.Key != "" {
		t.Errorf("the job without anything is %+v", bare)
	}
}

func testQueueRefuses(t *testing.T, h Harness) {
	s := h.openQueue(t)
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller left"))
	good := newJob("orders", "")
	for name, job := range map[string]store.Job{
		"has no id":        {Connector: "orders"},
		"1 to 255 bytes":   {ID: event.NewID()},
		"none of them 0":   {ID: event.NewID(), Connector: "a\x00b"},
		"at most 256":      {ID: event.NewID(), Connector: "orders", Key: strings.Repeat("k", 257)},
		"payload of 83886": {ID: event.NewID(), Connector: "orders", Payload: make([]byte, 8<<20+1)},
	} {
		wantText(t, name, s.Enqueue(t.Context(), good, job), name)
		wantText(t, name, s.Commit(t.Context(), store.Batch{Jobs: []store.Job{good, job}}), name)
	}
	wantText(t, "enqueue", s.Enqueue(canceled, good), "the caller left")
	wantNone(t, s)
	enqueue(t, s, good)
	for _, n := range []int{0, -1} {
		_, err := s.Lease(t.Context(), n, time.Hour, nil)
		wantText(t, "lease", err, "are not positive")
	}
	_, err := s.Lease(t.Context(), 1, 0, nil)
	wantText(t, "lease", err, "is not positive")
	_, err = s.Lease(canceled, 1, time.Hour, nil)
	wantText(t, "lease", err, "the caller left")
	held := leaseOne(t, s, time.Hour)
	if held.Attempt != 1 {
		t.Errorf("a lease that nobody got is attempt %d of %+v", held.Attempt-1, held)
	}
	wantText(t, "extend", s.Extend(t.Context(), held.Lease, 0), "is not positive")
	wantText(t, "nack", s.Nack(t.Context(), held.Lease, -1), "must not be negative")
	wantText(t, "ack", s.Ack(canceled, held.Lease), "the caller left")
	twice := store.Batch{Acks: []store.Lease{held.Lease}, Nacks: []store.Nack{{Lease: held.Lease}}}
	wantText(t, "ack and nack", s.Commit(t.Context(), twice), "twice")
	wantError(t, "ack of nothing", s.Ack(t.Context(), store.Lease{ID: event.NewID()}), store.ErrLeaseLost)
	ack(t, s, held)
	wantError(t, "ack of no lease", s.Ack(t.Context(), store.Lease{ID: held.ID}), store.ErrLeaseLost)

	largest := newJob(strings.Repeat("c", 255), strings.Repeat("k", 256))
	largest.Payload = make([]byte, 8<<20)
	enqueue(t, s, largest)
	if got := leaseOne(t, s, time.Hour); got.Key != largest.Key || len(got.Payload) != len(largest.Payload) {
		t.Errorf("the largest job has a key of %d and a payload of %d bytes", len(got.Key), len(got.Payload))
	}
}

func testQueueKeepsNoReference(t *testing.T, h Harness) {
	s := h.openQueue(t)
	job := newJob("orders", "")
	want := string(job.Payload)
	enqueue(t, s, job)
	copy(job.Payload, "other")
	for range 2 {
		leased := leaseOne(t, s, time.Hour)
		if string(leased.Payload) != want {
			t.Errorf("the payload is %q, not %q", leased.Payload, want)
		}
		copy(leased.Payload, "other")
		if err := s.Nack(t.Context(), leased.Lease, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// testQueueIdempotent adds jobs again at every time of their lives.
func testQueueIdempotent(t *testing.T, h Harness) {
	s := h.openQueue(t)
	job := newJob("orders", "")
	other := job
	other.Connector, other.Payload = "invoices", []byte("other")
	enqueue(t, s, job, other)
	enqueue(t, s, other)
	leased := leaseOne(t, s, time.Hour)
	if leased.Connector != "orders" || string(leased.Payload) != string(job.Payload) {
		t.Errorf("the job was replaced: %+v", leased)
	}
	enqueue(t, s, job)
	wantNone(t, s)
	done := newEvent(job.ID, "orders", event.Completed)
	batch := store.Batch{Events: []*event.Event{done}, Acks: []store.Lease{leased.Lease}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	// The sender of the first Commit was not answered.
	pending := newEvent(job.ID, "orders", event.Pending)
	batch = store.Batch{Events: []*event.Event{pending}, Jobs: []store.Job{job}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	enqueue(t, s, job)
	wantNone(t, s)
	wantDepth(t, s, 0, 0)
	wantEvent(t, s, done)

	skipped := NewEvent("orders", event.Skipped)
	batch = store.Batch{Events: []*event.Event{skipped}, Jobs: []store.Job{{ID: skipped.ID, Connector: "orders"}}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	wantNone(t, s)
}

func testQueueDepth(t *testing.T, h Harness) {
	s := h.openQueue(t)
	depth, err := s.Depth(t.Context())
	if err != nil || depth != (store.Depth{}) {
		t.Errorf("the depth of nothing is %+v, %v", depth, err)
	}
	now := time.Now()
	near := func(what string, got, want time.Time) {
		t.Helper()
		if got.IsZero() != want.IsZero() || got.Sub(want).Abs() > 2*time.Second {
			t.Errorf("%s is %s, not %s", what, got, want)
		}
	}
	check := func(pending, leased int64, oldest, next time.Time) {
		t.Helper()
		wantDepth(t, s, pending, leased)
		depth, err := s.Depth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		near("the oldest", depth.OldestDue, oldest)
		near("the next", depth.NextDue, next)
	}
	later, first, second := newJob("orders", ""), newJob("orders", "key"), newJob("orders", "key")
	later.Due, first.Due, second.Due = now.Add(time.Hour), now.Add(-time.Minute), now.Add(-time.Hour)
	enqueue(t, s, later)
	check(1, 0, later.Due, later.Due)
	enqueue(t, s, first, second)
	check(3, 0, first.Due, later.Due)
	held := leaseOne(t, s, 10*time.Minute)
	check(2, 1, later.Due, now.Add(10*time.Minute))
	if err := s.Extend(t.Context(), held.Lease, 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	check(2, 1, later.Due, later.Due)
	if err := s.Nack(t.Context(), held.Lease, time.Minute); err != nil {
		t.Fatal(err)
	}
	check(3, 0, now.Add(time.Minute), now.Add(time.Minute))
}

// testQueueReopen: leases do not survive what they are in, and everything else does.
func testQueueReopen(t *testing.T, h Harness) {
	if h.Reopen == nil {
		t.Skip("the store keeps nothing beyond Close")
	}
	var s store.Store = h.openQueue(t)
	q := func() queueing { return s.(queueing) }
	held, waits, delayed, done := newJob("a", "k"), newJob("a", "k"), newJob("b", ""), newJob("c", "")
	enqueue(t, q(), held, waits, delayed, done)
	leases := make(map[event.ID]store.Leased)
	for _, l := range lease(t, q(), 10, time.Hour) {
		leases[l.ID] = l
	}
	ack(t, q(), leases[done.ID])
	if err := q().Nack(t.Context(), leases[delayed.ID].Lease, time.Hour); err != nil {
		t.Fatal(err)
	}
	for attempt := 2; attempt < 4; attempt++ {
		s = h.Reopen(t, s)
		reopened := s
		t.Cleanup(func() { _ = reopened.Close() })
		wantDepth(t, q(), 3, 0)
		wantLost(t, q(), leases[held.ID])
		again := leaseOne(t, q(), time.Hour)
		if again.ID != held.ID || again.Attempt != attempt || !again.Interrupted || again.Key != "k" ||
			string(again.Payload) != string(held.Payload) || again.Connector != "a" {
			t.Errorf("the job that was under way is %+v", again)
		}
		leases[held.ID] = again
	}
	ack(t, q(), leases[held.ID])
	if next := leaseOne(t, q(), time.Hour); next.ID != waits.ID || next.Attempt != 1 || next.Interrupted {
		t.Errorf("the job after that is %+v", next)
	}
	depth, err := q().Depth(t.Context())
	if in := time.Until(depth.OldestDue); err != nil || in < 50*time.Minute || in > time.Hour {
		t.Errorf("the job that was given back comes in %s, %v", in, err)
	}
}

func testQueueClosed(t *testing.T, h Harness) {
	s := h.openQueue(t)
	enqueue(t, s, newJob("orders", ""), newJob("orders", ""))
	held := lease(t, s, 1, time.Hour)[0].Lease
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	wantError(t, "enqueue", s.Enqueue(ctx, newJob("orders", "")), store.ErrClosed)
	_, err := s.Lease(ctx, 1, time.Hour, nil)
	wantError(t, "lease", err, store.ErrClosed)
	wantError(t, "extend", s.Extend(ctx, held, time.Hour), store.ErrClosed)
	wantError(t, "ack", s.Ack(ctx, held), store.ErrClosed)
	wantError(t, "nack", s.Nack(ctx, held, 0), store.ErrClosed)
	_, err = s.Depth(ctx)
	wantError(t, "depth", err, store.ErrClosed)
}
