package badger

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// TestDamagedSummary flips a bit of a summary that is in the value log: there is the event to make it of.
func TestDamagedSummary(t *testing.T) {
	c := testConfig(t)
	bad := storetest.NewEvent("orders", event.Failed)
	bad.Error = &event.Error{
		Step: event.StepPerform, Code: event.CodePerformFailed, Message: "m",
		Detail: "Nothing" + strings.Repeat(" at all", valueThreshold),
	}
	bad.RetryOf = &bad.ID
	// The last file of the value log Badger would cut off at the damage.
	for _, events := range [][]*event.Event{{bad, storetest.NewEvent("orders", event.Completed)}, nil} {
		s, err := open(c, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Put(t.Context(), events...), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files(t, c.path, "*.vlog") {
		content := strings.ReplaceAll(string(read(t, name)), "Nothing", "Mothing")
		// The event has it as JSON.
		write(t, name, strings.ReplaceAll(content, `"Mothing`, `"Nothing`))
	}

	d := openTest(t, c)
	for name, query := range map[string]store.Query{
		"all": {}, "connector": {Connector: "orders"}, "status": {Status: event.Failed}, "search": {Search: "nothing"},
	} {
		page, err := d.List(t.Context(), query)
		at := slices.IndexFunc(page.Events, func(s event.Summary) bool { return s.ID == bad.ID })
		if err != nil || at < 0 {
			t.Errorf("%s: %+v, %v", name, page, err)
			continue
		}
		if diff := cmp.Diff(bad.Summary(), page.Events[at]); diff != "" {
			t.Errorf("%s: it is listed otherwise:\n%s", name, diff)
		}
	}
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 2 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	wantCounts(t, d, "map[completed:0 failed:0 pending:0 skipped:0]")
	wantKeys(t, d, 0)
}

// lose makes an event, and its summary, unreadable.
func lose(t *testing.T, d *database, e *event.Event) {
	t.Helper()
	damage(t, d, eventKey(e.ID), nil)
	damage(t, d, listed(statusList(e.Status), e.ID), nil)
}

// TestLostEvent has nothing but keys of an event: it is listed by them, and deleted with all of them.
func TestLostEvent(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	s, err := open(testConfig(t), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := s.(*database)
	original := storetest.NewEvent("orders", event.Failed)
	lost := storetest.NewEvent("orders", event.Failed)
	lost.RetryOf = &original.ID
	// Connectors whose names come before and after are not taken for its own.
	putTest(t, d, original, lost, storetest.NewEvent("order", event.Failed), storetest.NewEvent("orders-2", event.Failed))
	lose(t, d, lost)

	want := event.Summary{
		ID: lost.ID, Status: event.Failed, Connector: "orders", ReceivedAt: event.At(lost.ID.Time()),
	}
	for name, query := range map[string]store.Query{"all": {}, "connector": {Connector: "orders"}} {
		page, err := d.List(t.Context(), query)
		at := slices.IndexFunc(page.Events, func(s event.Summary) bool { return s.ID == lost.ID })
		if err != nil || at < 0 || !cmp.Equal(want, page.Events[at]) {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	if page, err := d.List(t.Context(), store.Query{Search: "a"}); err != nil || len(page.Events) != 3 {
		t.Errorf("a search finds %+v, %v", page, err)
	}

	for _, deleted := range []int{4, 0} {
		if n, err := sweepOne(t.Context(), d); err != nil || n != deleted {
			t.Errorf("%d deleted, %v, not %d", n, err, deleted)
		}
	}
	wantCounts(t, d, "map[completed:0 failed:0 pending:0 skipped:0]")
	wantKeys(t, d, 0)
	if told := logs.FilterMessageSnippet("could not be read any more").All(); len(told) != 1 ||
		told[0].ContextMap()["event"] != lost.ID.String() || told[0].ContextMap()["connector"] != "orders" {
		t.Errorf("the log has %+v", told)
	}
}

// TestUnownedEvent has no connector's list for the event either: it goes all the same, and no count of others changes.
func TestUnownedEvent(t *testing.T) {
	d := openTest(t, testConfig(t))
	lost, other := storetest.NewEvent("orders", event.Completed), storetest.NewEvent("other", event.Completed)
	lost.RetryOf = &other.ID
	putTest(t, d, lost, other)
	lose(t, d, lost)
	err := d.db.Update(func(txn *badgerdb.Txn) error {
		return txn.Delete(listed(connectorList(lost.Connector, lost.Status), lost.ID))
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := d.List(t.Context(), store.Query{})
	if err != nil || len(page.Events) != 2 || page.Events[1].ID != lost.ID || page.Events[1].Connector != "" {
		t.Errorf("listed are %+v, %v", page, err)
	}
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 2 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
	wantKeys(t, d, 0)
}

// TestSweepPastDamaged deletes events that are too old, more of them unreadable than one deletion takes, and keeps one
// that is young and unreadable, however often it comes across it.
func TestSweepPastDamaged(t *testing.T) {
	c := testConfig(t)
	c.retention = 30 * 24 * time.Hour
	d := openTest(t, c)
	now := time.Now()
	d.maintenance.mutex.Lock() // or it would delete some before they are lost
	for range mostLength + 2 {
		e := aged(now, 40*24*time.Hour, "orders", event.Failed)
		putTest(t, d, e, aged(now, 35*24*time.Hour, "orders", event.Completed))
		lose(t, d, e)
	}
	young := aged(now, 29*24*time.Hour, "orders", event.Failed)
	putTest(t, d, young)
	lose(t, d, young)
	d.maintenance.mutex.Unlock()
	for range 2 {
		if err := d.maintenance.round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, d, "map[completed:0 failed:1 pending:0 skipped:0]")
		wantKeys(t, d, 3)
	}
}
