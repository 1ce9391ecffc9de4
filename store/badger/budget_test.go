package badger

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store/storetest"
)

// sized is the JSON of a payload of about so many bytes, which no compression makes smaller than half.
func sized(bytes int) []byte { return fmt.Appendf(nil, "%q", hex.EncodeToString(noise(bytes/2))) }

// watchSize looks at a directory all the time and gives the most that its files took, in bytes.
func watchSize(t *testing.T, path string) (stop func() int64) {
	t.Helper()
	done, largest := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for ticker := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-done:
				ticker.Stop()
				largest <- most
				return
			case <-ticker.C:
			}
			size, err := directorySize(path)
			if err != nil {
				t.Error(err)
			}
			most = max(most, size)
		}
	}()
	return func() int64 {
		close(done)
		return <-largest
	}
}

// TestMaxSize has writers put as much as they can, three times what the database may take: whenever one looks, its
// files take no more than that, and no writer waits for long. The bound needs no slack, because what Badger may take by
// itself is kept free below it.
func TestMaxSize(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 768 MiB; and the race detector, which runs the short tests, finds Badger's DB.MaxVersion racing with a " +
			"write, which makes a rewrite of the value log keep more than it must")
	}
	const bound, each, writers, times = 256 << 20, 8000, 4, int64(3)
	c := testConfig(t)
	c.maxSize = bound
	d := openTest(t, c)
	pending := storetest.NewEvent("orders", event.Pending)
	putTest(t, d, pending)
	largest := watchSize(t, d.path)
	var written, refused atomic.Int64
	var newest atomic.Pointer[event.Event]
	var group sync.WaitGroup
	payload := sized(each)
	for range writers {
		group.Go(func() {
			for i := 0; written.Load() < times*bound && !t.Failed(); i++ {
				since := time.Now()
				awaitReady(t, d, time.Minute)
				refused.Add(int64(time.Since(since)))
				e := storetest.NewEvent("orders", event.Statuses[i%3])
				e.Payload = payload
				// What is ready takes what was begun: so much cannot be begun by a few writers.
				if err := d.Put(t.Context(), e); err != nil {
					t.Error(err)
				}
				newest.Store(e)
				written.Add(each)
			}
		})
	}
	group.Wait()
	most := largest()
	if most > bound {
		t.Errorf("the directory took %d MiB, and its bound is %d MiB", most>>20, bound>>20)
	}
	if most < bound/2 {
		t.Errorf("the directory took no more than %d MiB of %d MiB", most>>20, bound>>20)
	}
	for _, id := range []event.ID{newest.Load().ID, pending.ID} {
		if _, err := d.Get(t.Context(), id); err != nil {
			t.Errorf("event %s: %v", id, err)
		}
	}
	counts, err := d.Count(t.Context(), "")
	if kept := counts[event.Completed] + counts[event.Skipped] + counts[event.Failed]; err != nil || kept*each < bound/4 {
		t.Errorf("%d events of %d bytes are kept, %v", kept, each, err)
	}
	t.Logf("at most %d MiB on disk of %d MiB written; each writer was kept waiting for %s",
		most>>20, written.Load()>>20, time.Duration(refused.Load()/writers))
}

// awaitReady waits until new work is taken.
func awaitReady(t *testing.T, d *database, patience time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		err := d.Ready(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the store stays %v", err)
			return
		}
	}
}

// TestMaxSizeOfPending fills a database with events that may not be deleted: it refuses more, and says why. Once some
// are finished they go, and it takes new ones.
func TestMaxSizeOfPending(t *testing.T) {
	const bound, each = 128 << 20, 50_000
	c := testConfig(t)
	c.maxSize = bound
	d := openTest(t, c)
	largest := watchSize(t, d.path)
	payload := sized(each)
	var pending []*event.Event
	full := func() error {
		for d.Ready(t.Context()) == nil {
			if len(pending) > bound/each {
				t.Fatal("it takes more than it may have")
			}
			e := storetest.NewEvent("orders", event.Pending)
			e.Payload = payload
			putTest(t, d, e)
			pending = append(pending, e)
		}
		if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		return d.Ready(t.Context())
	}
	// What Badger itself gives back meanwhile is used, too: that comes to an end.
	err := full()
	for deadline := time.Now().Add(time.Minute); err == nil; err = full() {
		if time.Now().After(deadline) {
			t.Fatal("it is never full")
		}
	}
	wantUnavailable(t, err)
	wantMessage(t, err, d.path+" takes ")
	wantMessage(t, err, " of 128 MiB (max_size) and has no finished event that could be deleted: raise max_size")
	wantCounts(t, d, fmt.Sprintf("map[completed:0 failed:0 pending:%d skipped:0]", len(pending)))

	// A backup is in nobody's way: it would give nothing back.
	slow := newSlowWriter()
	backup := make(chan error, 1)
	go func() { backup <- d.Backup(context.Background(), slow) }()
	<-slow.entered
	if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	close(slow.release)
	if err := <-backup; err != nil {
		t.Error(err)
	}

	// Whoever goes on all the same does not break the bound either.
	for {
		e := storetest.NewEvent("orders", event.Pending)
		e.Payload = payload
		if err := d.Put(t.Context(), e); err != nil {
			wantUnavailable(t, err)
			break
		}
		pending = append(pending, e)
		if len(pending) > bound/each {
			t.Fatal("it takes more than it may have")
		}
	}
	for _, e := range pending[len(pending)/2:] {
		if _, err := d.Get(t.Context(), e.ID); err != nil {
			t.Fatal(err)
		}
	}
	if most := largest(); most > bound {
		t.Errorf("the directory took %d MiB, and its bound is %d MiB", most>>20, bound>>20)
	}
}

