package badger

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// benchEvent is an event of about 2 KB.
func benchEvent() *event.Event {
	e := storetest.NewEvent("orders", event.Completed)
	e.Payload = benchPayload
	return e
}

var benchPayload = func() json.RawMessage {
	words := strings.Fields("order customer invoice payment shipped refunded created amount currency total street city")
	var text strings.Builder
	for text.Len() < 1200 {
		fmt.Fprintf(&text, "%s %d ", words[rand.IntN(len(words))], rand.IntN(100_000))
	}
	return fmt.Appendf(nil, `{"text":%q}`, text.String())
}()

// BenchmarkPut has 64 writers of durable events that share transactions. ns/op is for one event.
func BenchmarkPut(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	benchmarkWriters(b, 64, func(ctx context.Context) error { return d.Put(ctx, benchEvent()) })
}

func benchmarkWriters(b *testing.B, writers int, put func(context.Context) error) {
	b.ReportAllocs()
	b.ResetTimer()
	var started atomic.Int64
	var group sync.WaitGroup
	took := make([]time.Duration, b.N)
	for range writers {
		group.Go(func() {
			for n := started.Add(1); n <= int64(b.N); n = started.Add(1) {
				since := time.Now()
				if err := put(context.Background()); err != nil {
					b.Error(err)
					return
				}
				took[n-1] = time.Since(since)
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
}

// filled is a database with so many events of four statuses and ten connectors.
func filled(b *testing.B, count int) (*database, []event.ID) {
	b.Helper()
	d := openTest(b, testConfig(b))
	var ids []event.ID
	for len(ids) < count {
		events := make([]*event.Event, 500)
		for i := range events {
			events[i] = benchEvent()
			events[i].Status = event.Statuses[len(ids)%4]
			events[i].Connector = fmt.Sprint("connector-", len(ids)%10)
			ids = append(ids, events[i].ID)
		}
		if err := d.Put(b.Context(), events...); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	return d, ids
}

func BenchmarkGet(b *testing.B) {
	d, ids := filled(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Get(b.Context(), ids[rand.IntN(len(ids))]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	d, ids := filled(b, 100_000)
	for name, query := range map[string]store.Query{
		"all":                  {},
		"status":               {Status: event.Failed},
		"connector":            {Connector: "connector-3"},
		"connector and status": {Connector: "connector-3", Status: event.Skipped},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				query.Before = ids[1000+rand.IntN(len(ids)-1000)]
				page, err := d.List(b.Context(), query)
				if err != nil || len(page.Events) == 0 {
					b.Fatal(page, err)
				}
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	d, _ := filled(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if page, err := d.List(b.Context(), store.Query{Search: "nowhere to be found"}); err != nil || !page.ScanStopped {
			b.Fatal(page, err)
		}
	}
}
