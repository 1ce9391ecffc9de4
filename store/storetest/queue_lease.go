package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// testQueueTakeover: when the time of a holder is over somebody else gets the job, and he can do nothing to it.
func testQueueTakeover(t *testing.T, h Harness) {
	s := h.openQueue(t)
	enqueue(t, s, newJob("orders", "key"))
	zombie := leaseOne(t, s, 30*time.Millisecond)
	taken := leaseSoon(t, s, time.Hour)
	if time.Now().Before(zombie.Until) {
		t.Error("the job was taken over before the time")
	}
	if taken.ID != zombie.ID || taken.Attempt != 2 || !taken.Interrupted {
		t.Errorf("the lease of the next holder is %+v", taken)
	}
	wantLost(t, s, zombie)
	wantDepth(t, s, 0, 1)
	wantNone(t, s)
	// What the zombie knows can be no help to him.
	forged := store.Lease{ID: taken.ID, Token: taken.Lease.Token + 1}
	wantError(t, "ack of a forged lease", s.Ack(t.Context(), forged), store.ErrLeaseLost)
	if err := s.Extend(t.Context(), taken.Lease, time.Hour); err != nil {
		t.Errorf("the next holder is disturbed: %v", err)
	}
	ack(t, s, taken)
	wantNone(t, s)
}

// expire leases a job for so short a time that it is over.
func expire(t testing.TB, s store.Queue) store.Leased {
	t.Helper()
	late := leaseSoon(t, s, time.Nanosecond)
	for !time.Now().After(late.Until) {
		time.Sleep(time.Microsecond)
	}
	return late
}

// testQueueLate: whoever is late, and not too late, keeps what he has.
func testQueueLate(t *testing.T, h Harness) {
	s := h.openQueue(t)
	enqueue(t, s, newJob("orders", ""))
	late := expire(t, s)
	wantDepth(t, s, 1, 0)
	if err := s.Extend(t.Context(), late.Lease, time.Hour); err != nil {
		t.Fatal(err)
	}
	wantDepth(t, s, 0, 1)
	wantNone(t, s)
	if err := s.Nack(t.Context(), late.Lease, 0); err != nil {
		t.Fatal(err)
	}
	late = expire(t, s)
	if late.Interrupted || late.Attempt != 2 {
		t.Errorf("the second lease is %+v", late)
	}
	if err := s.Nack(t.Context(), late.Lease, 0); err != nil {
		t.Fatal(err)
	}
	late = expire(t, s)
	ack(t, s, late)
	wantNone(t, s)
	wantDepth(t, s, 0, 0)
}

// testQueuePoison has a job that no holder survives. Its attempts count, and it keeps nobody back.
func testQueuePoison(t *testing.T, h Harness) {
	s := h.openQueue(t)
	poison := newJob("orders", "")
	poison.Due = time.Now().Add(-time.Hour)
	var others []store.Job
	for range 3 {
		others = append(others, newJob("orders", ""))
	}
	enqueue(t, s, poison)
	enqueue(t, s, others...)
	if first := expire(t, s); first.ID != poison.ID {
		t.Fatalf("the oldest job is not the first: %+v", first)
	}
	wantJobs(t, lease(t, s, 3, time.Hour), others...)
	for attempt := 2; attempt < 5; attempt++ {
		if again := expire(t, s); again.ID != poison.ID || again.Attempt != attempt || !again.Interrupted {
			t.Errorf("attempt %d is %+v", attempt, again)
		}
	}
}

