package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a dispatcher at work on a queue in memory. A job takes a second, and is acknowledged.
type bench struct {
	t     *testing.T
	queue *memory.Store
	*Dispatcher
	start time.Time

	mu     sync.Mutex
	faults []error
	// begun has the connector of every job with the second in which it was begun.
	begun []string
	now   map[string]int
	most  map[string]int
	do    func(ctx context.Context, job store.Leased)
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, queue: memory.New(), start: time.Now(), now: make(map[string]int), most: make(map[string]int)}
	b.Dispatcher = New(b.queue, func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, err)
	})
	b.do = func(ctx context.Context, job store.Leased) {
		wait(ctx, time.Second)
		if err := b.queue.Ack(context.WithoutCancel(ctx), job.Lease); err != nil {
			t.Error(err)
		}
	}
	return b
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (b *bench) work(workers int, connectors map[string]int) *Work {
	return &Work{Workers: workers, Connectors: connectors, Do: func(ctx context.Context, job store.Leased) {
		b.mu.Lock()
		b.begun = append(b.begun, fmt.Sprintf("%s@%.0f", job.Connector, time.Since(b.start).Seconds()))
		b.now[job.Connector]++
		b.most[job.Connector] = max(b.most[job.Connector], b.now[job.Connector])
		b.mu.Unlock()
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.now[job.Connector]--
		}()
		b.do(ctx, job)
	}}
}

func (b *bench) enqueue(connector string, n int, due time.Duration) {
	b.t.Helper()
	for range n {
		job := store.Job{ID: event.NewID(), Connector: connector, Due: time.Now().Add(due), Payload: []byte("x")}
		if err := b.queue.Enqueue(b.t.Context(), job); err != nil {
			b.t.Fatal(err)
		}
	}
	b.Wake()
}

func (b *bench) history() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.begun, " ")
}

// peak is how many jobs of a connector were under way at a time.
func (b *bench) peak(connector string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most[connector]
}

func (b *bench) pending() int64 {
	b.t.Helper()
	depth, err := b.queue.Depth(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return depth.Pending + depth.Leased
}

// inTime runs a test in a bubble of its own time.
func inTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func TestJobsAreDoneWhenTheyAreDue(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.enqueue("a", 1, 0)
		b.enqueue("a", 1, 7*time.Second)
		b.Use(b.work(4, map[string]int{"a": 0}))
		time.Sleep(20 * time.Second)
		b.enqueue("a", 1, 0)
		time.Sleep(2 * time.Second)
		if got := b.history(); got != "a@0 a@7 a@20" {
			t.Error(got)
		}
		b.Stop(time.Minute)
		if b.pending() != 0 || len(b.faults) > 0 {
			t.Error(b.pending(), b.faults)
		}
	})
}

func TestConnectorsShareTheWorkers(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.enqueue("many", 100, 0)
		b.Use(b.work(8, map[string]int{"many": 0, "bounded": 2, "few": 0, "idle": 0}))
		time.Sleep(500 * time.Millisecond)
		if b.peak("many") != 6 {
			t.Errorf("%d of 8 workers have the jobs of many, two are kept for others", b.peak("many"))
		}
		b.enqueue("few", 1, 0)
		b.enqueue("bounded", 9, 0)
		b.enqueue("unknown", 1, 0)
		time.Sleep(100 * time.Millisecond)
		if got := b.history(); !strings.Contains(got, "few@0") || !strings.Contains(got, "bounded@0") {
			t.Errorf("those of others do not begin at once: %s", got)
		}
		time.Sleep(time.Minute)
		if b.peak("bounded") != 2 || b.pending() != 1 || strings.Contains(b.history(), "unknown") {
			t.Errorf("%d bounded at a time, %d jobs are left", b.peak("bounded"), b.pending())
		}
		// A configuration that knows the connector has its jobs done.
		b.Use(b.work(1, map[string]int{"unknown": 0}))
		time.Sleep(2 * time.Second)
		b.Stop(time.Minute)
		if b.pending() != 0 {
			t.Errorf("%d jobs are left", b.pending())
		}
	})
}

func TestHeldConnectorsWait(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.enqueue("held", 2, 0)
		b.enqueue("free", 1, 0)
		work := b.work(4, map[string]int{"held": 0, "free": 0})
		work.Hold = func(connector string) bool { return connector == "held" && time.Since(b.start) < time.Minute }
		b.Use(work)
		time.Sleep(59 * time.Second)
		if got := b.history(); got != "free@0" {
			t.Error(got)
		}
		time.Sleep(8 * time.Second)
		if b.pending() != 0 {
			t.Errorf("%d jobs are left", b.pending())
		}
		b.Stop(time.Minute)
	})
}

