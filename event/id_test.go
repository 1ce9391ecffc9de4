package event

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewIDIncreases(t *testing.T) {
	const makers, each = 8, 2000
	made := make([][]ID, makers)
	var working sync.WaitGroup
	for i := range made {
		working.Go(func() {
			for range each {
				made[i] = append(made[i], NewID())
			}
		})
	}
	working.Wait()
	last := NewID()
	for i, ids := range made {
		if !slices.IsSortedFunc(ids, compareIDs) {
			t.Errorf("the ids of maker %d are not in order", i)
		}
		if compareIDs(slices.MaxFunc(ids, compareIDs), last) >= 0 {
			t.Errorf("an id of maker %d is not before one made later", i)
		}
	}
	all := slices.Concat(made...)
	slices.SortFunc(all, compareIDs)
	if n := len(slices.Compact(all)); n != makers*each {
		t.Errorf("%d different ids, want %d", n, makers*each)
	}
	for _, id := range all {
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%s is no UUIDv7", id)
		}
	}
}

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }

func TestFirstIDAt(t *testing.T) {
	before := time.Now()
	id := NewID()
	after := time.Now()
	if first := FirstIDAt(before); compareIDs(first, id) > 0 {
		t.Errorf("%s, made at %s, is before its bound %s", id, before, first)
	}
	// Ids made within one millisecond may borrow from the next ones.
	if next := FirstIDAt(after.Add(time.Minute)); compareIDs(id, next) >= 0 {
		t.Errorf("%s is not before the bound %s of a minute later", id, next)
	}
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.UnixMilli(0), "00000000-0000-0000-0000-000000000001"},
		{time.UnixMilli(1), "00000000-0001-0000-0000-000000000000"},
		{time.UnixMilli(1).Add(999 * time.Microsecond), "00000000-0001-0000-0000-000000000000"},
		{time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), "01a202b2-c500-0000-0000-000000000000"},
		{time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 7200)), "01a202b2-c500-0000-0000-000000000000"},
		{time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), "00000000-0000-0000-0000-000000000001"},
		{time.Time{}, "00000000-0000-0000-0000-000000000001"},
		{time.UnixMilli(1<<48 - 1), "ffffffff-ffff-0000-0000-000000000000"},
		{time.UnixMilli(1 << 48), "ffffffff-ffff-0000-0000-000000000000"},
		{time.UnixMilli(math.MaxInt64), "ffffffff-ffff-0000-0000-000000000000"},
	} {
		id := FirstIDAt(test.at)
		if id.String() != test.want {
			t.Errorf("FirstIDAt(%s) = %s, want %s", test.at, id, test.want)
		}
	}
	if at := FirstIDAt(before).Time(); !at.Equal(before.Truncate(time.Millisecond)) || at.Location() != time.UTC {
		t.Errorf("the first id at %s has the time %s", before, at)
	}
}

var idTexts = []string{
	"0199f0c4-9d7b-7abc-8def-0123456789ab", "0199F0C4-9D7B-7ABC-8DEF-0123456789AB", "", "0199f0c4",
	"0199f0c49d7b7abc8def0123456789ab",
	"{0199f0c4-9d7b-7abc-8def-0123456789ab}", "urn:uuid:0199f0c4-9d7b-7abc-8def-0123456789ab",
	"0199f0c4-9d7b-7abc-8def-0123456789ag",
	"0199f0c49-d7b-7abc-8def-0123456789ab", "0199f0c4-9d7b-7abc-8def_0123456789ab", "-----------------------------------0",
	"00000000-0000-0000-0000-000000000000", " 199f0c4-9d7b-7abc-8def-0123456789ab", strings.Repeat("é", 18),
	strings.Repeat("a", 1e6),
}

func TestParseID(t *testing.T) {
	id, err := ParseID(idTexts[0])
	if err != nil || id.String() != idTexts[0] {
		t.Errorf("ParseID(%s) = %s, %v", idTexts[0], id, err)
	}
	for _, text := range idTexts[2:11] {
		if id, err := ParseID(text); err == nil {
			t.Errorf("ParseID(%s) = %s, want an error", text, id)
		}
	}
	if _, err := ParseID(strings.Repeat("a", 1e6)); err == nil || len(err.Error()) > 200 {
		t.Errorf("the error about an id of 1 MB has %d bytes", len(err.Error()))
	}
	if !(ID{}).IsZero() || id.IsZero() {
		t.Error("IsZero is wrong about the zero id or another")
	}
}

func FuzzParseID(f *testing.F) {
	for _, text := range idTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		var unmarshalled ID
		if other := unmarshalled.UnmarshalText([]byte(text)); (other == nil) != (err == nil) || unmarshalled != id {
			t.Fatalf("UnmarshalText gives %s, %v, ParseID gives %s, %v", unmarshalled, other, id, err)
		}
		if err != nil {
			return
		}
		if id.String() != strings.ToLower(text) {
			t.Fatalf("%q is parsed as %s", text, id)
		}
		if marshalled, err := id.MarshalText(); err != nil || string(marshalled) != id.String() {
			t.Fatalf("MarshalText gives %s, %v", marshalled, err)
		}
		if appended := id.appendJSON(nil); string(appended) != `"`+id.String()+`"` {
			t.Fatalf("its JSON is %s", appended)
		}
	})
}
