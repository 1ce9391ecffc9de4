package badger

import (
	"bytes"
	"testing"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store/storetest"
)

func drawSummary(r *rapid.T) event.Summary {
	text := func(name string) string { return rapid.String().Draw(r, name) }
	s := event.Summary{
		Connector: text("connector"), Endpoint: text("endpoint"),
		ReceivedAt:     event.At(time.UnixMilli(rapid.Int64Range(-1e14, 1e14).Draw(r, "received"))),
		DurationMS:     rapid.Float64().Draw(r, "duration"),
		ResponseStatus: rapid.IntRange(0, 999).Draw(r, "status"),
	}
	if rapid.Bool().Draw(r, "retry") {
		original := event.NewID()
		s.RetryOf = &original
	}
	if rapid.Bool().Draw(r, "failed") {
		s.Error = &event.Error{
			Step: event.Step(text("step")), Code: event.Code(text("code")), Message: text("message"), Detail: text("detail"),
		}
	}
	return s
}

// TestSummary reads back any summary, and none of what is left of one that is cut short.
func TestSummary(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawSummary(r)
		encoded := appendSummary(nil, &s)
		read, err := parseSummary(encoded)
		if err != nil {
			r.Fatal(err)
		}
		if got, want := read.AppendJSON(nil), s.AppendJSON(nil); !bytes.Equal(got, want) {
			r.Fatalf("read  %s\nwrote %s", got, want)
		}
		for length := range encoded {
			if got, err := parseSummary(encoded[:length]); err == nil {
				r.Fatalf("%d of %d bytes are read as %+v", length, len(encoded), got)
			}
		}
	})
}

// TestSummaryInJSON reads, and deletes, an event that a gateway of before has written.
func TestSummaryInJSON(t *testing.T) {
	d := openTest(t, testConfig(t))
	original := storetest.NewEvent("orders", event.Failed)
	e := storetest.NewEvent("orders", event.Failed)
	e.RetryOf = &original.ID
	putTest(t, d, original, e)
	summary := e.Summary()
	err := d.writer.do(&operation{ctx: t.Context(), apply: func(t *transaction) error {
		return t.set(badgerdb.NewEntry(listed(statusList(e.Status), e.ID), summary.AppendJSON(nil)))
	}})
	if err != nil {
		t.Fatal(err)
	}
	var read event.Summary
	err = d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(listed(statusList(e.Status), e.ID))
		if err == nil {
			read, err = readSummary(item)
		}
		return err
	})
	if got, want := read.AppendJSON(nil), summary.AppendJSON(nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %s, %v\nwas  %s", got, err, want)
	}
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 2 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	wantCounts(t, d, "map[completed:0 failed:0 pending:0 skipped:0]")
}

func FuzzSummary(f *testing.F) {
	s := storetest.NewEvent("orders", event.Failed).Summary()
	s.RetryOf = &s.ID
	f.Add(appendSummary(nil, &s))
	f.Fuzz(func(t *testing.T, value []byte) {
		s, err := parseSummary(value)
		if err != nil {
			return
		}
		written := appendSummary(nil, &s)
		again, err := parseSummary(written)
		if err != nil || !bytes.Equal(appendSummary(nil, &again), written) {
			t.Errorf("%+v is read again as %+v, %v", s, again, err)
		}
	})
}