func TestOneWorkerDoesEverything(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.enqueue("a", 3, 0)
		b.enqueue("b", 3, 0)
		b.Use(b.work(1, map[string]int{"a": 0, "b": 0, "c": 0}))
		time.Sleep(6 * time.Second)
		if got := b.history(); got != "a@0 b@1 a@2 b@3 a@4 b@5" {
			t.Error(got)
		}
		b.Stop(time.Minute)
	})
}

func TestLeasesAreRenewed(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.do = func(ctx context.Context, job store.Leased) {
			wait(ctx, 10*time.Minute)
			if err := b.queue.Ack(t.Context(), job.Lease); err != nil {
				t.Error(err)
			}
		}
		b.enqueue("a", 1, 0)
		b.Use(b.work(4, map[string]int{"a": 0}))
		time.Sleep(11 * time.Minute)
		if got := b.history(); got != "a@0" || b.pending() != 0 {
			t.Errorf("%s, %d are left", got, b.pending())
		}
		b.Stop(time.Minute)
	})
}

func TestLostLeaseEndsTheJob(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		var cause error
		b.do = func(ctx context.Context, job store.Leased) {
			if err := b.queue.Ack(t.Context(), job.Lease); err != nil { // as if somebody else had
				t.Error(err)
			}
			<-ctx.Done()
			cause = context.Cause(ctx)
		}
		b.enqueue("a", 1, 0)
		b.Use(b.work(4, map[string]int{"a": 0}))
		time.Sleep(time.Minute)
		b.Stop(time.Minute)
		if !errors.Is(cause, store.ErrLeaseLost) {
			t.Errorf("the job ended for %v", cause)
		}
	})
}

func TestStop(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		var causes []string
		b.do = func(ctx context.Context, job store.Leased) {
			long := 5 * time.Second
			if job.Connector == "endless" {
				long = time.Hour
			}
			wait(ctx, long)
			b.mu.Lock()
			causes = append(causes, fmt.Sprint(job.Connector, " ", context.Cause(ctx)))
			b.mu.Unlock()
		}
		b.enqueue("short", 1, 0)
		b.enqueue("endless", 1, 0)
		b.Use(b.work(4, map[string]int{"short": 0, "endless": 0}))
		synctest.Wait()
		begun := time.Now()
		b.Stop(10 * time.Second)
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		slices.Sort(causes)
		if got := strings.Join(causes, ", "); got != "endless the gateway is stopping, short <nil>" {
			t.Error(got)
		}
		b.enqueue("short", 1, 0)
		time.Sleep(time.Minute)
		if strings.Count(b.history(), "short") != 1 {
			t.Errorf("a job was begun after the stop: %s", b.history())
		}
		b.Stop(time.Second) // again is nothing
		// It can be used again.
		b.Use(b.work(4, map[string]int{"short": 0}))
		time.Sleep(time.Second)
		if !strings.HasSuffix(b.history(), "short@70") {
			t.Error(b.history())
		}
		b.Stop(time.Minute)
	})
}

func TestPanicIsAFault(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.do = func(context.Context, store.Leased) { panic("broken") }
		b.enqueue("a", 1, 0)
		b.Use(b.work(4, map[string]int{"a": 0}))
		time.Sleep(31 * time.Second)
		b.Stop(time.Minute)
		if b.history() != "a@0 a@30" || len(b.faults) != 2 || !strings.Contains(b.faults[0].Error(), "panic: broken") {
			t.Errorf("%s; %v", b.history(), b.faults)
		}
	})
}

func TestFailingQueueIsAskedAgain(t *testing.T) {
	inTime(t, func(t *testing.T) {
		b := newBench(t)
		b.enqueue("a", 1, 0)
		if err := b.queue.Close(); err != nil {
			t.Fatal(err)
		}
		b.Use(b.work(4, map[string]int{"a": 0}))
		time.Sleep(3500 * time.Millisecond)
		b.Stop(time.Minute)
		if len(b.faults) != 4 || !errors.Is(b.faults[0], store.ErrClosed) {
			t.Errorf("%v", b.faults)
		}
	})
}
