package badger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

func testJob(connector, key string) store.Job {
	id := event.NewID()
	return store.Job{ID: id, Connector: connector, Key: key, Due: time.Now(), Payload: []byte(id.String())}
}

func enqueueTest(t testing.TB, d *database, jobs ...store.Job) {
	t.Helper()
	if err := d.Enqueue(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
}

func leaseTest(t testing.TB, d *database, n int, ttl time.Duration) []store.Leased {
	t.Helper()
	leases, err := d.Lease(t.Context(), n, ttl, nil)
	if err != nil {
		t.Fatal(err)
	}
	return leases
}

// TestQueueLeavesNothing: jobs that are done take no space, on the disk or in memory.
func TestQueueLeavesNothing(t *testing.T) {
	d := openTest(t, testConfig(t))
	for _, key := range []string{"", "x", "x", "y"} {
		enqueueTest(t, d, testJob("orders", key), testJob("invoices", key))
	}
	wantKeys(t, d, 16)
	for round, left := 0, 8; left > 0; round++ {
		for i, leased := range leaseTest(t, d, 10, time.Hour) {
			if round == 0 && i%2 == 0 {
				if err := d.Nack(t.Context(), leased.Lease, 0); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if err := d.Ack(t.Context(), leased.Lease); err != nil {
				t.Fatal(err)
			}
			left--
		}
	}
	wantKeys(t, d, 0)
	s := d.schedule
	if left := len(s.jobs) + len(s.lines) + s.open.Len() + s.later.Len() + s.leased.Len() + s.settled; left > 0 {
		t.Errorf("%+v has something left", s)
	}
	if removed := s.takeRemoved(); removed != 8 || s.takeRemoved() != 0 {
		t.Errorf("%d jobs were removed, not 8", removed)
	}
}

// TestQueueFloor: on a full disk nothing is begun of which the end could not be recorded, and what is done may go.
func TestQueueFloor(t *testing.T) {
	d := openTest(t, testConfig(t))
	enqueueTest(t, d, testJob("orders", ""), testJob("orders", ""), testJob("orders", ""))
	leases := leaseTest(t, d, 2, time.Hour)
	floor := d.health.floor.Load()
	d.health.floor.Store(1 << 62)
	wantUnavailable(t, d.Enqueue(t.Context(), testJob("orders", "")))
	wantUnavailable(t, d.Nack(t.Context(), leases[0].Lease, 0))
	wantUnavailable(t, second(d.Lease(t.Context(), 1, time.Hour, nil)))
	if err := d.Extend(t.Context(), leases[0].Lease, time.Hour); err != nil {
		t.Error(err)
	}
	if err := d.Ack(t.Context(), leases[1].Lease); err != nil {
		t.Error(err)
	}
	d.health.floor.Store(floor)
	if last := leaseTest(t, d, 10, time.Hour); len(last) != 1 || last[0].Attempt != 1 || last[0].Interrupted {
		t.Errorf("after that %+v are leased", last)
	}
}

// TestLeaseOfDamaged: a payload that cannot be read keeps no other job back.
func TestLeaseOfDamaged(t *testing.T) {
	d := openTest(t, testConfig(t))
	first, damaged, last := testJob("orders", ""), testJob("orders", ""), testJob("orders", "")
	enqueueTest(t, d, first, damaged, last)
	damage(t, d, payloadKey(damaged.ID), nil)
	err := second(d.Lease(t.Context(), 10, time.Hour, nil))
	wantMessage(t, err, "lease in the queue of "+d.path+": payload of job "+damaged.ID.String())
	leases := leaseTest(t, d, 10, time.Hour)
	if len(leases) != 2 || leases[0].ID != first.ID || leases[1].ID != last.ID || leases[0].Attempt != 1 {
		t.Errorf("after that %+v are leased", leases)
	}
}

func TestOpenDamagedQueue(t *testing.T) {
	c := testConfig(t)
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	job := testJob("orders", "")
	damage(t, s.(*database), jobKey(job.ID), []byte("short"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = open(c, zap.NewNop())
	wantMessage(t, err, "read the queue of "+c.path+": job "+job.ID.String())
}

// TestCommitOfJobsTooLarge ends no lease and adds no job.
func TestCommitOfJobsTooLarge(t *testing.T) {
	d := openTest(t, testConfig(t))
	enqueueTest(t, d, testJob("orders", ""))
	held := leaseTest(t, d, 1, time.Hour)[0]
	batch := store.Batch{Acks: []store.Lease{held.Lease}}
	for range 20_000 {
		batch.Jobs = append(batch.Jobs, store.Job{ID: event.NewID(), Connector: "orders"})
	}
	wantMessage(t, d.Commit(t.Context(), batch), "0 entries and 20001 jobs are more than one transaction takes")
	if depth, err := d.Depth(t.Context()); err != nil || depth.Pending != 0 || depth.Leased != 1 {
		t.Errorf("the depth is %+v, %v", depth, err)
	}
	// Alone they need not be in one transaction.
	enqueueTest(t, d, batch.Jobs...)
	if leases := leaseTest(t, d, 30_000, time.Hour); len(leases) != 20_000 {
		t.Errorf("%d are leased", len(leases))
	}
}

// TestEnqueueOfDone asks for the event, wherever it comes from.
func TestEnqueueOfDone(t *testing.T) {
	d := openTest(t, testConfig(t))
	done, pending := storetest.NewEvent("orders", event.Failed), storetest.NewEvent("orders", event.Pending)
	if err := d.Put(t.Context(), done, pending); err != nil {
		t.Fatal(err)
	}
	enqueueTest(t, d, store.Job{ID: done.ID, Connector: "orders"}, store.Job{ID: pending.ID, Connector: "orders"})
	if leases := leaseTest(t, d, 10, time.Hour); len(leases) != 1 || leases[0].ID != pending.ID {
		t.Errorf("%+v are leased", leases)
	}
}

func TestQueueAfterFailedWrite(t *testing.T) {
	d := openTest(t, testConfig(t))
	enqueueTest(t, d, testJob("orders", ""))
	held := leaseTest(t, d, 1, time.Hour)[0]
	failure := d.health.fail(errors.New("input/output error"))
	wantUnavailable(t, failure)
	wantUnavailable(t, d.Ack(t.Context(), held.Lease))
	wantUnavailable(t, d.Enqueue(t.Context(), testJob("orders", "")))
}

func TestHeader(t *testing.T) {
	text := func(most int) *rapid.Generator[string] { return rapid.StringN(0, -1, most) }
	rapid.Check(t, func(t *rapid.T) {
		want := header{
			id: ids.Draw(t, "id"), connector: text(255).Draw(t, "connector"), key: text(256).Draw(t, "key"),
			due:     time.UnixMilli(rapid.Int64Range(0, 1<<48).Draw(t, "due")),
			attempt: rapid.IntRange(0, 1<<31).Draw(t, "attempt"),
			leased:  rapid.Bool().Draw(t, "leased"), payload: rapid.Bool().Draw(t, "payload"),
		}
		got, err := parseHeader(want.id, want.encode())
		if err != nil || *got != want {
			t.Fatalf("%+v is read as %+v, %v", want, got, err)
		}
	})
	early := header{due: time.Time{}, connector: "c"}
	if got, err := parseHeader(early.id, early.encode()); err != nil || !got.due.Equal(time.UnixMilli(0)) {
		t.Errorf("the zero time is read as %+v, %v", got, err)
	}
}

func FuzzParseHeader(f *testing.F) {
	good := header{connector: "orders", key: "customer", due: time.Now(), attempt: 3, leased: true}
	f.Add(good.encode())
	f.Add([]byte{})
	f.Add([]byte(strings.Repeat("\xff", headerSize)))
	f.Fuzz(func(t *testing.T, value []byte) {
		h, err := parseHeader(event.ID{}, value)
		if err == nil && headerSize+len(h.connector)+len(h.key) != len(value) {
			t.Errorf("%q is read as %+v", value, h)
		}
	})
}
