package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

func testStats(t *testing.T, h Harness) {
	s := h.open(t)
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("an open store is not ready: %v", err)
	}
	put(t, s, NewEvent("orders", event.Completed))
	stats, err := s.Stats(t.Context())
	if err != nil || stats.Engine == "" || stats.Bytes <= 0 || stats.FreeBytes == 0 {
		t.Errorf("stats are %+v, %v", stats, err)
	}
}

func testClosed(t *testing.T, h Harness) {
	s := h.open(t)
	e := NewEvent("orders", event.Completed)
	put(t, s, e)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	group.Wait()
	ctx := t.Context()
	wantError(t, "put", s.Put(ctx, e), store.ErrClosed)
	wantError(t, "ready", s.Ready(ctx), store.ErrClosed)
	_, err := s.Get(ctx, e.ID)
	wantError(t, "get", err, store.ErrClosed)
	_, err = s.List(ctx, store.Query{})
	wantError(t, "list", err, store.ErrClosed)
	_, err = s.Count(ctx, "")
	wantError(t, "count", err, store.ErrClosed)
	_, err = s.Stats(ctx)
	wantError(t, "stats", err, store.ErrClosed)
}

// testCloseDuringPuts closes a store while it is used: each operation is done, or answers that the store is closed.
func testCloseDuringPuts(t *testing.T, h Harness) {
	s := h.open(t)
	const writers = 16
	var group sync.WaitGroup
	acknowledged := make([][]*event.Event, writers)
	started := make(chan struct{}, writers)
	for writer := range writers {
		group.Go(func() {
			for i := 0; ; i++ {
				e := NewEvent("orders", event.Statuses[i%4])
				err := s.Put(context.Background(), e)
				if err != nil {
					wantError(t, "put", err, store.ErrClosed)
					return
				}
				acknowledged[writer] = append(acknowledged[writer], e)
				if _, err := s.Get(context.Background(), e.ID); err != nil && !errors.Is(err, store.ErrClosed) {
					t.Errorf("get: %v", err)
				}
				_, err = s.List(context.Background(), store.Query{Search: "x"})
				if err != nil && !errors.Is(err, store.ErrClosed) {
					t.Errorf("list: %v", err)
				}
				if i == 5 {
					started <- struct{}{}
				}
			}
		})
	}
	for range writers {
		<-started
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	group.Wait()
	if h.Reopen == nil {
		return
	}
	s = h.Reopen(t, s)
	defer s.Close()
	total := 0
	for _, events := range acknowledged {
		for _, e := range events {
			wantEvent(t, s, e)
			total++
		}
	}
	wantTotal(t, s, "orders", total)
}

// testReopenCycles is a store's life over many restarts.
func testReopenCycles(t *testing.T, h Harness) {
	if h.Reopen == nil {
		t.Skip("the store keeps nothing beyond Close")
	}
	cycles := 100
	if testing.Short() {
		cycles = 10
	}
	s := h.Open(t)
	var events []*event.Event
	for cycle := range cycles {
		e := NewEvent("orders", event.Statuses[cycle%4])
		if cycle > 0 {
			// Each event repeats the one before, and finishes it if that is pending.
			previous := events[cycle-1]
			e.RetryOf = &previous.ID
			if previous.Status == event.Pending {
				previous.Status = event.Failed
				put(t, s, previous)
			}
			previous.RetriedBy = []event.ID{e.ID}
		}
		put(t, s, e)
		events = append(events, e)
		s = h.Reopen(t, s)
	}
	defer s.Close()
	var ids []event.ID
	for _, e := range events {
		wantEvent(t, s, e)
		ids = append([]event.ID{e.ID}, ids...)
	}
	wantIDs(t, list(t, s, store.Query{Limit: cycles}), ids...)
	wantIDs(t, list(t, s, store.Query{Limit: cycles, Connector: "orders"}), ids...)
	wantTotal(t, s, "", len(events))
}
