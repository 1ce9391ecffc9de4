package badger

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		revision := rapid.Uint64().Draw(t, "revision")
		end := rapid.Int64Min(0).Draw(t, "end")
		written := newKept(value)
		written.seal(revision, end)
		read, err := parseKept(bytes.Clone(written.encoded))
		if err != nil || read.revision != revision || read.end != end || !bytes.Equal(read.entry("k").Value, value) {
			t.Fatalf("%q, %d, %d is read as %+v, %v", value, revision, end, read, err)
		}
	})
	for length := range keptHeader {
		if _, err := parseKept(make([]byte, length)); err == nil {
			t.Errorf("an entry of %d bytes is read without an error", length)
		}
	}
}

func TestEnds(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	for _, test := range []struct {
		end  time.Time
		want int64
	}{
		{time.Time{}, 0},
		{now, now.UnixMilli()},
		{now.Add(1), now.UnixMilli() + 1},
		{now.Add(time.Millisecond), now.UnixMilli() + 1},
		{time.UnixMilli(0), 1},
		{time.UnixMilli(-5000), 1},
	} {
		if got := endAt(test.end); got != test.want {
			t.Errorf("%s is kept as %d, not %d", test.end, got, test.want)
		}
	}
	if end := endAfter(now, 0); end != 0 {
		t.Errorf("an entry without a time to live ends at %d", end)
	}
	if end := endAfter(now, 1<<63-1); end <= now.UnixMilli() {
		t.Errorf("an entry with the longest time to live ends at %d", end)
	}
	entry := &kept{revision: 3, end: now.UnixMilli()}
	for _, test := range []struct {
		entry    *kept
		revision uint64
		after    time.Duration
		want     bool
	}{
		{entry, 3, -1, true},
		{entry, 3, 0, false},
		{entry, 2, -1, false},
		{&kept{revision: 3}, 3, 1 << 62, true},
		{nil, 0, 0, false},
	} {
		if got := test.entry.is(test.revision, now.Add(test.after)); got != test.want {
			t.Errorf("%+v has the revision %d after %s: %t", test.entry, test.revision, test.after, got)
		}
	}
}

// TestEndKeys: the index is in the order of time, and each of its keys leads to its entry.
func TestEndKeys(t *testing.T) {
	ends := rapid.Int64Min(1)
	keys := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		end, other, key := ends.Draw(t, "end"), ends.Draw(t, "other end"), keys.Draw(t, "key")
		place := endKey(end, key)
		gotEnd, gotKey, err := parseEndKey(place)
		if err != nil || gotEnd != end || gotKey != key {
			t.Fatalf("%d, %q is read as %d, %q, %v", end, key, gotEnd, gotKey, err)
		}
		if end < other && bytes.Compare(place, endKey(other, keys.Draw(t, "other key"))) >= 0 {
			t.Fatalf("the key of %d is after that of %d", end, other)
		}
	})
	if _, _, err := parseEndKey([]byte("x1234567")); err == nil {
		t.Error("half a key is read without an error")
	}
}
