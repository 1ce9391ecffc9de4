package badger

import (
	"context"
	"errors"
	"fmt"
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
	for i := range 3 * quietLength {
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
	found, err := s.find(newestID, quietLength)
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

// sweepOne deletes the oldest finished events, with one operation.
func sweepOne(ctx context.Context, d *database) (int, error) {
	d.maintenance.mutex.Lock() // the maintenance does one thing at a time
	defer d.maintenance.mutex.Unlock()
	deleted, _, err := newSweeper(d).sweep(ctx, time.Now(), newestID, 1)
	return deleted, err
}

func wantCounts(t *testing.T, d *database, want string) {
	t.Helper()
	counts, err := d.Count(t.Context(), "")
	if got := fmt.Sprint(counts); err != nil || got != want {
		t.Errorf("counts are %s, %v, not %s", got, err, want)
	}
}
