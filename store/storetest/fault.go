package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Fault says which operation of a store fails, and how. To see that code survives any failure, run it with At 0, 1, 2
// and so on, until its store was not Hit.
type Fault struct {
	// At is the first operation that fails, counted from 0. All methods but Close are operations.
	At int
	// Forever makes every later operation fail, too.
	Forever bool
	// Late makes a failing operation do its work nevertheless: its answer was lost.
	Late bool
	// Err is the failure; by default a store.Unavailable.
	Err error
}

// Faulty is a store that fails on command.
type Faulty struct {
	inner      store.Store
	fault      Fault
	operations atomic.Int64
	hit        atomic.Bool
}

// Inject makes a store fail.
func Inject(inner store.Store, fault Fault) *Faulty {
	if fault.Err == nil {
		fault.Err = &store.Unavailable{Cause: errors.New("injected fault"), Remedy: "none is needed"}
	}
	return &Faulty{inner: inner, fault: fault}
}

// Hit tells whether an operation has failed.
func (f *Faulty) Hit() bool { return f.hit.Load() }

// do counts an operation and does it, unless it is to fail.
func (f *Faulty) do(operation func() error) error {
	at := f.operations.Add(1) - 1
	if at != int64(f.fault.At) && (at < int64(f.fault.At) || !f.fault.Forever) {
		return operation()
	}
	f.hit.Store(true)
	if f.fault.Late {
		_ = operation()
	}
	return f.fault.Err
}

// Put implements store.EventLog.
func (f *Faulty) Put(ctx context.Context, events ...*event.Event) error {
	return f.do(func() error { return f.inner.Put(ctx, events...) })
}

// Get implements store.EventLog.
func (f *Faulty) Get(ctx context.Context, id event.ID) (*event.Event, error) {
	return answer(f, func() (*event.Event, error) { return f.inner.Get(ctx, id) })
}

// List implements store.EventLog.
func (f *Faulty) List(ctx context.Context, query store.Query) (store.Page, error) {
	return answer(f, func() (store.Page, error) { return f.inner.List(ctx, query) })
}

// Count implements store.EventLog.
func (f *Faulty) Count(ctx context.Context, connector string) (map[event.Status]int64, error) {
	return answer(f, func() (map[event.Status]int64, error) { return f.inner.Count(ctx, connector) })
}

// Ready implements store.Store.
func (f *Faulty) Ready(ctx context.Context) error {
	return f.do(func() error { return f.inner.Ready(ctx) })
}

// Stats implements store.Store.
func (f *Faulty) Stats(ctx context.Context) (store.Stats, error) {
	return answer(f, func() (store.Stats, error) { return f.inner.Stats(ctx) })
}

// Close implements store.Store. It never fails by itself.
func (f *Faulty) Close() error { return f.inner.Close() }

// answer does an operation that answers something; a failed one answers nothing.
func answer[T any](f *Faulty, operation func() (T, error)) (T, error) {
	var result T
	err := f.do(func() error {
		var err error
		result, err = operation()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// Interface guard
var _ store.Store = (*Faulty)(nil)
