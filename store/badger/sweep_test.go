package badger

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// aged makes an event that was received so long before now.
func aged(now time.Time, age time.Duration, connector string, status event.Status) *event.Event {
	e := storetest.NewEvent(connector, status)
	id := event.FirstIDAt(now.Add(-age))
	copy(e.ID[:6], id[:6])
	return e
}

func putTest(t testing.TB, d *database, events ...*event.Event) {
	t.Helper()
	if err := d.Put(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

func TestRetention(t *testing.T) {
	c := testConfig(t)
	c.retention = 30 * 24 * time.Hour
	d := openTest(t, c)
	now := time.Now()
	old := aged(now, 31*24*time.Hour, "orders", event.Failed)
	oldPending := aged(now, 32*24*time.Hour, "orders", event.Pending)
	young := aged(now, 29*24*time.Hour, "orders", event.Completed)
	young.RetryOf = &old.ID
	var many []*event.Event
	for i := range 3 * sweepLength {
		many = append(many, aged(now, 40*24*time.Hour, fmt.Sprint("connector-", i%5), event.Statuses[i%3]))
	}
	putTest(t, d, many...)
	putTest(t, d, old, oldPending, young)

	if err := d.maintenance.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:1 skipped:0]")
	page, err := d.List(t.Context(), store.Query{})
	if err != nil || len(page.Events) != 2 || page.Events[0].ID != young.ID || page.Events[1].ID != oldPending.ID {
		t.Errorf("left are %+v, %v", page, err)
	}
	if _, err := d.Get(t.Context(), many[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted event gives %v", err)
	}
	for _, connector := range []string{"orders", "connector-1"} {
		page, err := d.List(t.Context(), store.Query{Connector: connector, Limit: 500})
		if want := map[string]int{"orders": 2}[connector]; err != nil || len(page.Events) != want {
			t.Errorf("%s has %d events, %v", connector, len(page.Events), err)
		}
	}

	// Once it is finished, an old pending event goes too; and so does the young one, in time.
	oldPending.Status = event.Failed
	putTest(t, d, oldPending)
	if err := d.maintenance.round(t.Context(), now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
	if err := d.maintenance.round(t.Context(), now.Add(2*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, d, "map[completed:0 failed:0 pending:0 skipped:0]")
	wantKeys(t, d, 0)
}

func TestKeepForever(t *testing.T) {
	d := openTest(t, testConfig(t))
	now := time.Now()
	putTest(t, d, aged(now, 50*365*24*time.Hour, "orders", event.Completed))
	if err := d.maintenance.round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
}

// TestSweepIsIdempotent deletes what another sweep has deleted.
func TestSweepIsIdempotent(t *testing.T) {
	d := openTest(t, testConfig(t))
	e := storetest.NewEvent("orders", event.Completed)
	putTest(t, d, e, storetest.NewEvent("orders", event.Completed))
	s := newSweeper(d)
	found, err := s.find(newestID)
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	var group sync.WaitGroup
	for range 4 {
		own := append([]deletion(nil), found[:1]...)
		group.Go(func() {
			if err := s.remove(t.Context(), own); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
}

// TestMaxSize lets the database grow over its bound: the oldest events go, and the file system has their space again.
func TestMaxSize(t *testing.T) {
	const bound, length, each = 64 << 20, 250, 8000
	c := testConfig(t)
	c.maxSize = bound
	d := openTest(t, c)
	payload := []byte(`"` + strings.Repeat("x", each) + `"`)
	pending := storetest.NewEvent("orders", event.Pending)
	putTest(t, d, pending)
	var newest event.ID
	written := 0
	for written < 2*bound {
		events := make([]*event.Event, length)
		for i := range events {
			events[i] = storetest.NewEvent("orders", event.Statuses[i%3])
			events[i].Payload = payload
			newest = events[i].ID
		}
		putTest(t, d, events...)
		if written += length * each; written%(bound/8) < length*each {
			if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	stats, err := d.Stats(t.Context())
	if err != nil || stats.Bytes > bound+bound/4 {
		t.Errorf("the directory has %d MiB, %v, and its bound is %d MiB", stats.Bytes>>20, err, bound>>20)
	}
	for _, id := range []event.ID{newest, pending.ID} {
		if _, err := d.Get(t.Context(), id); err != nil {
			t.Errorf("event %s: %v", id, err)
		}
	}
	counts, err := d.Count(t.Context(), "")
	if kept := counts[event.Completed] + counts[event.Skipped] + counts[event.Failed]; err != nil ||
		kept*each < bound/4 || kept*each > bound {
		t.Errorf("%d events of %d bytes are kept, %v", kept, each, err)
	}
	t.Logf("%d MiB on disk of %d MiB written; %v", stats.Bytes>>20, written>>20, counts)
}

func wantCounts(t *testing.T, d *database, want string) {
	t.Helper()
	counts, err := d.Count(t.Context(), "")
	if got := fmt.Sprint(counts); err != nil || got != want {
		t.Errorf("counts are %s, %v, not %s", got, err, want)
	}
}