// TestMaxSizeResumes finishes events of a store that is full of pending ones.
func TestMaxSizeResumes(t *testing.T) {
	const bound, each = 128 << 20, 50_000
	c := testConfig(t)
	c.maxSize = bound
	d := openTest(t, c)
	payload := sized(each)
	var pending []*event.Event
	for d.Ready(t.Context()) == nil && len(pending) < bound/each {
		e := storetest.NewEvent("orders", event.Pending)
		e.Payload = payload
		putTest(t, d, e)
		pending = append(pending, e)
	}
	for _, e := range pending[:len(pending)/2] {
		e.Status, e.Payload = event.Completed, nil
		putTest(t, d, e)
	}
	if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, d, time.Minute)
	counts, err := d.Count(t.Context(), "")
	if err != nil || counts[event.Pending] != int64(len(pending)-len(pending)/2) {
		t.Errorf("counts are %v, %v; %d were pending", counts, err, len(pending))
	}
}

// TestRetentionSpace has events end with their retention: the file system has their space again.
func TestRetentionSpace(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a store and measures what the file system gets back")
	}
	const count, each, batch = 12_000, 8000, 100
	c := testConfig(t)
	c.retention = time.Hour
	d := openTest(t, c)
	now := time.Now()
	payload := sized(each)
	for range count / batch {
		events := make([]*event.Event, batch)
		for i := range events {
			events[i] = aged(now, 30*time.Minute, "orders", event.Statuses[i%3])
			events[i].Payload = payload
		}
		putTest(t, d, events...)
	}
	full, err := directorySize(d.path)
	if err != nil || full < count*each {
		t.Fatalf("the directory has %d MiB, %v", full>>20, err)
	}
	young := storetest.NewEvent("orders", event.Completed)
	putTest(t, d, young)
	if err := d.maintenance.round(t.Context(), now.Add(45*time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
	left, err := directorySize(d.path)
	if err != nil || left > full/3 {
		t.Errorf("of %d MiB there are %d MiB left, %v", full>>20, left>>20, err)
	}
	t.Logf("%d MiB of %d MiB are left", left>>20, full>>20)
}

func TestBudget(t *testing.T) {
	const mb = 1 << 20
	for _, test := range []struct {
		name                             string
		bound, used, background          int64
		spent, deletes, refuses, unready bool
	}{
		{name: "no bound", used: 1 << 40},
		{name: "empty", bound: 512, background: 16},
		{name: "far below", bound: 512, used: 300, background: 16},
		{name: "begins to delete", bound: 512, used: 385, background: 16, deletes: true},
		{name: "refuses new work", bound: 512, used: 433, background: 16, deletes: true, unready: true},
		{name: "refuses everything", bound: 512, used: 465, background: 16, deletes: true, unready: true, refuses: true},
		{name: "for more background", bound: 512, used: 300, background: 200, deletes: true, unready: true, refuses: true},
		{name: "above", bound: 512, used: 600, background: 16, deletes: true, unready: true, refuses: true, spent: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBudget("/store", test.bound*mb)
			b.used.Store(test.used * mb)
			b.spent.Store(test.spent)
			background := test.background * mb
			if got := b.excess(background) > 0; got != test.deletes {
				t.Errorf("deletes: %t", got)
			}
			err := b.ready(background)
			if (err != nil) != test.unready {
				t.Errorf("ready: %v", err)
			}
			if err != nil {
				wantUnavailable(t, err)
				if got := strings.Contains(err.Error(), "no finished event"); got != test.spent {
					t.Error(err)
				}
			}
			if got := test.bound > 0 && b.room(background) < deletingSpace; got != test.refuses {
				t.Errorf("refuses: %t", got)
			}
		})
	}
}

// TestBudgetMeasures: near the bound an old measurement does not count.
func TestBudgetMeasures(t *testing.T) {
	b := newBudget(t.TempDir(), 128<<20)
	b.used.Store(127 << 20)
	b.measured.Store(time.Now().UnixNano())
	wantUnavailable(t, b.refusal(0))
	b.measured.Store(time.Now().Add(-time.Second).UnixNano())
	if err := b.refusal(0); err != nil || b.used.Load() > 1<<20 {
		t.Errorf("an empty directory takes %d bytes, %v", b.used.Load(), err)
	}
}
