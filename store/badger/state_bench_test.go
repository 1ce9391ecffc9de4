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
		return d.Commit(ctx, store.Batch{Events: []*event.Event{e}, Entries: []store.Entry{benchClaim(e)}})
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

// fillClaims makes so many claims and gives their keys.
func fillClaims(b *testing.B, d *database, count int) []string {
	b.Helper()
	e := benchEvent()
	var keys []string
	for len(keys) < count {
		claims := make([]store.Entry, 1000)
		for i := range claims {
			claims[i] = benchClaim(e)
			keys = append(keys, claims[i].Key)
		}
		if err := d.Commit(b.Context(), store.Batch{Entries: claims}); err != nil {
			b.Fatal(err)
		}
	}
	return keys
}

const benchClaims = 300_000

func BenchmarkLoad(b *testing.B) {
	d := openTest(b, testConfig(b))
	keys := fillClaims(b, d, benchClaims)
	size, err := directorySize(d.path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Load(b.Context(), keys[rand.IntN(len(keys))]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/benchClaims, "B/claim")
}

// BenchmarkLoadAbsent is what a new delivery costs before it is claimed.
func BenchmarkLoadAbsent(b *testing.B) {
	d := openTest(b, testConfig(b))
	fillClaims(b, d, benchClaims)
	e := benchEvent()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Load(b.Context(), benchClaim(e).Key); err == nil {
			b.Fatal("it is there")
		}
	}
}

// BenchmarkExpiry removes claims that have ended, as many at a time as a sweep does.
func BenchmarkExpiry(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	x := &expiry{d: d, removed: []byte{endPrefix}}
	for b.Loop() {
		places, err := x.find(time.Now().Add(25*time.Hour), quietLength)
		if err != nil {
			b.Fatal(err)
		}
		if len(places) == 0 {
			b.StopTimer()
			fillClaims(b, d, 100*quietLength)
			b.StartTimer()
			continue
		}
		if err := x.remove(b.Context(), places); err != nil {
			b.Fatal(err)
		}
		x.removed = places[len(places)-1]
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/quietLength, "ns/claim")
}
