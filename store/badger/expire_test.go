package badger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/store"
)

func createTest(t testing.TB, d *database, key, value string, ttl time.Duration) store.Entry {
	t.Helper()
	entry, err := d.Create(t.Context(), key, []byte(value), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func wantEntries(t *testing.T, d *database, want int64) {
	t.Helper()
	if got, err := d.Entries(t.Context()); err != nil || got != want {
		t.Errorf("the state has %d entries, %v, not %d", got, err, want)
	}
}

func TestExpiry(t *testing.T) {
	d := openTest(t, testConfig(t))
	now := time.Now()
	const claims = 2*quietLength + 10
	entries := make([]store.Entry, claims)
	for i := range entries {
		entries[i] = store.Entry{Key: fmt.Sprint("claim-", i), ExpiresAt: now.Add(time.Hour + time.Duration(i))}
	}
	if err := d.Commit(t.Context(), store.Batch{Entries: entries}); err != nil {
		t.Fatal(err)
	}
	createTest(t, d, "token", "", 0)
	later := createTest(t, d, "later", strings.Repeat("x", 2*valueThreshold), 3*time.Hour)
	moved := createTest(t, d, "moved", "", time.Hour)
	if _, err := d.Update(t.Context(), "moved", nil, 3*time.Hour, moved.Revision); err != nil {
		t.Fatal(err)
	}
	deleted := createTest(t, d, "deleted", "", time.Hour)
	if err := d.Delete(t.Context(), "deleted", deleted.Revision); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, d, claims+3)

	for _, test := range []struct {
		after time.Duration
		want  int64
	}{
		{0, claims + 3}, {59 * time.Minute, claims + 3}, {2 * time.Hour, 3}, {4 * time.Hour, 1}, {1000 * time.Hour, 1},
	} {
		if err := d.maintenance.round(t.Context(), now.Add(test.after)); err != nil {
			t.Fatal(err)
		}
		wantEntries(t, d, test.want)
	}
	// The token, and the book: nothing of the others is left in an index.
	wantKeys(t, d, 2)
	if again := createTest(t, d, "later", "", 0); again.Revision <= later.Revision {
		t.Errorf("the revision after %d is %d", later.Revision, again.Revision)
	}
}

// TestExpiryOfChanged changes entries between their being found and removed.
func TestExpiryOfChanged(t *testing.T) {
	d := openTest(t, testConfig(t))
	x := &expiry{d: d, removed: []byte{endPrefix}}
	updated := createTest(t, d, "updated", "", time.Hour)
	deleted := createTest(t, d, "deleted", "", time.Hour)
	createTest(t, d, "ended", "", time.Hour)
	places, err := x.find(time.Now().Add(2*time.Hour), quietLength)
	if err != nil || len(places) != 3 {
		t.Fatal(places, err)
	}
	if updated, err = d.Update(t.Context(), "updated", nil, 2*time.Hour, updated.Revision); err != nil {
		t.Fatal(err)
	}
	if err := d.Delete(t.Context(), "deleted", deleted.Revision); err != nil {
		t.Fatal(err)
	}
	deleted = createTest(t, d, "deleted", "", 0)
	for range 2 {
		if err := x.remove(t.Context(), places); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []store.Entry{updated, deleted} {
		if got, err := d.Load(t.Context(), want.Key); err != nil || got.Revision != want.Revision {
			t.Errorf("%s is %+v, %v", want.Key, got, err)
		}
	}
	wantEntries(t, d, 2)
	wantKeys(t, d, 4) // with the index of the updated entry, and the book
}

// TestExpiryBehind puts an entry behind what was swept, as a clock that was set back does: in time it is found.
func TestExpiryBehind(t *testing.T) {
	d := openTest(t, testConfig(t))
	x := &expiry{d: d}
	now := time.Now()
	sweep := func(after time.Duration, want int) {
		t.Helper()
		d.maintenance.mutex.Lock() // the maintenance does one thing at a time
		defer d.maintenance.mutex.Unlock()
		if got, err := x.sweep(t.Context(), now.Add(after)); err != nil || got != want {
			t.Errorf("after %s the sweep removed %d, %v, not %d", after, got, err, want)
		}
	}
	createTest(t, d, "far", "", 10*time.Hour)
	sweep(10*time.Hour+time.Minute, 1)
	createTest(t, d, "near", "", time.Hour)
	sweep(10*time.Hour+2*time.Minute, 0)
	sweep(12*time.Hour, 1)
	createTest(t, d, "nearer", "", time.Minute)
	sweep(time.Hour, 1)
	wantEntries(t, d, 0)
}

// TestExpirySpace has claims end whose keys are in the order of time, which no merge of tables brings together again:
// the file system has their space again.
func TestExpirySpace(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a store and measures what the file system gets back")
	}
	const commits, each, size = 80, 500, 900
	d := openTest(t, testConfig(t))
	now := time.Now()
	for i := range commits {
		entries := make([]store.Entry, each)
		for j := range entries {
			entries[j] = store.Entry{
				Key: fmt.Sprintf("delivery/%08d", i*each+j), Value: noise(size), ExpiresAt: now.Add(time.Hour),
			}
		}
		if err := d.Commit(t.Context(), store.Batch{Entries: entries}); err != nil {
			t.Fatal(err)
		}
	}
	full, err := directorySize(d.path)
	if err != nil || full < commits*each*size {
		t.Fatalf("the directory has %d bytes, %v", full, err)
	}
	if err := d.maintenance.round(t.Context(), now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, d, 0)
	left, err := directorySize(d.path)
	if err != nil || left > full/3 {
		t.Errorf("of %d MiB there are %d MiB left, %v", full>>20, left>>20, err)
	}
	t.Logf("%d MiB of %d MiB are left", left>>20, full>>20)
}
