package badger

import (
	"errors"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// TestStateFloor: on a full disk nothing comes in, and what is there can be read and removed.
func TestStateFloor(t *testing.T) {
	d := openTest(t, testConfig(t))
	ctx := t.Context()
	token := createTest(t, d, "token", "", 0)
	createTest(t, d, "claim", "", time.Minute)
	d.health.floor.Store(1 << 62)
	e := storetest.NewEvent("orders", event.Completed)
	for what, err := range map[string]error{
		"create": second(d.Create(ctx, "new", nil, 0)),
		"update": second(d.Update(ctx, "token", nil, 0, token.Revision)),
		"commit": d.Commit(ctx, store.Batch{Events: []*event.Event{e}, Entries: []store.Entry{{Key: "new"}}}),
	} {
		wantUnavailable(t, err)
		wantMessage(t, err, "free disk space")
		if what != "commit" {
			wantMessage(t, err, "in the state of "+d.path)
		}
	}
	if _, err := d.Create(ctx, "token", nil, 0); !errors.Is(err, store.ErrExists) {
		t.Errorf("create of a key that is there answers %v", err)
	}
	if entries, err := d.Scan(ctx, "", 5); err != nil || len(entries) != 2 {
		t.Errorf("scan answers %v, %v", entries, err)
	}
	if err := d.Delete(ctx, "token", token.Revision); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := d.maintenance.round(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	wantEntries(t, d, 0)
	d.health.floor.Store(leastMinFree)
	createTest(t, d, "token", "", 0)
}

// TestStateAfterFailedWrite: what is there can be read, and nothing is changed any more.
func TestStateAfterFailedWrite(t *testing.T) {
	d := openTest(t, testConfig(t))
	token := createTest(t, d, "token", "", 0)
	_ = d.health.fail(errors.New("input/output error"))
	wantUnavailable(t, second(d.Create(t.Context(), "new", nil, 0)))
	wantUnavailable(t, d.Delete(t.Context(), "token", token.Revision))
	if _, err := d.Load(t.Context(), "token"); err != nil {
		t.Errorf("load: %v", err)
	}
}

// TestDamagedBook: without the last revision no entry is written, for it might use one again.
func TestDamagedBook(t *testing.T) {
	d := openTest(t, testConfig(t))
	createTest(t, d, "token", "", 0)
	damage(t, d, bookKey, []byte("short"))
	wantMessage(t, second(d.Create(t.Context(), "new", nil, 0)), "the last revision in the state is lost")
	err := d.Commit(t.Context(), store.Batch{Entries: []store.Entry{{Key: "new"}}})
	wantMessage(t, err, "the last revision in the state is lost")
	if _, err := d.Load(t.Context(), "new"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("load answers %v", err)
	}
}
