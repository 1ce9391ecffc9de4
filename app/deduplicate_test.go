package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

func TestRoomForClaims(t *testing.T) {
	defer func(n int64) { maxClaims = n }(maxClaims)
	maxClaims = 2
	state := memory.New()
	for _, key := range []string{"a", "b"} {
		if err := room(t.Context(), state); err != nil {
			t.Fatalf("refused with room: %v", err)
		}
		if _, err := state.Create(t.Context(), key, nil, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := room(t.Context(), state); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "shorter window") {
		t.Errorf("without room: %v", err)
	}
}

func TestClaims(t *testing.T) {
	state := memory.New()
	c := claim{key: "claim/orders/1", window: time.Hour}
	if first, err := c.earlier(t.Context(), state); first != nil || err != nil {
		t.Fatalf("before the delivery: %v %v", first, err)
	}
	for _, row := range []struct {
		status event.Status
		firm   bool
	}{{event.Failed, false}, {event.Skipped, true}, {event.Completed, true}} {
		e := &event.Event{ID: event.NewID(), Connector: "orders", Status: row.status}
		entries, err := c.entries(e)
		if err != nil || (len(entries) == 1) != row.firm {
			t.Fatalf("%s: %d entries, %v", row.status, len(entries), err)
		}
		if err := state.Commit(t.Context(), store.Batch{Events: []*event.Event{e}, Entries: entries}); err != nil {
			t.Fatal(err)
		}
		first, err := c.earlier(t.Context(), state)
		if err != nil || (first != nil) != row.firm {
			t.Fatalf("after %s: %+v %v", row.status, first, err)
		}
		if row.firm && (first.Event != e.ID || first.Status != row.status) {
			t.Errorf("the claim is of %+v, want %s %s", first, e.ID, row.status)
		}
	}
	var none claim
	if entries, err := none.entries(&event.Event{Status: event.Completed}); err != nil || entries != nil {
		t.Errorf("without a key: %v %v", entries, err)
	}
}

// TestFree has a failed delivery be executed again unless another event stands for it that did not fail.
func TestFree(t *testing.T) {
	state := memory.New()
	c := claim{key: "claim/orders/1", window: time.Hour}
	if err := c.free(t.Context(), state); err != nil {
		t.Errorf("without a claim: %v", err)
	}
	at := event.NewID()
	for _, row := range []struct {
		id     event.ID
		status event.Status
		want   error
	}{
		{at, event.Pending, ErrExecuted}, {at, event.Failed, nil},
		{event.NewID(), event.Skipped, ErrExecuted}, {event.NewID(), event.Completed, ErrExecuted},
	} {
		e := &event.Event{ID: row.id, Connector: "orders", Status: row.status}
		entries, err := c.entries(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := state.Commit(t.Context(), store.Batch{Events: []*event.Event{e}, Entries: entries}); err != nil {
			t.Fatal(err)
		}
		if err := c.free(t.Context(), state); !errors.Is(err, row.want) {
			t.Errorf("after %s: %v, want %v", row.status, err, row.want)
		}
	}
}

// TestClaimOfRetry has the input of a retry claim what the first one did, whatever has become of its request. An event
// that has no claim is claimed by what it has.
func TestClaimOfRetry(t *testing.T) {
	c := &Connector{Name: "github", deliveries: &deliveries{window: time.Hour}}
	first := inputOf(t, `{}`, `{}`)
	first.Claim, first.Delivery = "", "d-1"
	want, err := c.claimOf(first)
	if err != nil || want.key == "" {
		t.Fatalf("%+v %v", want, err)
	}
	stored := &event.Event{ID: first.ID, Endpoint: "default", Payload: first.Payload.Raw(), Claim: first.Claim}
	for claimed, key := range map[string]string{first.Claim: want.key, "": ""} {
		stored.Claim = claimed
		again, err := repeat(stored)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.claimOf(again); err != nil || got.key != key {
			t.Errorf("with %q: %+v %v, want %q", claimed, got, err, key)
		}
	}
}

func TestInProgress(t *testing.T) {
	var p inProgress
	if !p.begin("a") || p.begin("a") || !p.begin("b") {
		t.Error("a key is claimed by one at a time")
	}
	p.end("a")
	if !p.begin("a") {
		t.Error("a key that was given up cannot be claimed")
	}
}