// testQueueFair has a connector with very many jobs and others with few.
func testQueueFair(t *testing.T, h Harness) {
	s := h.openQueue(t)
	const crowd, workers = 3000, 16
	jobs := make([]store.Job, crowd)
	for i := range jobs {
		jobs[i] = newJob("crowd", "")
		jobs[i].Due = time.Now().Add(-time.Hour)
	}
	enqueue(t, s, jobs...)
	busy := lease(t, s, workers, time.Hour)
	few := []store.Job{newJob("few", ""), newJob("other", "")}
	enqueue(t, s, few...)
	// As soon as any job is done, those that came last are next.
	for i, want := range few {
		ack(t, s, busy[i])
		wantJobs(t, lease(t, s, 1, time.Hour), want)
	}
	var more []store.Job
	for range 50 {
		more = append(more, newJob("few", ""))
	}
	enqueue(t, s, more...)
	counts := make(map[string]int)
	for _, l := range lease(t, s, 33, time.Hour) {
		counts[l.Connector]++
	}
	// 14 and 1 were under way.
	if counts["crowd"] != 10 || counts["few"] != 23 {
		t.Errorf("33 jobs were shared as %v", counts)
	}
}

// testQueueTurns: connectors of which nothing is under way take turns, and those that come and go wait for theirs.
func testQueueTurns(t *testing.T, h Harness) {
	s := h.openQueue(t)
	for range 5 {
		enqueue(t, s, newJob("a", ""), newJob("b", ""))
	}
	served := make(map[string]int)
	for range 10 {
		enqueue(t, s, newJob("guest", ""))
		done := lease(t, s, 1, time.Hour)
		served[done[0].Connector]++
		ack(t, s, done...)
	}
	for _, name := range []string{"a", "b", "guest"} {
		if served[name] < 2 {
			t.Errorf("%s was served %d times in 10: %v", name, served[name], served)
		}
	}
}

func testQueueLimit(t *testing.T, h Harness) {
	s := h.openQueue(t)
	for range 5 {
		enqueue(t, s, newJob("slow", ""), newJob("fast", ""), newJob("closed", ""))
	}
	limits := map[string]int{"slow": 2, "fast": 100, "closed": 0}
	limited := func(n int) map[string]int {
		t.Helper()
		leases, err := s.Lease(t.Context(), n, time.Hour, func(connector string) int { return limits[connector] })
		if err != nil {
			t.Fatal(err)
		}
		counts := make(map[string]int)
		for _, l := range leases {
			counts[l.Connector]++
			if l.Connector == "slow" {
				defer ack(t, s, l)
			}
		}
		return counts
	}
	for _, want := range []string{"map[fast:5 slow:2]", "map[slow:2]", "map[slow:1]", "map[]"} {
		if got := fmt.Sprint(limited(100)); got != want {
			t.Errorf("with limits %s are leased, not %s", got, want)
		}
	}
	if counts := len(lease(t, s, 100, time.Hour)); counts != 5 {
		t.Errorf("without limits %d more are leased", counts)
	}
}

// testQueueOrder: jobs of a key are handed out one at a time, by their ids, and nobody else waits for them.
func testQueueOrder(t *testing.T, h Harness) {
	s := h.openQueue(t)
	first, second, third := newJob("a", "key"), newJob("a", "key"), newJob("a", "key")
	first.Due = time.Now().Add(time.Hour)
	otherKey, otherConnector, none := newJob("a", "other"), newJob("b", "key"), newJob("a", "")
	enqueue(t, s, third, second)
	held := leaseOne(t, s, time.Hour)
	wantJobs(t, []store.Leased{held}, second)
	enqueue(t, s, otherKey, otherConnector, none)
	wantJobs(t, lease(t, s, 10, time.Hour), otherConnector, otherKey, none)

	// One that comes late is first, whatever its time.
	enqueue(t, s, first)
	wantNone(t, s)
	ack(t, s, held)
	wantNone(t, s)
	wantDepth(t, s, 2, 3)
	reopened := store.Queue(s)
	if h.Reopen != nil {
		again := h.Reopen(t, s)
		defer again.Close()
		reopened = again.(store.Queue)
		if leases := lease(t, reopened, 10, time.Hour); len(leases) != 3 {
			t.Errorf("after the start %+v are leased", leases)
		}
	}
	wantNone(t, reopened)
	wantDepth(t, reopened, 2, 3)
}

