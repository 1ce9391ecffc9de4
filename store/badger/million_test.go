package badger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const millionVariable = "KROSYN_TEST_MILLION"

// TestMillion measures a store of a million events; its figures are in docs/reliability.md. It takes some minutes and
// 4 GB of the disk that TMPDIR is on, so it runs on demand: KROSYN_TEST_MILLION=1 go test -run TestMillion -v ./store/badger
func TestMillion(t *testing.T) {
	if testing.Short() || os.Getenv(millionVariable) == "" {
		t.Skipf("measures for minutes: set %s=1", millionVariable)
	}
	const events, connectors = 1_000_000, 20
	c := testConfig(t)
	c.sync = true
	var ids []event.ID
	for _, half := range []int{events / 2, events} {
		s, err := open(c, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		since, before := time.Now(), len(ids)
		ids = append(ids, fillMany(t, s.(*database), half-len(ids), connectors)...)
		t.Logf("%d events put in %s, %.0f a second", half-before, time.Since(since).Round(time.Millisecond),
			float64(half-before)/time.Since(since).Seconds())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		measure(t, fmt.Sprintf("open with %d events", half), 5, func() (err error) {
			s, err = open(c, zap.NewNop())
			return err
		}, func() error { return s.Close() })
	}
	d := openTest(t, c)
	size, err := directorySize(c.path)
	t.Logf("%d MiB on disk, %v", size>>20, err)
	measureReads(t, d, ids)
	measureAppends(t, d)
}

// measure does something many times, tidies up after each, and logs how long it took.
func measure(t *testing.T, what string, times int, do, tidy func() error) {
	t.Helper()
	took := make([]time.Duration, times)
	for i := range took {
		since := time.Now()
		err := do()
		took[i] = time.Since(since)
		if err == nil {
			err = tidy()
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	logTimes(t, what, took)
}

func logTimes(t *testing.T, what string, took []time.Duration) {
	t.Helper()
	slices.Sort(took)
	t.Logf("%-40s p50 %9.3f ms   p99 %9.3f ms   (%d times)", what, milliseconds(took[len(took)/2]),
		milliseconds(took[len(took)*99/100]), len(took))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// fillMany puts events of a realistic size, of all connectors and statuses.
func fillMany(t *testing.T, d *database, count, connectors int) []event.ID {
	t.Helper()
	var mutex sync.Mutex
	var ids []event.ID
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
				mutex.Lock()
				events := make([]*event.Event, min(250, count-len(ids)))
				for i := range events {
					events[i] = benchEvent()
					events[i].Connector = fmt.Sprint("connector-", len(ids)%connectors)
					// Few fail, as in life.
					if events[i].Status = event.Completed; len(ids)%50 == 0 {
						events[i].Status = event.Failed
					} else if len(ids)%10 == 0 {
						events[i].Status = event.Skipped
					}
					ids = append(ids, events[i].ID)
				}
				mutex.Unlock()
				if len(events) == 0 {
					return
				}
				if err := d.Put(t.Context(), events...); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	return ids
}

func measureReads(t *testing.T, d *database, ids []event.ID) {
	t.Helper()
	none := func() error { return nil }
	first, last := ids[0].Time(), ids[len(ids)-1].Time()
	at := func() event.ID { return event.FirstIDAt(first.Add(rand.N(last.Sub(first)))) }
	deep := ids[len(ids)/100]
	for _, list := range []struct {
		name  string
		query func() store.Query
	}{
		{"no filter", func() store.Query { return store.Query{} }},
		{"connector", func() store.Query { return store.Query{Connector: "connector-7"} }},
		{"status failed", func() store.Query { return store.Query{Status: event.Failed} }},
		{"connector and status", func() store.Query { return store.Query{Connector: "connector-10", Status: event.Skipped} }},
		{"nothing found", func() store.Query { return store.Query{Connector: "connector-7", Status: event.Failed} }},
		{"until a time", func() store.Query { return store.Query{Until: at()} }},
		{"connector, between times", func() store.Query {
			until := at()
			return store.Query{Connector: "connector-7", Since: event.FirstIDAt(until.Time().Add(-time.Minute)), Until: until}
		}},
		{"deep cursor", func() store.Query { return store.Query{Before: deep} }},
	} {
		query := list.query
		measure(t, "page of 50, "+list.name, 500, func() error {
			_, err := d.List(t.Context(), query())
			return err
		}, none)
	}
	measure(t, "get by id", 2000, func() error {
		_, err := d.Get(t.Context(), ids[rand.IntN(len(ids))])
		return err
	}, none)
	measure(t, "counts", 2000, func() error {
		_, err := d.Count(t.Context(), "")
		return err
	}, none)
	measure(t, "search, nothing found within the bound", 20, func() error {
		_, err := d.List(t.Context(), store.Query{Search: "nowhere to be found"})
		return err
	}, none)
}

// measureAppends puts events at a steady rate, with nothing else going on and during a sweep as retention makes it at that
// rate, in turns: machines are twice as fast at one moment as at another. Half of all are deleted before tables are merged
// (worthMerging), and their space is given back.
func measureAppends(t *testing.T, d *database) {
	t.Helper()
	before, err := directorySize(d.path)
	if err != nil {
		t.Fatal(err)
	}
	m := d.maintenance
	m.mutex.Lock()
	defer m.mutex.Unlock()
	const parts = 12
	const trailing = time.Second // Badger merges for a while afterwards
	var normal, deleting []time.Duration
	rest := func() {
		m.pace.end() // long after the last round
		normal = append(normal, appendDuring(t, d, 5*time.Second, func(context.Context) error { return nil })...)
	}
	for range parts {
		rest()
		deleting = append(deleting, appendDuring(t, d, trailing, func(ctx context.Context) error {
			_, err := m.delete(ctx, time.Now(), newestID, before/2/parts)
			return err
		})...)
	}
	rest()
	merging := appendDuring(t, d, trailing, m.merge)
	rest()
	giving := appendDuring(t, d, trailing, func(ctx context.Context) error { return m.collect(ctx, discardRatio) })
	rest()
	sweep := slices.Concat(deleting, merging, giving)
	after, err := directorySize(d.path)
	t.Logf("half of %d MiB is deleted, and %d events came since: %d MiB, %v", before>>20, len(normal)+len(sweep),
		after>>20, err)
	logTimes(t, "append, 2000 a second", normal)
	logTimes(t, "append, while half is deleted", deleting)
	logTimes(t, "append, while that is merged", merging)
	logTimes(t, "append, while space is given back", giving)
	logTimes(t, "append, during all of that sweep", sweep)
}

// appendDuring puts events while something is done, and for so long afterwards.
func appendDuring(
	t *testing.T, d *database, afterwards time.Duration, do func(context.Context) error,
) []time.Duration {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan []time.Duration)
	go func() { done <- appendSteadily(ctx, t, d) }()
	if err := do(ctx); err != nil {
		t.Error(err)
	}
	time.AfterFunc(afterwards, stop)
	return <-done
}

// appendSteadily puts 2000 events a second until ctx ends, each in a goroutine of its own as a request is.
func appendSteadily(ctx context.Context, t *testing.T, d *database) []time.Duration {
	var mutex sync.Mutex
	var took []time.Duration
	var group sync.WaitGroup
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			group.Wait()
			return took
		case <-ticker.C:
		}
		for range 10 {
			group.Go(func() {
				since := time.Now()
				if err := d.Put(t.Context(), benchEvent()); err != nil {
					t.Error(err)
				}
				mutex.Lock()
				took = append(took, time.Since(since))
				mutex.Unlock()
			})
		}
	}
}
