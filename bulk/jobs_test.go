package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

// world is a store with failed events, and retries that are answered as the test says.
type world struct {
	t     testing.TB
	store store.Store

	mu      sync.Mutex
	retried []event.ID
	at      []time.Time
	most    int
	now     int
	// answer gives the reason or the error of a retry; nil is success.
	answer func(id event.ID) (string, error)
	takes  time.Duration
}

func newWorld(t testing.TB) *world { return &world{t: t, store: memory.New()} }

// fail puts failed events, oldest first.
func (w *world) fail(n int, connector string, code event.Code) []event.ID {
	w.t.Helper()
	ids := make([]event.ID, 0, n)
	for range n {
		e := &event.Event{
			ID: event.NewID(), Connector: connector, Status: event.Failed, ReceivedAt: event.At(time.Now()),
			Payload: []byte(`{}`), Error: &event.Error{Code: code, Message: "x"},
		}
		if err := w.store.Put(context.Background(), e); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return ids
}

// retry is a Retry that makes the new event, as the app does.
func (w *world) retry(ctx context.Context, id event.ID) (string, error) {
	w.mu.Lock()
	w.now++
	w.most = max(w.most, w.now)
	answer, takes := w.answer, w.takes
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.now--
	}()
	time.Sleep(takes)
	if answer != nil {
		reason, err := answer(id)
		if err != nil || reason != "" {
			return reason, err
		}
	}
	w.put(id, event.Completed)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.retried = append(w.retried, id)
	w.at = append(w.at, time.Now())
	return "", nil
}

// put makes a retry of an event.
func (w *world) put(of event.ID, status event.Status) event.ID {
	e := &event.Event{ID: event.NewID(), Connector: "orders", Status: status, RetryOf: &of, Payload: []byte(`{}`)}
	if status == event.Failed {
		e.Error = &event.Error{Code: event.CodePerformFailed}
	}
	if err := w.store.Put(context.Background(), e); err != nil {
		w.t.Error(err)
	}
	return e.ID
}

func (w *world) jobs() *Jobs {
	j := New(func() (store.Store, error) { return w.store, nil }, w.retry, zap.NewNop())
	w.t.Cleanup(j.Close)
	return j
}

func mustCreate(t testing.TB, j *Jobs, r Request) Job {
	t.Helper()
	job, _, err := j.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func mustGet(t testing.TB, j *Jobs, id string) Job {
	t.Helper()
	job, err := j.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestSelection(t *testing.T) {
	w := newWorld(t)
	orders := w.fail(3, "orders", event.CodePerformFailed)
	others := w.fail(2, "others", event.CodeLookupFailed)
	retried := w.fail(3, "orders", event.CodePerformFailed)
	w.put(retried[0], event.Completed)
	again := w.put(retried[1], event.Failed)
	w.put(retried[2], event.Pending)
	all := slices.Concat(orders, others, []event.ID{again})
	for name, row := range map[string]struct {
		selection Selection
		want      []event.ID
	}{
		"all":           {Selection{}, all},
		"connector":     {Selection{Connector: "others"}, others},
		"code":          {Selection{Code: event.CodeLookupFailed}, others},
		"since":         {Selection{Since: others[1]}, []event.ID{others[1], again}},
		"until":         {Selection{Until: orders[2]}, orders[:2]},
		"limit":         {Selection{Limit: 2}, []event.ID{others[1], again}},
		"limit of code": {Selection{Limit: 1, Code: event.CodeLookupFailed}, others[1:]},
		"nothing":       {Selection{Connector: "nobody"}, nil},
	} {
		got, err := row.selection.find(t.Context(), w.store)
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, row.want)
		}
	}
}

