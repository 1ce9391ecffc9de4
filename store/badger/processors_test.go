package badger

import (
	"runtime"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
)

func TestRaisedProcessors(t *testing.T) {
	for _, test := range []struct {
		name            string
		chosen          string
		now, processors int
		want            int
	}{
		{"one", "", 1, 1, 3},
		{"two", "", 2, 2, 4},
		{"three", "", 3, 3, 5},
		{"enough", "", 4, 4, 0},
		{"a limit of the container", "", 2, 8, 0},
		{"somebody's choice", "2", 2, 2, 0},
		{"more than there are, by somebody's choice", "", 3, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := raisedProcessors(test.chosen, test.now, test.processors); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

// TestProcessors has two databases work, one after the other, and rest: afterwards everything is as it was.
func TestProcessors(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	was := runtime.GOMAXPROCS(0)
	busy := was
	if raised := raisedProcessors("", was, runtime.NumCPU()); raised > 0 {
		busy = raised
	}
	first, second := new(pace), new(pace)
	for _, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"a round without work", first.rest, was},
		{"work", first.work, busy},
		{"more work", first.work, busy},
		{"the end of its round", first.rest, busy},
		{"work of another database", second.work, busy},
		{"a round of the first without work", first.rest, busy},
		{"the close of the second", second.end, was},
		{"the close of the first", first.end, was},
		{"work again", first.work, busy},
		{"its close", first.end, was},
	} {
		step.do()
		if got := runtime.GOMAXPROCS(0); got != step.want {
			t.Errorf("after %s it is %d, want %d", step.name, got, step.want)
		}
	}
}

// TestProcessorsOfDatabase deletes something: afterwards everything is as it was.
func TestProcessorsOfDatabase(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	was := runtime.GOMAXPROCS(0)
	c := testConfig(t)
	c.retention = time.Hour
	d := openTest(t, c)
	putTest(t, d, aged(time.Now(), 2*time.Hour, "orders", event.Completed))
	if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	wantCounts(t, d, "map[completed:0 failed:0 pending:0 skipped:0]")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if got := runtime.GOMAXPROCS(0); got != was {
		t.Errorf("after the close it is %d, want %d", got, was)
	}
}
