package badger

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

const crashPath = "KROSYN_TEST_CRASH_PATH"

func isCrashChild() bool { return os.Getenv(crashPath)+os.Getenv(crashQueuePath) != "" }

// crashChild puts and commits events until it is killed, and says on its output which of them were acknowledged, and as
// what.
func crashChild() {
	if os.Getenv(crashQueuePath) != "" {
		crashQueueChild()
		return
	}
	s, err := open(config{path: os.Getenv(crashPath), sync: true, minFree: leastMinFree}, zap.NewNop())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var output sync.Mutex
	var writers sync.WaitGroup
	for writer := range 16 {
		writers.Go(func() {
			for i := 0; ; i++ {
				e := storetest.NewEvent(fmt.Sprint("connector-", writer%3), event.Statuses[i%4])
				e.Payload = fmt.Appendf(nil, `%q`, strings.Repeat("x", rand.IntN(6000)))
				if err := s.Put(context.Background(), e); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				output.Lock()
				fmt.Println(e.ID, e.Connector, e.Status)
				output.Unlock()
				if i%8 == 3 { // pending
					e.Status = event.Failed
					_ = s.Put(context.Background(), e)
				}
			}
		})
	}
	// Many at a time make a group more than one transaction of Badger takes.
	for _, count := range []int{1, 1, 1, 1, 300, 300} {
		writers.Go(func() { commitForever(s.(*database), &output, count) })
	}
	writers.Wait()
}

// TestCrash kills a process that writes, at random moments: everything it had acknowledged is there, with its index.
func TestCrash(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	path := t.TempDir()
	acknowledged := make(map[event.ID]acknowledgement)
	for range rounds {
		crash(t, path, acknowledged)
		checkCrashed(t, path, acknowledged)
	}
	t.Logf("%d events acknowledged in %d rounds", len(acknowledged), rounds)
}

type acknowledgement struct {
	connector string
	status    event.Status
}

// crash runs a child on the directory and kills it after a while.
func crash(t *testing.T, path string, acknowledged map[event.ID]acknowledgement) {
	t.Helper()
	before := len(acknowledged)
	runKilled(t, crashPath+"="+path, func(fields []string) {
		id, err := event.ParseID(fields[0])
		if err != nil || !event.Status(fields[2]).Valid() {
			return
		}
		acknowledged[id] = acknowledgement{fields[1], event.Status(fields[2])}
	})
	if len(acknowledged) == before {
		t.Fatal("the child acknowledged nothing")
	}
}

// runKilled runs a child, reads the three fields of each line of its output, and kills it after a while.
func runKilled(t *testing.T, environment string, read func(fields []string)) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), environment)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	var kill *time.Timer
	for lines.Scan() {
		if kill == nil {
			kill = time.AfterFunc(rand.N(500*time.Millisecond), func() { _ = child.Process.Kill() })
		}
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 { // otherwise it is the line that it was writing
			read(fields)
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

func checkCrashed(t *testing.T, path string, acknowledged map[event.ID]acknowledgement) {
	t.Helper()
	s, err := open(config{path: path, sync: true, minFree: leastMinFree}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Everything listed must be readable, and every list must have it once.
	listed := make(map[event.ID]event.Summary)
	for _, connector := range []string{"", "connector-0", "connector-1", "connector-2"} {
		query := store.Query{Connector: connector, Limit: 1000}
		of := make(map[event.ID]bool)
		for more := true; more; {
			page, err := s.List(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			for _, summary := range page.Events {
				if of[summary.ID] {
					t.Fatalf("%+v lists %s twice", query, summary.ID)
				}
				of[summary.ID] = true
				listed[summary.ID] = summary
			}
			more, query.Before = page.More, page.Next
		}
		counts, err := s.Count(t.Context(), query.Connector)
		total := int64(0)
		for _, count := range counts {
			total += count
		}
		if err != nil || total != int64(len(of)) {
			t.Errorf("%+v lists %d events, and their count is %v, %v", query, len(of), counts, err)
		}
	}
	for id, want := range acknowledged {
		e, err := s.Get(t.Context(), id)
		if err != nil {
			t.Errorf("the acknowledged %s event %s is lost: %v", want.status, id, err)
			continue
		}
		finished := want.status == event.Pending && e.Status == event.Failed
		if e.Connector != want.connector || e.Status != want.status && !finished {
			t.Errorf("event %s is %s of %s, not %s of %s", id, e.Status, e.Connector, want.status, want.connector)
		}
		if summary, ok := listed[id]; !ok || summary.Status != e.Status {
			t.Errorf("event %s (%s) is listed %t as %s", id, e.Status, ok, summary.Status)
		}
	}
	for id := range listed {
		if _, err := s.Get(t.Context(), id); err != nil {
			t.Errorf("event %s is listed and not there: %v", id, err)
		}
	}
	checkCommitted(t, s.(*database), listed)
}
