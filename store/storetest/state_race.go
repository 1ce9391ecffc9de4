package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/krosyn/gateway/store"
)

// testStateCreateRace creates keys several times at once: one wins, and all others are told of it.
func testStateCreateRace(t *testing.T, h Harness) {
	s := h.openState(t)
	const keys, racers = 20, 16
	for i := range keys {
		key := fmt.Sprint("delivery-", i)
		entries, wins := make([]store.Entry, racers), make([]bool, racers)
		var group sync.WaitGroup
		for racer := range racers {
			group.Go(func() {
				entry, err := s.Create(context.Background(), key, fmt.Append(nil, "racer ", racer), time.Hour)
				if err != nil && !errors.Is(err, store.ErrExists) {
					t.Errorf("create: %v", err)
				}
				entries[racer], wins[racer] = entry, err == nil
			})
		}
		group.Wait()
		winners := 0
		for racer, won := range wins {
			if won {
				winners++
				if want := fmt.Sprint("racer ", racer); string(entries[racer].Value) != want {
					t.Errorf("%s has created the value %q", want, entries[racer].Value)
				}
			}
			wantEntry(t, s, entries[racer])
		}
		if winners != 1 {
			t.Fatalf("%d of %d have created %s", winners, racers, key)
		}
	}
}

// testStateUpdateRace counts in an entry from many goroutines at once.
func testStateUpdateRace(t *testing.T, h Harness) {
	s := h.openState(t)
	const counters, each = 8, 20
	create(t, s, "counter", "", 0)
	var group sync.WaitGroup
	for range counters {
		group.Go(func() {
			for counted := 0; counted < each; {
				entry, err := s.Load(context.Background(), "counter")
				if err != nil {
					t.Errorf("load: %v", err)
					return
				}
				_, err = s.Update(context.Background(), "counter", append(entry.Value, '|'), 0, entry.Revision)
				switch {
				case err == nil:
					counted++
				case !errors.Is(err, store.ErrConflict):
					t.Errorf("update: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	entry, err := s.Load(t.Context(), "counter")
	if err != nil || len(entry.Value) != counters*each {
		t.Errorf("%d were counted, %v, not %d", len(entry.Value), err, counters*each)
	}
}

// testStateHistory changes keys from many goroutines at once. Had all changes of a key been made one after the other,
// each would take the entry that the one before has made: there is no other history to find when each revision is
// made once, and taken once at most.
func testStateHistory(t *testing.T, h Harness) {
	s := h.openState(t)
	const keys, writers, each = 3, 8, 60
	type change struct{ taken, made uint64 }
	changes := make([][keys][]change, writers)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for range each {
				key := rand.IntN(keys)
				made, err := changeRandomly(s, fmt.Sprint("key-", key))
				switch {
				case err == nil:
					changes[writer][key] = append(changes[writer][key], change{made[0], made[1]})
				case !errors.Is(err, store.ErrExists) && !errors.Is(err, store.ErrConflict):
					t.Errorf("change: %v", err)
				}
			}
		})
	}
	group.Wait()
	for key := range keys {
		made, taken, live, total := make(map[uint64]bool), make(map[uint64]bool), 0, 0
		for writer := range writers {
			for _, c := range changes[writer][key] {
				total++
				if c.made != 0 && made[c.made] || c.taken != 0 && taken[c.taken] {
					t.Fatalf("the revisions of %+v were made or taken before", c)
				}
				made[c.made], taken[c.taken] = true, true
				live += cmp.Compare(c.made, 0) - cmp.Compare(c.taken, 0)
			}
		}
		for revision := range taken {
			if revision != 0 && !made[revision] {
				t.Errorf("the revision %d was taken and never made", revision)
			}
		}
		left, err := s.Load(t.Context(), fmt.Sprint("key-", key))
		switch {
		case err == nil && live == 1 && made[left.Revision] && !taken[left.Revision]:
		case errors.Is(err, store.ErrNotFound) && live == 0:
		default:
			t.Errorf("after %d changes %+v is left, %v", total, left, err)
		}
		if total < each/2 {
			t.Errorf("only %d changes were made", total)
		}
	}
}

// changeRandomly creates, updates or deletes an entry. It says which revisions it took and made; 0 is none.
func changeRandomly(s store.State, key string) (revisions [2]uint64, err error) {
	ctx := context.Background()
	there, err := s.Load(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		created, err := s.Create(ctx, key, []byte("value"), time.Hour)
		return [2]uint64{0, created.Revision}, err
	}
	if err != nil {
		return revisions, err
	}
	if rand.IntN(3) == 0 {
		return [2]uint64{there.Revision, 0}, s.Delete(ctx, key, there.Revision)
	}
	updated, err := s.Update(ctx, key, []byte("value"), time.Hour, there.Revision)
	return [2]uint64{there.Revision, updated.Revision}, err
}
