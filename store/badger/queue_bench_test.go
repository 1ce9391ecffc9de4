package badger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// BenchmarkQueue has 64 producers, each of which does a job for each that it adds.
func BenchmarkQueue(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	benchmarkWriters(b, 64, func(ctx context.Context) error {
		if err := d.Enqueue(ctx, testJob("orders", "")); err != nil {
			return err
		}
		leases, err := d.Lease(ctx, 1, time.Hour, nil)
		if err == nil && len(leases) == 0 {
			err = errors.New("nothing to lease")
		}
		if err != nil {
			return err
		}
		return d.Ack(ctx, leases[0].Lease)
	})
}

// BenchmarkQueueDelivery is what an asynchronous delivery costs: its event of 2 KB, job and claim, the lease, and the
// finished event.
func BenchmarkQueueDelivery(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	benchmarkWriters(b, 64, func(ctx context.Context) error {
		e := storetest.NewEvent("orders", event.Pending)
		e.Payload = benchPayload
		accepted := store.Batch{
			Events: []*event.Event{e}, Entries: []store.Entry{benchClaim(e)},
			Jobs: []store.Job{{ID: e.ID, Connector: e.Connector, Due: time.Now()}},
		}
		if err := d.Commit(ctx, accepted); err != nil {
			return err
		}
		leases, err := d.Lease(ctx, 1, time.Hour, nil)
		if err != nil {
			return err
		}
		done := benchEvent()
		done.ID = leases[0].ID
		return d.Commit(ctx, store.Batch{Events: []*event.Event{done}, Acks: []store.Lease{leases[0].Lease}})
	})
}

const benchJobs = 100_000

func fillJobs(b *testing.B, d *database) {
	b.Helper()
	for filled := 0; filled < benchJobs; {
		jobs := make([]store.Job, 1000)
		for i := range jobs {
			jobs[i] = testJob(fmt.Sprint("connector-", filled%20), fmt.Sprint("key-", filled/7))
			filled++
		}
		enqueueTest(b, d, jobs...)
	}
}

// BenchmarkLease leases 64 of 100,000 jobs at a time, whose leases end at once.
func BenchmarkLease(b *testing.B) {
	c := testConfig(b)
	c.sync = true
	d := openTest(b, c)
	fillJobs(b, d)
	b.ReportAllocs()
	for b.Loop() {
		if leases, err := d.Lease(b.Context(), 64, 1, nil); err != nil || len(leases) != 64 {
			b.Fatal(len(leases), err)
		}
	}
}

// BenchmarkLeaseInMemory is the part of BenchmarkLease that others wait for.
func BenchmarkLeaseInMemory(b *testing.B) {
	d := openTest(b, testConfig(b))
	fillJobs(b, d)
	b.ReportAllocs()
	for b.Loop() {
		if jobs := d.schedule.lease(64, 1, nil); len(jobs) != 64 {
			b.Fatal(len(jobs))
		}
	}
}

func BenchmarkDepth(b *testing.B) {
	d := openTest(b, testConfig(b))
	fillJobs(b, d)
	b.ReportAllocs()
	for b.Loop() {
		if depth, err := d.Depth(b.Context()); err != nil || depth.Pending != benchJobs {
			b.Fatal(depth, err)
		}
	}
}

// BenchmarkLoadSchedule is what 100,000 jobs add to the time that a store takes to open.
func BenchmarkLoadSchedule(b *testing.B) {
	c := testConfig(b)
	s, err := open(c, zap.NewNop())
	if err != nil {
		b.Fatal(err)
	}
	fillJobs(b, s.(*database))
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	d := openTest(b, c)
	b.ReportAllocs()
	for b.Loop() {
		if schedule, err := loadSchedule(d.db); err != nil || len(schedule.jobs) != benchJobs {
			b.Fatal(err)
		}
	}
}
