package badger

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// benchClaim is the entry that a delivery leaves.
func benchClaim(e *event.Event) store.Entry {
	return store.Entry{
		Key: "delivery/" + e.Connector + "/" + uuid.NewString(), Value: e.ID[:], ExpiresAt: time.Now().Add(24 * time.Hour),
	}
}

// BenchmarkCommit is BenchmarkPut with an entry for each event.
func BenchmarkCommit(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	benchmarkWriters(b, 64, func(ctx context.Context) error {
		e := benchEvent()
		return d.Commit(ctx, []*event.Event{e}, benchClaim(e))
	})
}

// BenchmarkCreate is what the claim before that costs, 64 at a time.
func BenchmarkCreate(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	e := benchEvent()
	benchmarkWriters(b, 64, func(ctx context.Context) error {
		claim := benchClaim(e)
		_, err := d.Create(ctx, claim.Key, claim.Value, 24*time.Hour)
		return err
	})
}

// claimed is a database with so many claims, and their keys.
func claimed(b *testing.B, count int) (*database, []string) {
	b.Helper()
	d := openTest(b, testConfig(b))
	e := benchEvent()
	var keys []string
	for len(keys) < count {
		claims := make([]store.Entry, 1000)
		for i := range claims {
			claims[i] = benchClaim(e)
			keys = append(keys, claims[i].Key)
		}
		if err := d.Commit(b.Context(), nil, claims...); err != nil {
			b.Fatal(err)
		}
	}
	size, err := directorySize(d.path)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.ReportMetric(float64(size)/float64(count), "B/claim")
	return d, keys
}

func BenchmarkLoad(b *testing.B) {
	d, keys := claimed(b, 300_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Load(b.Context(), keys[rand.IntN(len(keys))]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadAbsent is what a delivery that is new costs before it is claimed.
func BenchmarkLoadAbsent(b *testing.B) {
	d, _ := claimed(b, 300_000)
	e := benchEvent()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Load(b.Context(), benchClaim(e).Key); err == nil {
			b.Fatal("it is there")
		}
	}
}

// BenchmarkExpiry removes claims that have ended.
func BenchmarkExpiry(b *testing.B) {
	d, keys := claimed(b, 300_000)
	x := &expiry{d: d}
	for b.Loop() {
		if removed, err := x.sweep(b.Context(), time.Now().Add(25*time.Hour)); err != nil || removed != len(keys) {
			b.Fatal(removed, err)
		}
		break
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(keys)), "ns/claim")
}
