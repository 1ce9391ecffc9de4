package badger

import (
	"errors"
	"testing"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

func TestFloor(t *testing.T) {
	d := openTest(t, testConfig(t))
	e := storetest.NewEvent("orders", event.Completed)
	if err := d.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}

	// No disk has that much: writes measure for themselves and refuse, too.
	d.health.floor.Store(1 << 62)
	for what, err := range map[string]error{
		"ready": d.Ready(t.Context()),
		"put":   d.Put(t.Context(), storetest.NewEvent("orders", event.Completed)),
	} {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s on a full disk answers %v", what, err)
		}
		wantMessage(t, err, d.path+" has ")
		wantMessage(t, err, "(min_free is 4.0 EiB): free disk space, or keep events for a shorter time (retention)")
	}
	// What is there can be read, and what is too old deleted.
	if _, err := d.Get(t.Context(), e.ID); err != nil {
		t.Error(err)
	}
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 1 {
		t.Errorf("the sweep deleted %d, %v", deleted, err)
	}

	// Between half of the floor and the floor, work that was begun is recorded.
	d.health.floor.Store(d.health.free.Load() / 2 * 3)
	wantUnavailable(t, d.Ready(t.Context()))
	if err := d.Put(t.Context(), e); err != nil {
		t.Errorf("put above half of the floor: %v", err)
	}

	// And with room again it all goes on.
	d.health.floor.Store(leastMinFree)
	if err := d.Ready(t.Context()); err != nil {
		t.Errorf("ready with room again: %v", err)
	}
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	unavailable, ok := errors.AsType[*store.Unavailable](err)
	if !ok || !errors.Is(err, store.ErrUnavailable) || unavailable.Remedy == "" {
		t.Errorf("the error is %v and should be an Unavailable with a remedy", err)
	}
}

// TestFailedSync has Badger say, to its logger alone, that the value log could not be synced.
func TestFailedSync(t *testing.T) {
	c := testConfig(t)
	c.retention = time.Hour
	d := openTest(t, c)
	kept := storetest.NewEvent("orders", event.Completed)
	if err := d.Put(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	d.writer.log.Errorf("Error while curlf sync: %v\n", errors.New("input/output error"))
	for range 2 {
		err := d.Put(t.Context(), storetest.NewEvent("orders", event.Completed))
		wantUnavailable(t, err)
		wantMessage(t, err, "write to "+d.path+": sync the value log: Error while curlf sync: input/output error: "+
			"see to the disk, then restart")
	}
	wantUnavailable(t, d.Ready(t.Context()))
	if _, err := d.Get(t.Context(), kept.ID); err != nil {
		t.Errorf("what is there can be read: %v", err)
	}
	if err := d.maintenance.round(t.Context(), kept.ID.Time().AddDate(1, 0, 0)); err != nil {
		t.Error(err)
	}
	if _, err := d.Get(t.Context(), kept.ID); err != nil {
		t.Errorf("nothing is deleted any more: %v", err)
	}
}

// TestReadAfterFailedWrite panics as Badger does when it could not make a table to write to.
func TestReadAfterFailedWrite(t *testing.T) {
	d := openTest(t, testConfig(t))
	read := func(*badgerdb.Txn) error { panic("nil memtable") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic of a healthy database was kept silent")
			}
		}()
		_ = d.view(read)
	}()
	_ = d.health.fail(errors.New("input/output error"))
	err := d.view(read)
	wantUnavailable(t, err)
	wantMessage(t, err, "nil memtable")
}
