package limit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestRate(t *testing.T) {
	r := NewRate(3, time.Minute)
	for i := range 3 {
		if ok, _ := r.Take("a", noon); !ok {
			t.Errorf("event %d is refused", i)
		}
	}
	ok, wait := r.Take("a", noon)
	if ok || wait != 20*time.Second {
		t.Errorf("a fourth event: %v, wait %v", ok, wait)
	}
	if ok, _ := r.Take("b", noon); !ok {
		t.Error("another key is refused")
	}
	if ok, _ := r.Take("a", noon.Add(wait)); !ok {
		t.Error("refused after the wait")
	}
	if ok, _ := r.Take("a", noon.Add(wait)); ok {
		t.Error("a refused event was counted in advance")
	}
}

// TestRateNeverExceeds has no period with more than the allowed events beside those that were saved up.
func TestRateNeverExceeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.IntRange(1, 20).Draw(t, "events")
		r := NewRate(events, time.Second)
		now, passed := noon, 0
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 200), 1, 300).Draw(t, "pauses in ms") {
			now = now.Add(time.Duration(pause) * time.Millisecond)
			if ok, _ := r.Take("k", now); ok {
				passed++
			}
		}
		if most := float64(events) * (1 + now.Sub(noon).Seconds()); float64(passed) > most+1e-6 {
			t.Fatalf("%d events in %v, most are %v", passed, now.Sub(noon), most)
		}
	})
}

func TestRateIsBounded(t *testing.T) {
	defer func(n int) { maxKeys = n }(maxKeys)
	maxKeys = 10
	r := NewRate(1, time.Minute)
	for i := range 10 {
		r.Take(fmt.Sprint("k", i), noon)
	}
	if ok, _ := r.Take("one more", noon); !ok {
		t.Error("the first of those without room is refused")
	}
	if ok, _ := r.Take("yet another", noon); ok {
		t.Error("those without room do not share")
	}
	if len(r.keys) != 10 {
		t.Errorf("%d keys", len(r.keys))
	}
	if ok, _ := r.Take("later", noon.Add(time.Hour)); !ok || len(r.keys) != 1 {
		t.Errorf("quiet keys are kept: %d, %v", len(r.keys), ok)
	}
}

func TestConcurrency(t *testing.T) {
	c := NewConcurrency(3)
	var (
		running, most atomic.Int64
		refused       atomic.Int64
		group         sync.WaitGroup
	)
	for range 50 {
		group.Go(func() {
			for range 100 {
				if !c.Enter("k") {
					refused.Add(1)
					continue
				}
				n := running.Add(1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				running.Add(-1)
				c.Leave("k")
			}
		})
	}
	group.Wait()
	if most.Load() > 3 {
		t.Errorf("%d at a time", most.Load())
	}
	if len(c.running) != 0 {
		t.Errorf("left behind: %v", c.running)
	}
	for range 3 {
		if !c.Enter("a") {
			t.Error("refused though there is room")
		}
	}
	if c.Enter("a") || !c.Enter("b") {
		t.Error("the bound is not that of each key")
	}
}

func BenchmarkTake(b *testing.B) {
	r := NewRate(1_000_000_000, time.Second)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		r.Take("203.0.113.7", now)
	}
}
