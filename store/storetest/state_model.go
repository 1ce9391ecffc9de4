package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/store"
)

// testStateModel does random things to the state of a store and to a map, and wants the same answers.
func testStateModel(t *testing.T, h Harness) {
	m := &stateModel{h: h, t: t, state: h.openState(t)}
	defer func() { m.state.(store.Store).Close() }()
	checks := 0
	rapid.Check(t, func(rt *rapid.T) {
		// All checks share a store, which takes long to open, and each has its own part of it.
		checks++
		m.part = fmt.Sprintf("%06d/", checks)
		m.entries, m.used = make(map[string]store.Entry), make(map[string]bool)
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create,
			"update": m.update,
			"delete": m.delete,
			"commit": m.commit,
			"load":   m.load,
			"scan":   m.scan,
			"reopen": m.reopen,
		})
	})
}

type stateModel struct {
	h     Harness
	t     *testing.T
	state store.State
	// part is what all keys begin with.
	part    string
	entries map[string]store.Entry
	// used has every revision that a key has had.
	used map[string]bool
}

var (
	keyEnds     = rapid.SampledFrom([]string{"a", "ab", "a/1", "a/2", "b", "b\x00", "\xff"})
	stateValues = rapid.SampledFrom([]string{"", "x", "y", strings.Repeat("long", 500)})
	lives       = rapid.SampledFrom([]time.Duration{0, time.Hour, 100 * 365 * 24 * time.Hour})
)

func (m *stateModel) key(t *rapid.T) string { return m.part + keyEnds.Draw(t, "key") }

// keep notes what a change has answered.
func (m *stateModel) keep(t *rapid.T, key, value string, ttl time.Duration, got store.Entry, err error) {
	if err != nil {
		t.Fatalf("write %q: %v", key, err)
	}
	if got.Key != key || string(got.Value) != value || got.ExpiresAt.IsZero() != (ttl == 0) {
		t.Fatalf("the entry of %q, %q, %s is %+v", key, value, ttl, got)
	}
	revision := fmt.Sprintf("%d of %q", got.Revision, key)
	if m.used[revision] {
		t.Fatalf("the revision %s is used again", revision)
	}
	m.used[revision] = true
	m.entries[key] = got
}

func (m *stateModel) create(t *rapid.T) {
	key, value, ttl := m.key(t), stateValues.Draw(t, "value"), lives.Draw(t, "ttl")
	got, err := m.state.Create(context.Background(), key, []byte(value), ttl)
	if there, found := m.entries[key]; found {
		wantError(t, "create", err, store.ErrExists)
		wantSame(t, there, got)
		return
	}
	m.keep(t, key, value, ttl, got, err)
}

// revision draws that of the entry, or another.
func (m *stateModel) revision(t *rapid.T, key string) (revision uint64, right bool) {
	there, found := m.entries[key]
	if found && rapid.IntRange(0, 3).Draw(t, "which revision") > 0 {
		return there.Revision, true
	}
	revision = rapid.Uint64Range(0, 20).Draw(t, "revision")
	return revision, found && revision == there.Revision
}

func (m *stateModel) update(t *rapid.T) {
	key, value, ttl := m.key(t), stateValues.Draw(t, "value"), lives.Draw(t, "ttl")
	revision, right := m.revision(t, key)
	got, err := m.state.Update(context.Background(), key, []byte(value), ttl, revision)
	if !right {
		wantError(t, "update", err, store.ErrConflict)
		return
	}
	m.keep(t, key, value, ttl, got, err)
}

func (m *stateModel) delete(t *rapid.T) {
	key := m.key(t)
	revision, right := m.revision(t, key)
	err := m.state.Delete(context.Background(), key, revision)
	if !right {
		wantError(t, "delete", err, store.ErrConflict)
		return
	}
	if err != nil {
		t.Fatalf("delete: %v", err)
	}
	delete(m.entries, key)
}

func (m *stateModel) commit(t *rapid.T) {
	committer, ok := m.state.(store.Committer)
	if !ok {
		t.Skip("the store does not commit")
	}
	now := time.Now()
	var entries []store.Entry
	last := make(map[string]time.Duration)
	for range rapid.IntRange(1, 3).Draw(t, "entries") {
		key, ttl := m.key(t), lives.Draw(t, "ttl")
		entry := store.Entry{Key: key, Value: []byte(stateValues.Draw(t, "value")), Revision: 7}
		switch {
		case rapid.IntRange(0, 4).Draw(t, "ended") == 0:
			ttl = -time.Hour
			fallthrough
		case ttl != 0:
			entry.ExpiresAt = now.Add(ttl)
		}
		entries, last[key] = append(entries, entry), ttl
	}
	if err := committer.Commit(context.Background(), store.Batch{Entries: entries}); err != nil {
		t.Fatalf("commit: %v", err)
	}
	for _, entry := range slices.Backward(entries) {
		ttl, found := last[entry.Key]
		if !found {
			continue
		}
		delete(last, entry.Key)
		got, err := m.state.Load(context.Background(), entry.Key)
		if ttl < 0 {
			wantError(t, "load of an entry that had ended when it was committed", err, store.ErrNotFound)
			delete(m.entries, entry.Key)
			continue
		}
		m.keep(t, entry.Key, string(entry.Value), ttl, got, err)
		wantEnd(t, got, entry.ExpiresAt)
	}
}

func (m *stateModel) load(t *rapid.T) {
	key := m.key(t)
	got, err := m.state.Load(context.Background(), key)
	want, found := m.entries[key]
	if !found {
		wantError(t, "load", err, store.ErrNotFound)
		return
	}
	if err != nil {
		t.Fatalf("load %q: %v", key, err)
	}
	wantSame(t, want, got)
}

func (m *stateModel) scan(t *rapid.T) {
	prefix := m.part + rapid.SampledFrom([]string{"", "a", "a/", "b", "c", "\xff"}).Draw(t, "prefix")
	limit := rapid.IntRange(1, 8).Draw(t, "limit")
	got, err := m.state.Scan(context.Background(), prefix, limit)
	if err != nil {
		t.Fatalf("scan %q: %v", prefix, err)
	}
	var want []store.Entry
	for _, key := range slices.Sorted(maps.Keys(m.entries)) {
		if strings.HasPrefix(key, prefix) && len(want) < limit {
			want = append(want, m.entries[key])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("scan of %q, at most %d, gives %+v, not %+v", prefix, limit, got, want)
	}
	for i := range want {
		wantSame(t, want[i], got[i])
	}
}

func (m *stateModel) reopen(t *rapid.T) {
	if m.h.Reopen == nil || rapid.IntRange(0, 19).Draw(t, "reopen") > 0 {
		t.Skip("not now")
	}
	m.state = m.h.Reopen(m.t, m.state.(store.Store)).(store.State)
}
