package badger

import (
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
)

// TestPace has the maintenance be as slow as it can, and never slower than events come.
func TestPace(t *testing.T) {
	const took = 2 * time.Millisecond
	for _, test := range []struct {
		rate   float64
		events int
		want   time.Duration
	}{
		{rate: 0, events: 64, want: 18 * time.Millisecond},
		{rate: 100, events: 64, want: 18 * time.Millisecond},
		{rate: 3200, events: 64, want: 8 * time.Millisecond}, // 64 in 10 ms are 6400 a second
		{rate: 20_000, events: 64, want: took},
		{rate: 0, events: 0, want: took},
	} {
		p := &pace{rate: test.rate}
		if got := p.pause(took, test.events); got != test.want {
			t.Errorf("%d events at a rate of %v: a pause of %s, want %s", test.events, test.rate, got, test.want)
		}
	}
	if got := new(pace).pause(time.Minute, 1); got != longestPause {
		t.Errorf("after a minute a pause of %s, want %s", got, longestPause)
	}
}

// TestPaceLength has operations be short, and yet as many events be deleted as come.
func TestPaceLength(t *testing.T) {
	for rate, want := range map[float64]int{
		0: quietLength, quietRate: leastLength, 2000: 16, 8000: 64, 32_000: mostLength, 1_000_000: mostLength,
	} {
		if got := (&pace{rate: rate}).length(); got != want {
			t.Errorf("%d events at a rate of %v, want %d", got, rate, want)
		}
	}
}

// TestPaceMeasures counts what came, whatever was deleted meanwhile.
func TestPaceMeasures(t *testing.T) {
	c := &counters{counts: make(map[counter]int64)}
	begun := time.Now()
	p := newPace(c, begun)
	c.add(map[counter]int64{{"orders", event.Completed}: 500, {"orders", event.Failed}: -100})
	p.deleted = 600
	p.measure(begun.Add(time.Millisecond))
	if p.rate != 0 {
		t.Errorf("after a millisecond the rate is %v", p.rate)
	}
	p.measure(begun.Add(10 * time.Second))
	if p.rate != 100 || p.quiet() {
		t.Errorf("the rate is %v, want 100", p.rate)
	}
	// A clock that was set back tells nothing of the time between.
	p.measure(begun)
	p.measure(begun.Add(10 * time.Second))
	if p.rate != 0 || !p.quiet() {
		t.Errorf("the rate is %v, want 0", p.rate)
	}
}
