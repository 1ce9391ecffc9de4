package storetest_test

import (
	"errors"
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
	"github.com/krosyn/gateway/store/storetest"
)

// operations does one of each and gives their errors.
func operations(t *testing.T, s store.Store, e *event.Event) []error {
	ctx := t.Context()
	var errs []error
	errs = append(errs, s.Ready(ctx), s.Put(ctx, e))
	_, err := s.Get(ctx, e.ID)
	errs = append(errs, err)
	_, err = s.List(ctx, store.Query{})
	errs = append(errs, err)
	_, err = s.Count(ctx, "")
	errs = append(errs, err)
	_, err = s.Stats(ctx)
	return append(errs, err)
}

func TestInjectOnce(t *testing.T) {
	for at := 0; ; at++ {
		faulty := storetest.Inject(memory.New(), storetest.Fault{At: at})
		failed := 0
		for i, err := range operations(t, faulty, storetest.NewEvent("orders", event.Completed)) {
			// A Get after a failed Put finds nothing, by right.
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				failed++
				if i != at || !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("operation %d fails at %d with %v", i, at, err)
				}
			}
		}
		if !faulty.Hit() {
			if at != 6 || failed != 0 {
				t.Errorf("%d operations were hit, and %d failed after that", at, failed)
			}
			return
		}
		if failed != 1 {
			t.Errorf("%d operations failed", failed)
		}
	}
}

func TestInjectForever(t *testing.T) {
	lost := errors.New("lost")
	faulty := storetest.Inject(memory.New(), storetest.Fault{At: 2, Forever: true, Err: lost})
	for i, err := range operations(t, faulty, storetest.NewEvent("orders", event.Completed)) {
		if want := i >= 2; errors.Is(err, lost) != want {
			t.Errorf("operation %d answers %v", i, err)
		}
	}
}

func TestInjectLate(t *testing.T) {
	for _, late := range []bool{false, true} {
		inner := memory.New()
		faulty := storetest.Inject(inner, storetest.Fault{Late: late})
		e := storetest.NewEvent("orders", event.Completed)
		if err := faulty.Put(t.Context(), e); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("put answers %v", err)
		}
		_, err := inner.Get(t.Context(), e.ID)
		if written := err == nil; written != late {
			t.Errorf("late %t: the event was written %t", late, written)
		}
		if err := faulty.Close(); err != nil {
			t.Error(err)
		}
		if err := inner.Ready(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("after Close the store answers %v", err)
		}
	}
}
