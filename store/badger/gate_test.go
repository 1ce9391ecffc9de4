package badger

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// TestReadYourWrites reads what was just acknowledged, beside many who write.
func TestReadYourWrites(t *testing.T) {
	const writers, each = 16, 100
	d := openTest(t, journaledConfig(t))
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for i := range each {
				e, job := storetest.NewEvent("orders", event.Pending), store.Job{Connector: "orders"}
				job.ID = e.ID
				// Buffers are used again, for longer and shorter ones.
				e.Payload = fmt.Appendf(nil, `"%s"`, strings.Repeat(e.ID.String(), i%20))
				if err := d.Commit(t.Context(), store.Batch{Events: []*event.Event{e}, Jobs: []store.Job{job}}); err != nil {
					t.Error(err)
					return
				}
				read, getError := d.Get(t.Context(), e.ID)
				if getError == nil && !bytes.Equal(read.Payload, e.Payload) {
					getError = fmt.Errorf("the payload is %s", read.Payload)
				}
				listed, err := d.List(t.Context(), store.Query{Since: e.ID, Limit: writers * each})
				if err := errors.Join(getError, err); err != nil {
					t.Errorf("%s: %v", e.ID, err)
					return
				}
				if last := len(listed.Events) - 1; last < 0 || listed.Events[last].ID != e.ID {
					t.Errorf("%s is not the last of %d listed", e.ID, len(listed.Events))
				}
			}
		})
	}
	group.Wait()
	wantCounts(t, d, "map[completed:0 failed:0 pending:1600 skipped:0]")
	if depth, err := d.Depth(t.Context()); err != nil || depth.Pending != writers*each {
		t.Errorf("%+v, %v", depth, err)
	}
}

// TestDatabaseFails has Badger refuse what the journal has taken: it was acknowledged, and is there after a restart;
// what comes after it is refused.
func TestDatabaseFails(t *testing.T) {
	c := journaledConfig(t)
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	d := s.(*database)
	kept, refused := storetest.NewEvent("orders", event.Failed), storetest.NewEvent("orders", event.Failed)
	d.maintenance.mutex.Lock() // it would read from the closed database
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	putTest(t, d, kept)
	var unavailable *store.Unavailable
	for d.health.failed.Load() == nil {
		runtime.Gosched() // the writer finds out after it has acknowledged
	}
	if err := d.Put(t.Context(), refused); !errors.As(err, &unavailable) {
		t.Errorf("after a failure: %v", err)
	}
	d.maintenance.mutex.Unlock()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	d = openTest(t, c)
	if _, err := d.Get(t.Context(), kept.ID); err != nil {
		t.Errorf("what was acknowledged: %v", err)
	}
	if _, err := d.Get(t.Context(), refused.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was refused: %v", err)
	}
	wantCounts(t, d, "map[completed:0 failed:1 pending:0 skipped:0]")
}
