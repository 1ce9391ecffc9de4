package badger

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
)

// TestKnown has events come in an order that is nearly theirs, some of them again and again, and none be taken for new
// that was put.
func TestKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := &known{ids: make(map[event.ID]struct{})}
		was := make(map[event.ID]bool)
		fresh, unknown := 0, 0
		for at := range rapid.IntRange(1, 3*rememberedIDs).Draw(t, "events") {
			id := numbered(max(0, at-at*2654435761%31))
			if at%7 == 0 {
				id = numbered(at / 2)
			}
			if !was[id] {
				fresh++
			}
			if !k.isNew(id) {
				continue
			}
			if unknown++; was[id] {
				t.Fatalf("event %s was put, and taken for new", id)
			}
			was[id] = true
			k.add(id)
			if len(k.ids) > rememberedIDs || len(k.order) > rememberedIDs {
				t.Fatalf("%d ids are remembered, in an order of %d", len(k.ids), len(k.order))
			}
		}
		if unknown < fresh*3/4 {
			t.Errorf("of %d events that were new only %d were taken for new", fresh, unknown)
		}
	})
}

// TestKnownAfterOpening takes what is in the database for known, and what comes after it for new.
func TestKnownAfterOpening(t *testing.T) {
	c := testConfig(t)
	d := openTest(t, c)
	earlier, put, later := event.NewID(), benchEvent(), event.NewID()
	if err := d.Put(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	k := openTest(t, c).writer.known
	if k.isNew(put.ID) || k.isNew(earlier) || !k.isNew(event.NewID()) {
		t.Errorf("after %s the latest is %s", put.ID, k.latest)
	}
	if !k.isNew(later) {
		t.Errorf("%s came after %s", later, put.ID)
	}
}

func numbered(n int) event.ID {
	id := event.ID{6: 0x70, 8: 0x80}
	id[0], id[1], id[2], id[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return id
}
