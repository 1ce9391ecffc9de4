package badger

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

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

// TestClockSetAhead has the time that is deleted by go on as it was, until the clock is right again or has stayed ahead
// for an hour.
func TestClockSetAhead(t *testing.T) {
	start := time.Now()
	at := func(d time.Duration) time.Time { return start.Add(d).Round(0) }
	const h, m = time.Hour, time.Minute
	idle := event.FirstIDAt(at(-48 * h))
	type step struct{ wall, elapsed, want time.Duration }
	for _, test := range []struct {
		name   string
		latest event.ID
		warned int
		steps  []step
	}{
		{"right", event.ID{}, 0, []step{{m, m, m}, {61 * m, h, 61 * m}, {65 * m, m, 65 * m}}},
		{"an hour too late", event.ID{}, 1, []step{{0, 0, 0}, {h, m, m}, {h + m, m, 2 * m}, {3 * m, m, 3 * m}, {4 * m, m, 4 * m}}},
		{"a year ahead, and right", event.ID{}, 1, []step{
			{8760 * h, m, m}, {8760*h + 59*m, 59 * m, h}, {8761 * h, m, 8761 * h}, {8761*h + m, m, 8761*h + m},
		}},
		{"ahead twice", event.ID{}, 2, []step{{h, m, m}, {2 * m, m, 2 * m}, {2 * h, m, 3 * m}, {4 * h, h, 4 * h}}},
		{"set back", event.ID{}, 0, []step{{-5 * h, m, -5 * h}, {-5*h + m, m, -5*h + m}}},
		{"set back, and right again", event.ID{}, 1, []step{{-5 * h, m, -5 * h}, {2 * m, m, -5*h + m}, {h + 2*m, h, h + 2*m}}},
		{"of a store in use", event.FirstIDAt(at(-2 * m)), 0, []step{{0, 0, 0}, {m, m, m}}},
		{"of a store with events of the future", event.FirstIDAt(at(9 * h)), 0, []step{{0, 0, 0}, {m, m, m}}},
		{"of an idle store", idle, 0, []step{{0, 0, -48 * h}, {m, m, -48*h + m}, {h, 59 * m, h}, {h + m, m, h + m}}},
		{"of an idle store, set right", idle, 0, []step{{0, 0, -48 * h}, {-48 * h, m, -48 * h}, {-48*h + m, m, -48*h + m}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			core, warnings := observer.New(zap.WarnLevel)
			c := newClock(test.latest, start, zap.New(core))
			for i, s := range test.steps {
				if got := c.tell(at(s.wall), s.elapsed); got.Sub(at(s.want)).Abs() > time.Millisecond {
					t.Errorf("step %d tells %s, not %s", i, got.Sub(start), s.want)
				}
			}
			if warnings.Len() != test.warned {
				t.Errorf("warned %d times, want %d", warnings.Len(), test.warned)
			}
		})
	}
}

// TestClockOfIdleStore opens a store whose latest event is old, as one looks whose clock is wrong: it stays.
func TestClockOfIdleStore(t *testing.T) {
	c := testConfig(t)
	d := openTest(t, c)
	putTest(t, d, aged(time.Now(), 49*time.Hour, "orders", event.Completed), aged(time.Now(), 48*time.Hour, "orders", event.Completed))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	c.retention = 24 * time.Hour
	d = openTest(t, c)
	if err := d.Close(); err != nil { // and its own rounds are over
		t.Fatal(err)
	}
	if now := d.maintenance.clock.now(); time.Since(now).Round(time.Hour) != 48*time.Hour {
		t.Errorf("it deletes by %s", now)
	}
	wantCounts(t, openTest(t, c), "map[completed:2 failed:0 pending:0 skipped:0]")
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
