package storetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
	"github.com/krosyn/gateway/store/storetest"
)

// TestInjectQueue has each operation of a store's queue fail in its turn.
func TestInjectQueue(t *testing.T) {
	const operations = 6
	for at := range operations + 1 {
		ctx := t.Context()
		inner := memory.New()
		for range 2 {
			if err := inner.Enqueue(ctx, store.Job{ID: event.NewID(), Connector: "orders"}); err != nil {
				t.Fatal(err)
			}
		}
		held, err := inner.Lease(ctx, 2, time.Hour, nil)
		if err != nil {
			t.Fatal(err)
		}
		faulty := storetest.Inject(inner, storetest.Fault{At: at})
		var errs []error
		errs = append(errs, faulty.Enqueue(ctx, store.Job{ID: event.NewID(), Connector: "orders"}))
		leased, err := faulty.Lease(ctx, 1, time.Hour, nil)
		if (len(leased) == 1) != (at > 1) {
			t.Errorf("with a fault at %d lease gives %+v", at, leased)
		}
		errs = append(errs, err, faulty.Extend(ctx, held[0].Lease, time.Hour), faulty.Ack(ctx, held[0].Lease),
			faulty.Nack(ctx, held[1].Lease, 0))
		_, err = faulty.Depth(ctx)
		errs = append(errs, err)
		for i, err := range errs {
			if errors.Is(err, store.ErrUnavailable) != (i == at) || i != at && err != nil {
				t.Errorf("with a fault at %d operation %d answers %v", at, i, err)
			}
		}
		if faulty.Hit() != (at < operations) {
			t.Errorf("the fault at %d was hit: %t", at, faulty.Hit())
		}
	}
}
