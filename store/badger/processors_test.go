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
	want := func(when string, want int) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("%s: %d, want %d", when, got, want)
		}
	}
	round := func(d *database) {
		t.Helper()
		if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	c := testConfig(t)
	c.retention = time.Hour
	first := openTest(t, c)
	c.path = t.TempDir()
	second := openTest(t, c)
	for _, d := range []*database{first, second} {
		putTest(t, d, aged(time.Now(), 2*time.Hour, "orders", event.Completed))
	}
	want("before", was)
	round(first)
	want("while the first works", busy)
	round(second)
	round(first)
	want("while the second works", busy)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	want("afterwards", was)
}
