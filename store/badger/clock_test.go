package badger

import (
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// TestClockSetBack sets the clock back by an hour between two rounds of maintenance: nothing is deleted early, what has
// come meanwhile goes in its time, and leases, which count from the start of the process, do not mind.
func TestClockSetBack(t *testing.T) {
	c := testConfig(t)
	c.retention = 24 * time.Hour
	d := openTest(t, c)
	// It is an hour ahead at first and right afterwards: the database's own rounds, whenever they come, find nothing else
	// to delete than these do.
	now := time.Now().Add(time.Hour)
	round := func(at time.Time, want string) {
		t.Helper()
		if err := d.maintenance.round(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, d, want)
	}
	old := aged(now, 25*time.Hour, "orders", event.Completed)
	kept := aged(now, 23*time.Hour, "orders", event.Completed)
	putTest(t, d, old, kept)
	round(now, "map[completed:1 failed:0 pending:0 skipped:0]")

	back := now.Add(-time.Hour)
	// By the clock of before this one would be gone already; by that of now it is young enough.
	late := aged(back, 23*time.Hour+30*time.Minute, "orders", event.Completed)
	putTest(t, d, late)
	round(back, "map[completed:2 failed:0 pending:0 skipped:0]")
	round(back.Add(45*time.Minute), "map[completed:1 failed:0 pending:0 skipped:0]")
	round(back.Add(26*time.Hour), "map[completed:0 failed:0 pending:0 skipped:0]")

	// A job that was due an hour from now by the clock of before is due in time, whatever the clock says by then.
	job := storetest.NewEvent("orders", event.Pending)
	if err := d.Enqueue(t.Context(), store.Job{ID: job.ID, Connector: "orders", Due: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	leases := leaseTest(t, d, 1, time.Hour)
	if len(leases) != 1 || time.Until(leases[0].Until) < 59*time.Minute {
		t.Fatalf("the leases are %+v", leases)
	}
	if again := leaseTest(t, d, 1, time.Hour); len(again) != 0 {
		t.Errorf("a leased job was handed out again: %+v", again)
	}
	if err := d.Ack(t.Context(), leases[0].Lease); err != nil {
		t.Error(err)
	}
}

// TestIDsOfClockSetBack restarts on a store whose events are of the future, as after a clock that was set back: the new
// ones are listed behind them, by their ids, and a page leads to the next one without a gap.
func TestIDsOfClockSetBack(t *testing.T) {
	c := testConfig(t)
	d := openTest(t, c)
	now := time.Now()
	future := aged(now, -time.Hour, "orders", event.Completed)
	present := storetest.NewEvent("orders", event.Completed)
	next := storetest.NewEvent("orders", event.Completed)
	putTest(t, d, future, present, next)
	var listed []event.ID
	query := store.Query{Limit: 1}
	for {
		page, err := d.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, page.Events[0].ID)
		if query.Before = page.Next; !page.More {
			break
		}
	}
	want := []event.ID{future.ID, next.ID, present.ID}
	if len(listed) != len(want) {
		t.Fatalf("listed are %v", listed)
	}
	for i := range want {
		if listed[i] != want[i] {
			t.Errorf("event %d is %s, not %s", i, listed[i], want[i])
		}
	}
}
