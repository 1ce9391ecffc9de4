package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/store"
)

// runState tests the stores of a harness that implement store.State and store.Committer.
func runState(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"StateByRevision", testStateByRevision},
		{"StateRefuses", testStateRefuses},
		{"StateKeepsNoReference", testStateKeepsNoReference},
		{"StateRevisions", testStateRevisions},
		{"StateEnds", testStateEnds},
		{"StateScan", testStateScan},
		{"StateEntries", testStateEntries},
		{"StateCreateRace", testStateCreateRace},
		{"StateUpdateRace", testStateUpdateRace},
		{"StateHistory", testStateHistory},
		{"StateModel", testStateModel},
		{"StateClosed", testStateClosed},
		{"CommitTogether", testCommitTogether},
		{"CommitRepeats", testCommitRepeats},
		{"CommitRefuses", testCommitRefuses},
		{"CommitRace", testCommitRace},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// openState makes a store for one test of its state.
func (h Harness) openState(t *testing.T) store.State {
	t.Helper()
	s, ok := h.open(t).(store.State)
	if !ok {
		t.Skip("the store keeps no state")
	}
	return s
}

// testStateByRevision is the life of an entry.
func testStateByRevision(t *testing.T, h Harness) {
	s := h.openState(t)
	ctx := t.Context()
	_, err := s.Load(ctx, "claim")
	wantError(t, "load of an unknown key", err, store.ErrNotFound)
	_, err = s.Update(ctx, "claim", []byte("x"), 0, 0)
	wantError(t, "update of an unknown key", err, store.ErrConflict)
	wantError(t, "delete of an unknown key", s.Delete(ctx, "claim", 0), store.ErrConflict)

	created := create(t, s, "claim", "first", time.Hour)
	wantEntry(t, s, created)
	there, err := s.Create(ctx, "claim", []byte("other"), 0)
	wantError(t, "create of a key that is there", err, store.ErrExists)
	wantSame(t, created, there)

	updated, err := s.Update(ctx, "claim", []byte("second"), 0, created.Revision)
	if err != nil || string(updated.Value) != "second" || !updated.ExpiresAt.IsZero() {
		t.Fatalf("update answers %+v, %v", updated, err)
	}
	wantEntry(t, s, updated)
	_, err = s.Update(ctx, "claim", []byte("third"), 0, created.Revision)
	wantError(t, "update of an older revision", err, store.ErrConflict)
	wantError(t, "delete of an older revision", s.Delete(ctx, "claim", created.Revision), store.ErrConflict)
	wantEntry(t, s, updated)

	if err := s.Delete(ctx, "claim", updated.Revision); err != nil {
		t.Fatalf("delete: %v", err)
	}
	_, err = s.Load(ctx, "claim")
	wantError(t, "load of a deleted key", err, store.ErrNotFound)
	wantError(t, "delete of a deleted key", s.Delete(ctx, "claim", updated.Revision), store.ErrConflict)
	wantEntry(t, s, create(t, s, "claim", "", 0))
}

func testStateRefuses(t *testing.T, h Harness) {
	s := h.openState(t)
	canceled, cancel := context.WithCancelCause(t.Context())
	left := errors.New("the caller left")
	cancel(left)
	kept := create(t, s, "kept", "as it is", 0)
	for name, test := range map[string]struct {
		ctx  context.Context
		key  string
		size int
		ttl  time.Duration
		want string
	}{
		"no key":          {t.Context(), "", 1, 0, "it must be 1 to 1024"},
		"endless key":     {t.Context(), strings.Repeat("k", 1025), 1, 0, "it must be 1 to 1024"},
		"endless value":   {t.Context(), "k", 64<<10 + 1, 0, "it must be at most 65536"},
		"negative ttl":    {t.Context(), "k", 1, -1, "it must be positive"},
		"caller has left": {canceled, "k", 1, 0, "the caller left"},
	} {
		_, err := s.Create(test.ctx, test.key, make([]byte, test.size), test.ttl)
		wantText(t, name+": create", err, test.want)
		_, err = s.Update(test.ctx, test.key, make([]byte, test.size), test.ttl, kept.Revision)
		wantText(t, name+": update", err, test.want)
	}
	wantText(t, "delete", s.Delete(canceled, "kept", kept.Revision), "the caller left")
	for _, limit := range []int{0, -1} {
		_, err := s.Scan(t.Context(), "", limit)
		wantText(t, "scan", err, "is not positive")
	}
	if entries, err := s.Scan(t.Context(), "", 10); err != nil || len(entries) != 1 {
		t.Errorf("refused entries were written: %v, %v", entries, err)
	}
	longest := create(t, s, strings.Repeat("k", 1024), strings.Repeat("v", 64<<10), time.Hour)
	wantEntry(t, s, longest)
}

