package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// committing is what the tests of store.Committer need.
type committing interface {
	store.Store
	store.State
	store.Committer
}

func (h Harness) openCommitter(t *testing.T) committing {
	t.Helper()
	s, ok := h.open(t).(committing)
	if !ok {
		t.Skip("the store does not commit")
	}
	return s
}

// testCommitTogether commits as a delivery does: a claim is created, and becomes firm with its event.
func testCommitTogether(t *testing.T, h Harness) {
	s := h.openCommitter(t)
	claim := create(t, s, "delivery", "in progress", time.Minute)
	e := NewEvent("orders", event.Completed)
	ends := time.Now().Add(24 * time.Hour)
	firm := store.Entry{Key: "delivery", Value: []byte(e.ID.String()), ExpiresAt: ends}
	other := store.Entry{Key: "other", Value: []byte("value")}
	batch := store.Batch{Events: []*event.Event{e}, Entries: []store.Entry{firm, other}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	copy(firm.Value, "overwritten by the caller")
	check := func(s committing) {
		t.Helper()
		wantEvent(t, s, e)
		wantIDs(t, list(t, s, store.Query{Connector: "orders", Status: event.Completed}), e.ID)
		got, err := s.Load(t.Context(), "delivery")
		if err != nil || string(got.Value) != e.ID.String() {
			t.Errorf("the claim is %+v, %v", got, err)
		}
		wantEnd(t, got, ends)
		if got.Revision == claim.Revision {
			t.Error("the claim has the revision that it had before")
		}
		got, err = s.Load(t.Context(), "other")
		if err != nil || string(got.Value) != "value" || !got.ExpiresAt.IsZero() {
			t.Errorf("the other entry is %+v, %v", got, err)
		}
		wantError(t, "delete of the provisional claim", s.Delete(t.Context(), "delivery", claim.Revision), store.ErrConflict)
	}
	check(s)
	if h.Reopen != nil {
		reopened := h.Reopen(t, s).(committing)
		defer reopened.Close()
		check(reopened)
	}
}

// testCommitRepeats commits ids and keys that are there, and some of them twice.
func testCommitRepeats(t *testing.T, h Harness) {
	s := h.openCommitter(t)
	first := NewEvent("orders", event.Completed)
	pending := NewEvent("orders", event.Pending)
	put(t, s, first, pending)
	late := newEvent(first.ID, "orders", event.Failed)
	done := newEvent(pending.ID, "orders", event.Completed)
	twice := NewEvent("invoices", event.Pending)
	finished := newEvent(twice.ID, "invoices", event.Skipped)
	events := []*event.Event{late, done, twice, finished, newEvent(twice.ID, "invoices", event.Failed)}
	entry := func(value string) store.Entry { return store.Entry{Key: "key", Value: []byte(value)} }
	batch := store.Batch{Events: events, Entries: []store.Entry{entry("first"), entry("last")}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, s, first)
	wantEvent(t, s, done)
	wantEvent(t, s, finished)
	wantIDs(t, list(t, s, store.Query{}), twice.ID, pending.ID, first.ID)
	wantIDs(t, list(t, s, store.Query{Status: event.Pending}))
	for connector, want := range map[string]string{
		"orders":   "map[completed:2 failed:0 pending:0 skipped:0]",
		"invoices": "map[completed:0 failed:0 pending:0 skipped:1]",
	} {
		counts, err := s.Count(t.Context(), connector)
		if got := fmt.Sprint(counts); err != nil || got != want {
			t.Errorf("count of %s is %s, %v, not %s", connector, got, err, want)
		}
	}
	if got, err := s.Load(t.Context(), "key"); err != nil || string(got.Value) != "last" {
		t.Errorf("the entry is %+v, %v", got, err)
	}

	// An entry that has ended leaves nothing.
	gone := entry("gone")
	gone.ExpiresAt = time.Now().Add(-time.Second)
	if err := s.Commit(t.Context(), store.Batch{Entries: []store.Entry{gone}}); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s, "", 10)
	if err := s.Commit(t.Context(), store.Batch{}); err != nil {
		t.Errorf("a commit of nothing answers %v", err)
	}
}

// testCommitRefuses: what is refused leaves neither event nor entry.
func testCommitRefuses(t *testing.T, h Harness) {
	s := h.openCommitter(t)
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller left"))
	bad := NewEvent("", event.Completed)
	good := NewEvent("orders", event.Completed)
	fine := store.Entry{Key: "fine"}
	for name, test := range map[string]struct {
		ctx     context.Context
		events  []*event.Event
		entries []store.Entry
		want    string
	}{
		"event":           {t.Context(), []*event.Event{good, bad}, []store.Entry{fine}, "has the connector"},
		"no key":          {t.Context(), []*event.Event{good}, []store.Entry{fine, {}}, "it must be 1 to 1024"},
		"caller has left": {canceled, []*event.Event{good}, []store.Entry{fine}, "the caller left"},
		"endless value": {
			t.Context(), []*event.Event{good}, []store.Entry{fine, {Key: "k", Value: make([]byte, 64<<10+1)}},
			"it must be at most 65536",
		},
		"endless key": {
			t.Context(), []*event.Event{good}, []store.Entry{{Key: strings.Repeat("k", 1025)}, fine}, "it must be 1 to 1024",
		},
	} {
		wantText(t, name, s.Commit(test.ctx, store.Batch{Events: test.events, Entries: test.entries}), test.want)
	}
	wantKeys(t, s, "", 10)
	wantIDs(t, list(t, s, store.Query{}))
}

// testCommitRace has several goroutines claim deliveries; who gets the claim commits the event, and all others are then
// told of that event, or of none yet.
func testCommitRace(t *testing.T, h Harness) {
	s := h.openCommitter(t)
	const deliveries, senders = 15, 8
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for i := range deliveries {
				if err := deliver(s, fmt.Sprint("delivery-", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if counts, err := s.Count(t.Context(), "orders"); err != nil || counts[event.Completed] != deliveries {
		t.Errorf("%d deliveries have made %v, %v", deliveries, counts, err)
	}
}

func deliver(s committing, key string) error {
	ctx := context.Background()
	there, err := s.Create(ctx, key, nil, time.Hour)
	switch {
	case errors.Is(err, store.ErrExists) && len(there.Value) > 0:
		id, err := event.ParseID(string(there.Value))
		if err != nil {
			return err
		}
		if _, err := s.Get(ctx, id); err != nil {
			return fmt.Errorf("%s has a claim without event: %w", key, err)
		}
		return nil
	case errors.Is(err, store.ErrExists):
		return nil
	case err != nil:
		return err
	}
	e := NewEvent("orders", event.Completed)
	firm := store.Entry{Key: key, Value: []byte(e.ID.String())}
	return s.Commit(ctx, store.Batch{Events: []*event.Event{e}, Entries: []store.Entry{firm}})
}
