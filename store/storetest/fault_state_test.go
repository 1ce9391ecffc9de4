package storetest_test

import (
	"errors"
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
	"github.com/krosyn/gateway/store/storetest"
)

// TestInjectState has each operation of a store's state fail in its turn.
func TestInjectState(t *testing.T) {
	const operations = 7
	for at := range operations + 1 {
		ctx := t.Context()
		inner := memory.New()
		there, err := inner.Create(ctx, "there", []byte("value"), 0)
		if err != nil {
			t.Fatal(err)
		}
		faulty := storetest.Inject(inner, storetest.Fault{At: at})
		var errs []error
		_, err = faulty.Load(ctx, "there")
		errs = append(errs, err)
		created, err := faulty.Create(ctx, "new", nil, 0)
		errs = append(errs, err)
		known, err := faulty.Create(ctx, "there", nil, 0)
		if errors.Is(err, store.ErrExists) {
			err = nil
		}
		if (known.Revision == there.Revision) != (err == nil) || (created.Key == "new") != (errs[1] == nil) {
			t.Errorf("with a fault at %d create gives %+v and %+v", at, created, known)
		}
		errs = append(errs, err)
		there, err = faulty.Update(ctx, "there", nil, 0, there.Revision)
		errs = append(errs, err)
		scanned, err := faulty.Scan(ctx, "there", 1)
		if (len(scanned) == 1) != (err == nil) {
			t.Errorf("with a fault at %d scan gives %+v", at, scanned)
		}
		errs = append(errs, err)
		e := storetest.NewEvent("orders", event.Completed)
		errs = append(errs, faulty.Commit(ctx, store.Batch{Events: []*event.Event{e}, Entries: []store.Entry{{Key: "firm"}}}))
		err = faulty.Delete(ctx, "there", there.Revision)
		if at == 3 && errors.Is(err, store.ErrConflict) {
			err = nil // the failed update gave no revision
		}
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