// testQueueOrderLate: a holder that is late, when his key has gone on without him.
func testQueueOrderLate(t *testing.T, h Harness) {
	s := h.openQueue(t)
	first, second, third := newJob("a", "key"), newJob("a", "key"), newJob("a", "key")
	enqueue(t, s, second, third)
	late := expire(t, s)
	wantJobs(t, []store.Leased{late}, second)
	enqueue(t, s, first)
	held := leaseOne(t, s, time.Hour)
	wantJobs(t, []store.Leased{held}, first)
	wantError(t, "extend", s.Extend(t.Context(), late.Lease, time.Hour), store.ErrLeaseLost)
	ack(t, s, late)
	wantNone(t, s)
	if err := s.Nack(t.Context(), held.Lease, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []store.Job{first, third} {
		held = leaseOne(t, s, time.Hour)
		wantJobs(t, []store.Leased{held}, want)
		ack(t, s, held)
	}
	wantNone(t, s)
}

// testQueueRace has many holders do many jobs, some of which take several attempts: each is done once, and never are
// two of a key under way.
func testQueueRace(t *testing.T, h Harness) {
	s := h.openQueue(t)
	const producers, each, holders = 4, 60, 6
	ctx := context.Background()
	r := &race{s: s, done: make(map[event.ID]int), last: make(map[string]event.ID), busy: make(map[string]bool)}
	var group sync.WaitGroup
	for producer := range producers {
		group.Go(func() {
			for i := range each {
				job := newJob(fmt.Sprint("connector-", i%3), "")
				if i%2 == 0 {
					job.Key = fmt.Sprint(producer, "-", i%4)
				}
				if err := s.Enqueue(ctx, job); err != nil {
					t.Errorf("enqueue: %v", err)
				}
			}
		})
	}
	for range holders {
		group.Go(func() {
			for r.left(producers * each) {
				if err := r.work(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	for id, times := range r.done {
		if times != 1 {
			t.Errorf("job %s was done %d times", id, times)
		}
	}
	wantDepth(t, s, 0, 0)
}

type race struct {
	s     store.Queue
	mutex sync.Mutex
	done  map[event.ID]int
	last  map[string]event.ID
	busy  map[string]bool
	stop  bool
}

func (r *race) left(total int) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.done) < total && !r.stop
}

// work does some jobs, and gives the first attempt of each third back.
func (r *race) work(ctx context.Context) error {
	leases, err := r.s.Lease(ctx, 3, time.Minute, nil)
	if err == nil {
		for _, l := range leases {
			if err = r.do(ctx, l); err != nil {
				break
			}
		}
	}
	if err != nil {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.stop = true
	}
	return err
}

func (r *race) do(ctx context.Context, l store.Leased) error {
	key := l.Connector + "/" + l.Key
	if l.Key != "" {
		r.mutex.Lock()
		busy, last := r.busy[key], r.last[key]
		r.busy[key], r.last[key] = true, l.ID
		r.mutex.Unlock()
		if busy || string(last[:]) > string(l.ID[:]) {
			return fmt.Errorf("the job %s of %s comes while it is busy (%t) after %s", l.ID, key, busy, last)
		}
	}
	free := func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.busy[key] = false
	}
	if l.ID[15]%3 == 0 && l.Attempt == 1 {
		free()
		return r.s.Nack(ctx, l.Lease, 0)
	}
	r.mutex.Lock()
	r.done[l.ID]++
	r.mutex.Unlock()
	free()
	// Of two that acknowledge at once, one is too late.
	var group sync.WaitGroup
	var errs [2]error
	for i := range errs {
		group.Go(func() { errs[i] = r.s.Ack(ctx, l.Lease) })
	}
	group.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs[:]...), store.ErrLeaseLost) {
		return fmt.Errorf("two acks of a lease answer %v", errs)
	}
	return nil
}
