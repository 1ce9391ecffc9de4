package badger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const crashQueuePath = "KROSYN_TEST_CRASH_QUEUE_PATH"

// crashQueueChild adds jobs and does some of them until it is killed, and says on its output how far each has come.
func crashQueueChild() {
	s, err := open(config{path: os.Getenv(crashQueuePath), sync: true, minFree: leastMinFree}, zap.NewNop())
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	check(err)
	d := s.(*database)
	var output sync.Mutex
	say := func(id event.ID, phase string, attempt int) {
		output.Lock()
		defer output.Unlock()
		fmt.Println(id, phase, attempt)
	}
	ctx := context.Background()
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for {
				job := testJob(fmt.Sprint("connector-", worker), "")
				check(d.Enqueue(ctx, job))
				say(job.ID, "enqueued", 0)
			}
		})
		workers.Go(func() {
			for {
				leases, err := d.Lease(ctx, 3, time.Minute, nil)
				check(err)
				for _, l := range leases {
					say(l.ID, "enqueued", l.Attempt)
					switch rand.IntN(3) {
					case 0:
						check(d.Nack(ctx, l.Lease, 0))
					case 1:
						say(l.ID, "acking", l.Attempt)
						check(d.Ack(ctx, l.Lease))
						say(l.ID, "acked", l.Attempt)
					}
				}
			}
		})
	}
	workers.Wait()
}

// TestCrashQueue kills a process that has a queue, at random moments: the jobs it has acknowledged are there, those
// that were done are not, and each attempt of the others has counted.
func TestCrashQueue(t *testing.T) {
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	path := t.TempDir()
	jobs := make(map[event.ID]crashedJob)
	for range rounds {
		before := len(jobs)
		runKilled(t, crashQueuePath+"="+path, func(fields []string) {
			id, err := event.ParseID(fields[0])
			if err != nil {
				return
			}
			job := crashedJob{phase: fields[1]}
			_, err = fmt.Sscan(fields[2], &job.attempt)
			// Others may have had the job before its producer says that it was added.
			if known, found := jobs[id]; err == nil && (!found || job.attempt >= max(known.attempt, 1)) {
				jobs[id] = job
			}
		})
		if len(jobs) == before {
			t.Fatal("the child acknowledged nothing")
		}
		checkCrashedQueue(t, path, jobs)
	}
}

type crashedJob struct {
	phase   string
	attempt int
}

func checkCrashedQueue(t *testing.T, path string, jobs map[event.ID]crashedJob) {
	t.Helper()
	s, err := open(config{path: path, sync: true, minFree: leastMinFree}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	there := make(map[event.ID]store.Leased)
	for _, l := range leaseTest(t, s.(*database), 1<<20, time.Hour) {
		there[l.ID] = l
	}
	phases := make(map[string]int)
	for id, job := range jobs {
		l, found := there[id]
		switch {
		case found && job.phase == "acked":
			t.Errorf("the job %s was done and is there", id)
		case !found && job.phase == "enqueued":
			t.Errorf("the acknowledged job %s is lost", id)
		case found && (l.Attempt <= job.attempt || string(l.Payload) != id.String()):
			t.Errorf("the job %s has had %d attempts and is %+v", id, job.attempt, l)
		}
		phases[job.phase]++
		if job.phase = "enqueued"; !found {
			job.phase = "acked"
		}
		job.attempt = l.Attempt
		jobs[id] = job
	}
	t.Logf("%d jobs are there of %v", len(there), phases)
}