func testStateKeepsNoReference(t *testing.T, h Harness) {
	s := h.openState(t)
	value := []byte("value")
	created, err := s.Create(t.Context(), "key", value, 0)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.Load(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	scanned, err := s.Scan(t.Context(), "key", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range [][]byte{value, created.Value, loaded.Value, scanned[0].Value} {
		copy(own, "other")
	}
	wantEntry(t, s, store.Entry{Key: "key", Value: []byte("value"), Revision: created.Revision})
}

// testStateRevisions: no revision is used twice for a key, whatever becomes of its entries.
func testStateRevisions(t *testing.T, h Harness) {
	s := h.openState(t)
	const key = "token"
	seen := make(map[uint64]bool)
	note := func(what string, entry store.Entry, err error) store.Entry {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if seen[entry.Revision] {
			t.Fatalf("%s uses the revision %d again", what, entry.Revision)
		}
		seen[entry.Revision] = true
		return entry
	}
	for range 20 {
		entry, err := s.Create(t.Context(), key, []byte("value"), 0)
		first := note("create", entry, err)
		entry, err = s.Update(t.Context(), key, []byte("value"), 0, first.Revision)
		note("update to the same value", entry, err)
		if c, ok := s.(store.Committer); ok {
			if err := c.Commit(t.Context(), store.Batch{Entries: []store.Entry{entry}}); err != nil {
				t.Fatal(err)
			}
			entry, err = s.Load(t.Context(), key)
			note("commit", entry, err)
		}
		if err := s.Delete(t.Context(), key, entry.Revision); err != nil {
			t.Fatal(err)
		}
		if h.Reopen != nil {
			s = h.Reopen(t, s.(store.Store)).(store.State)
			t.Cleanup(func() { _ = s.(store.Store).Close() })
		}
	}
}

// testStateEnds asks for entries until they have ended: until that very time they are there, and from then on nowhere.
func testStateEnds(t *testing.T, h Harness) {
	s := h.openState(t)
	const ttl = 30 * time.Millisecond
	before := time.Now()
	entry := create(t, s, "claim", "first", ttl)
	if life := entry.ExpiresAt.Sub(before); life < ttl || entry.ExpiresAt.After(time.Now().Add(ttl+time.Millisecond)) {
		t.Errorf("the entry lives %s, not %s", life, ttl)
	}
	create(t, s, "claim-forever", "", 0)
	stays := create(t, s, "claim-updated", "", ttl)
	if _, err := s.Update(t.Context(), "claim-updated", nil, time.Hour, stays.Revision); err != nil {
		t.Fatal(err)
	}
	for there := true; there; {
		asked := time.Now()
		_, err := s.Load(t.Context(), "claim")
		there = err == nil
		switch {
		case there && !asked.Before(entry.ExpiresAt):
			t.Fatalf("the entry is there %s after its end", asked.Sub(entry.ExpiresAt))
		case errors.Is(err, store.ErrNotFound) && time.Now().Before(entry.ExpiresAt):
			t.Fatalf("the entry is gone %s before its end", time.Until(entry.ExpiresAt))
		case err != nil && !errors.Is(err, store.ErrNotFound):
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	_, err := s.Update(ctx, "claim", nil, 0, entry.Revision)
	wantError(t, "update of an ended entry", err, store.ErrConflict)
	wantError(t, "delete of an ended entry", s.Delete(ctx, "claim", entry.Revision), store.ErrConflict)
	wantKeys(t, s, "claim", 10, "claim-forever", "claim-updated")
	// It does not stand in the way of a list that is as long as may be, either.
	wantKeys(t, s, "claim", 1, "claim-forever")
	again := create(t, s, "claim", "second", time.Hour)
	if again.Revision == entry.Revision {
		t.Errorf("the revision %d is used again", again.Revision)
	}
	wantEntry(t, s, again)
	wantKeys(t, s, "claim", 10, "claim", "claim-forever", "claim-updated")
}

func testStateScan(t *testing.T, h Harness) {
	s := h.openState(t)
	for _, key := range []string{"b", "a/2", "a/10", "a", "a/", "a0", "\xff", "\xff\xff", "a/\x00", "a/\xff"} {
		create(t, s, key, "value of "+key, 0)
	}
	for _, test := range []struct {
		prefix string
		limit  int
		want   []string
	}{
		{"a/", 10, []string{"a/", "a/\x00", "a/10", "a/2", "a/\xff"}},
		{"a/", 3, []string{"a/", "a/\x00", "a/10"}},
		{"a", 2, []string{"a", "a/"}},
		{"\xff", 5, []string{"\xff", "\xff\xff"}},
		{"", 100, []string{"a", "a/", "a/\x00", "a/10", "a/2", "a/\xff", "a0", "b", "\xff", "\xff\xff"}},
		{"c", 5, nil},
	} {
		wantKeys(t, s, test.prefix, test.limit, test.want...)
	}
	entries, err := s.Scan(t.Context(), "b", 1)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	wantEntry(t, s, entries[0])
	if string(entries[0].Value) != "value of b" {
		t.Errorf("scan gives the value %q", entries[0].Value)
	}
}

func testStateClosed(t *testing.T, h Harness) {
	s := h.openState(t)
	entry := create(t, s, "key", "value", 0)
	if err := s.(store.Store).Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, err := s.Load(ctx, "key")
	wantError(t, "load", err, store.ErrClosed)
	_, err = s.Create(ctx, "other", nil, 0)
	wantError(t, "create", err, store.ErrClosed)
	_, err = s.Update(ctx, "key", nil, 0, entry.Revision)
	wantError(t, "update", err, store.ErrClosed)
	wantError(t, "delete", s.Delete(ctx, "key", entry.Revision), store.ErrClosed)
	_, err = s.Scan(ctx, "", 1)
	wantError(t, "scan", err, store.ErrClosed)
	if c, ok := s.(store.Committer); ok {
		wantError(t, "commit", c.Commit(ctx, store.Batch{Entries: []store.Entry{entry}}), store.ErrClosed)
	}
}

func create(t testing.TB, s store.State, key, value string, ttl time.Duration) store.Entry {
	t.Helper()
	entry, err := s.Create(context.Background(), key, []byte(value), ttl)
	if err != nil {
		t.Fatalf("create %q: %v", key, err)
	}
	if entry.Key != key || string(entry.Value) != value || entry.ExpiresAt.IsZero() != (ttl == 0) {
		t.Fatalf("create %q answers %+v", key, entry)
	}
	return entry
}

// wantEntry fails unless the store has this entry, as it is.
func wantEntry(t testing.TB, s store.State, want store.Entry) {
	t.Helper()
	got, err := s.Load(context.Background(), want.Key)
	if err != nil {
		t.Errorf("load %.80q: %v", want.Key, err)
		return
	}
	wantSame(t, want, got)
}

// reporter is a test, or a check of rapid's.
type reporter interface {
	Helper()
	Errorf(string, ...any)
}

func wantSame(t reporter, want, got store.Entry) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("the entry differs (-want +got):\n%s", diff)
	}
}

// wantEnd fails unless an entry ends when it should: a store may round up to a millisecond.
func wantEnd(t reporter, got store.Entry, want time.Time) {
	t.Helper()
	if late := got.ExpiresAt.Sub(want); got.ExpiresAt.IsZero() != want.IsZero() || late < 0 || late >= time.Millisecond {
		t.Errorf("%q ends at %s, not %s", got.Key, got.ExpiresAt, want)
	}
}

// wantKeys fails unless a scan gives the entries of these keys.
func wantKeys(t testing.TB, s store.State, prefix string, limit int, want ...string) {
	t.Helper()
	entries, err := s.Scan(context.Background(), prefix, limit)
	if err != nil {
		t.Errorf("scan %q: %v", prefix, err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the keys of %q, at most %d, differ (-want +got):\n%s", prefix, limit, diff)
	}
}

func wantText(t testing.TB, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s answers %v, and should say %s", what, err, want)
	}
}

// testStateEntries counts what there is.
func testStateEntries(t *testing.T, h Harness) {
	s := h.openState(t)
	ctx := t.Context()
	var last store.Entry
	for i, want := range []int64{0, 1, 2, 3} {
		if got, err := s.Entries(ctx); err != nil || got != want {
			t.Errorf("%d entries, %v, want %d", got, err, want)
		}
		var err error
		if last, err = s.Create(ctx, strings.Repeat("k", i+1), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Update(ctx, last.Key, []byte("x"), 0, last.Revision); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Entries(ctx); err != nil || got != 4 {
		t.Errorf("%d entries after an update, %v, want 4", got, err)
	}
	first, err := s.Load(ctx, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, "k", first.Revision); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Entries(ctx); err != nil || got != 3 {
		t.Errorf("%d entries after a deletion, %v, want 3", got, err)
	}
}