// TestJob retries each event once, several at a time, and counts what came of it.
func TestJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ids := w.fail(50, "orders", event.CodePerformFailed)
		w.takes = time.Second
		w.answer = func(id event.ID) (string, error) {
			switch id {
			case ids[3]:
				return "perform_failed", nil
			case ids[4]:
				return "", errors.New("the disk is on fire")
			}
			return "", nil
		}
		jobs := w.jobs()
		job := mustCreate(t, jobs, Request{})
		if job.State != Running || job.Total != 50 || job.Done != 0 || job.FinishedAt != nil {
			t.Errorf("at the beginning: %+v", job)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		job = mustGet(t, jobs, job.ID)
		if job.State != Done || job.Done != 48 || job.Failed != 2 || job.FinishedAt == nil ||
			job.Reasons["perform_failed"] != 1 || job.Reasons[reasonError] != 1 {
			t.Errorf("at the end: %+v", job)
		}
		if len(w.retried) != 48 || w.most != maxUnderWay {
			t.Errorf("%d retries, %d at a time", len(w.retried), w.most)
		}
		if again := mustCreate(t, jobs, Request{}); again.Total != 2 {
			t.Errorf("what is left: %+v", again)
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(20, "orders", event.CodePerformFailed)
		begin := time.Now()
		jobs := w.jobs()
		job := mustCreate(t, jobs, Request{Rate: 2})
		time.Sleep(time.Minute)
		synctest.Wait()
		if job = mustGet(t, jobs, job.ID); job.Done != 20 {
			t.Errorf("%+v", job)
		}
		// The first goes at once, each other half a second after the one before.
		if took := w.at[19].Sub(begin); took < 9500*time.Millisecond || took > 10*time.Second {
			t.Errorf("20 events at 2 per second took %s", took)
		}
	})
}

// TestRestart goes on where the process before was stopped, at any moment, and retries nothing twice.
func TestRestart(t *testing.T) {
	for _, stop := range []time.Duration{0, time.Second, 5 * time.Second, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fail(20, "orders", event.CodePerformFailed)
			bad := w.fail(1, "orders", event.CodePerformFailed)[0]
			w.fail(19, "orders", event.CodePerformFailed)
			w.answer = func(id event.ID) (string, error) {
				if id == bad {
					return "Event has no stored payload", nil
				}
				return "", nil
			}
			first := w.jobs()
			job := mustCreate(t, first, Request{Rate: 4, Selection: Selection{Limit: 39}})
			later := w.fail(1, "orders", event.CodePerformFailed)[0]
			time.Sleep(stop)
			first.Close()
			if state := mustGet(t, first, job.ID).State; (state == Running) != (stop < 30*time.Second) {
				t.Errorf("after %s the job is %s", stop, state)
			}
			next := w.jobs()
			if err := next.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			job = mustGet(t, next, job.ID)
			if job.State != Done || job.Total != 39 || job.Done != 38 || job.Failed != 1 {
				t.Errorf("stopped after %s: %+v", stop, job)
			}
			if slices.Contains(w.retried, later) || len(w.retried) != 38 {
				t.Errorf("stopped after %s: %d retries, with the later one: %v", stop, len(w.retried),
					slices.Contains(w.retried, later))
			}
		})
	}
}

// TestCrash has a process end without writing anything down.
func TestCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(40, "orders", event.CodePerformFailed)
		job := mustCreate(t, w.jobs(), Request{Rate: 4})
		time.Sleep(5*time.Second + 100*time.Millisecond)
		// The next process begins while the first one still runs: as a second one would that takes the job over.
		next := w.jobs()
		if err := next.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if job = mustGet(t, next, job.ID); job.State != Done || job.Done+job.Failed != 40 {
			t.Errorf("%+v", job)
		}
		seen := map[event.ID]int{}
		for _, id := range w.retried {
			seen[id]++
		}
		if len(seen) != 40 || len(w.retried) != 40 {
			t.Errorf("%d events were retried %d times", len(seen), len(w.retried))
		}
	})
}

func TestKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(3, "orders", event.CodePerformFailed)
		jobs := w.jobs()
		request := Request{Key: "k", Asked: `{"connector":""}`}
		ids := make([]string, 4)
		var together sync.WaitGroup
		for i := range ids {
			together.Go(func() { ids[i] = mustCreate(t, jobs, request).ID })
		}
		together.Wait()
		if len(slices.Compact(ids)) != 1 {
			t.Errorf("one key made %v", ids)
		}
		if _, _, err := jobs.Create(t.Context(), Request{Key: "k", Asked: `{}`}); !errors.Is(err, ErrKeyTaken) {
			t.Errorf("the key with another request: %v", err)
		}
		if other := mustCreate(t, jobs, Request{Key: "l", Asked: `{}`}); other.ID == ids[0] {
			t.Error("another key gave the same job")
		}
		jobs.Close()
		restarted := w.jobs()
		if again := mustCreate(t, restarted, request); again.ID != ids[0] {
			t.Error("a restart forgot the key")
		}
		time.Sleep(remembered + time.Second)
		if again := mustCreate(t, restarted, request); again.ID == ids[0] {
			t.Error("the key is remembered for too long")
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(100, "orders", event.CodePerformFailed)
		w.takes = 10 * time.Second
		jobs := w.jobs()
		job := mustCreate(t, jobs, Request{})
		time.Sleep(15 * time.Second)
		canceled, changed, err := jobs.Cancel(t.Context(), job.ID)
		if err != nil || !changed || canceled.State != Canceled || canceled.FinishedAt == nil {
			t.Errorf("canceled: %+v %v %v", canceled, changed, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if job = mustGet(t, jobs, job.ID); job.State != Canceled || job.Done != 2*maxUnderWay {
			t.Errorf("what was under way is not counted: %+v", job)
		}
		if _, changed, err := jobs.Cancel(t.Context(), job.ID); changed || err != nil {
			t.Errorf("canceled again: %v %v", changed, err)
		}
		if _, _, err := jobs.Cancel(t.Context(), "nothing"); !errors.Is(err, ErrUnknown) {
			t.Errorf("canceled nothing: %v", err)
		}
		jobs.Close()
		if again := mustGet(t, w.jobs(), job.ID); again.State != Canceled || again.Done != 2*maxUnderWay {
			t.Errorf("after a restart: %+v", again)
		}
	})
}

// TestNotNow has a job wait for a store that takes nothing.
func TestNotNow(t *testing.T) {
	for _, cause := range []error{ErrNotNow, store.ErrClosed, fmt.Errorf("keeping: %w", &store.Unavailable{Cause: errors.New("x")})} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.fail(3, "orders", event.CodePerformFailed)
			until := time.Now().Add(time.Minute)
			w.answer = func(event.ID) (string, error) {
				if time.Now().Before(until) {
					return "", cause
				}
				return "", nil
			}
			jobs := w.jobs()
			job := mustCreate(t, jobs, Request{})
			time.Sleep(30 * time.Second)
			if now := mustGet(t, jobs, job.ID); now.State != Running || now.Done+now.Failed != 0 {
				t.Errorf("%v: %+v", cause, now)
			}
			time.Sleep(time.Minute)
			if now := mustGet(t, jobs, job.ID); now.State != Done || now.Done != 3 {
				t.Errorf("%v: %+v", cause, now)
			}
		})
	}
}

// TestTwoJobs do not retry an event twice between them.
func TestTwoJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail(30, "orders", event.CodePerformFailed)
		w.takes = time.Second
		jobs := w.jobs()
		one, two := mustCreate(t, jobs, Request{}), mustCreate(t, jobs, Request{})
		time.Sleep(time.Minute)
		one, two = mustGet(t, jobs, one.ID), mustGet(t, jobs, two.ID)
		passed := 0
		for _, job := range []Job{one, two} {
			passed += job.Reasons[reasonRetried] + job.Reasons[reasonTaken]
		}
		if one.Done+two.Done != 30 || len(w.retried) != 30 || passed != 30 {
			t.Errorf("%+v and %+v: %d retries", one, two, len(w.retried))
		}
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		jobs := w.jobs()
		for range maxRemembered + 5 {
			mustCreate(t, jobs, Request{})
			time.Sleep(time.Second)
		}
		if list, err := jobs.List(t.Context()); err != nil || len(list) > maxRemembered+1 || list[0].ID < list[1].ID {
			t.Errorf("%d jobs are remembered, %v", len(list), err)
		}
		w.answer = func(event.ID) (string, error) { return "", ErrNotNow }
		for i := range MaxRunning {
			connector := fmt.Sprint("c", i)
			w.fail(1, connector, event.CodePerformFailed)
			mustCreate(t, jobs, Request{Selection: Selection{Connector: connector}})
		}
		synctest.Wait()
		if _, _, err := jobs.Create(t.Context(), Request{}); !errors.Is(err, ErrTooMany) {
			t.Errorf("one more: %v", err)
		}
		without := New(func() (store.Store, error) { return struct{ store.Store }{w.store}, nil }, w.retry, zap.NewNop())
		if _, _, err := without.Create(t.Context(), Request{}); !errors.Is(err, ErrNoState) {
			t.Errorf("a store without state: %v", err)
		}
	})
}
