package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

func logOf(s store.Store) *Log { return New(func() (store.Store, error) { return s, nil }) }

func mustAdd(t testing.TB, l *Log, e Entry) Entry {
	t.Helper()
	if err := l.Add(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func mustList(t testing.TB, l *Log, q Query) ([]Entry, bool) {
	t.Helper()
	entries, more, err := l.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return entries, more
}

func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		l := logOf(s)
		var all []Entry
		for i := range 20 {
			all = append(all, mustAdd(t, l, Entry{
				Remote: "127.0.0.1", Action: Actions[i%2], Subject: fmt.Sprint("events/", i), After: json.RawMessage(`{"a":1}`),
			}))
			time.Sleep(time.Minute)
		}
		slices.Reverse(all)
		ids := func(list []Entry) (ids []event.ID) {
			for _, e := range list {
				ids = append(ids, e.ID)
			}
			return ids
		}
		for name, row := range map[string]struct {
			query Query
			want  []Entry
			more  bool
		}{
			"all":    {Query{}, all, false},
			"page":   {Query{Limit: 5}, all[:5], true},
			"next":   {Query{Limit: 5, Before: all[4].ID}, all[5:10], true},
			"last":   {Query{Limit: 5, Before: all[14].ID}, all[15:], false},
			"since":  {Query{Since: all[3].ID}, all[:4], false},
			"until":  {Query{Until: all[3].ID}, all[4:], false},
			"action": {Query{Action: EventRetry, Limit: 1}, all[1:2], true},
			"other":  {Query{Action: BreakersReset}, nil, false},
		} {
			got, more := mustList(t, logOf(s), row.query) // as a process that was started since
			if !slices.Equal(ids(got), ids(row.want)) || more != row.more {
				t.Errorf("%s: %v, more %v", name, got, more)
			}
		}
		if got, _ := mustList(t, l, Query{Limit: 1}); got[0].Subject != "events/19" || string(got[0].After) != `{"a":1}` || got[0].At.IsZero() {
			t.Errorf("%+v", got[0])
		}
	})
}

func TestOldestGo(t *testing.T) {
	s := memory.New()
	l := logOf(s)
	var first, last Entry
	for i := range MaxEntries + surplus + 50 {
		if i == MaxEntries {
			l = logOf(s) // a restart
		}
		last = mustAdd(t, l, Entry{Action: EventRetry})
		if i == 0 {
			first = last
		}
	}
	entries, _ := mustList(t, l, Query{})
	if len(entries) != MaxEntries+50 || entries[0].ID != last.ID || entries[len(entries)-1].ID == first.ID {
		t.Errorf("%d entries", len(entries))
	}
}

func TestReason(t *testing.T) {
	l := logOf(memory.New())
	for reason, want := range map[string]string{
		"": "", " the target is back ": "the target is back", "a\x00b\nc\td": "a b c d", "a\xffb": "a b",
		strings.Repeat("ä", 300): strings.Repeat("ä", 250) + "…", strings.Repeat("x", 501): strings.Repeat("x", 500) + "…",
		"x" + strings.Repeat("ä", 300): "x" + strings.Repeat("ä", 249) + "…",
	} {
		if got := mustAdd(t, l, Entry{Reason: reason}).Reason; got != want {
			t.Errorf("%.20q: %q, want %q", reason, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	l := logOf(memory.New())
	long := json.RawMessage(`"` + strings.Repeat("x", maxPart) + `"`)
	if e := mustAdd(t, l, Entry{Before: long, After: long}); len(e.Before)+len(e.After) > 100 {
		t.Errorf("%d bytes are kept", len(e.Before))
	}
	without := logOf(struct{ store.Store }{memory.New()})
	if err := without.Add(t.Context(), new(Entry)); !errors.Is(err, ErrNoState) {
		t.Errorf("%v", err)
	}
	if _, _, err := without.List(t.Context(), Query{}); !errors.Is(err, ErrNoState) {
		t.Errorf("%v", err)
	}
}
