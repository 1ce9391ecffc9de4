package badger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// noise is what cannot be compressed.
func noise(size int) []byte {
	value := make([]byte, size)
	for i := range value {
		value[i] = byte(rand.Uint32())
	}
	return value
}

// batch is a Commit of several events, with an entry for each.
func batch(name string, count int) ([]*event.Event, []store.Entry) {
	events, entries := make([]*event.Event, count), make([]store.Entry, count)
	for i := range events {
		events[i] = storetest.NewEvent(name, event.Completed)
		entries[i] = store.Entry{
			Key: "batch/" + name + "/" + events[i].ID.String(), Value: []byte(name), ExpiresAt: time.Now().Add(time.Hour),
		}
	}
	return events, entries
}

// TestCommitIsWhole has one group be several transactions of Badger: each Commit is in one of them.
func TestCommitIsWhole(t *testing.T) {
	d := openTest(t, testConfig(t))
	const commits, each = 20, 100
	release := hold(t, d)
	var group sync.WaitGroup
	keys := make([][][]byte, commits)
	for i := range commits {
		events, entries := batch(fmt.Sprint("batch-", i), each)
		for j := range events {
			keys[i] = append(keys[i], eventKey(events[j].ID), listed(statusList(event.Completed), events[j].ID),
				stateKey(entries[j].Key))
		}
		group.Go(func() {
			if err := d.Commit(context.Background(), store.Batch{Events: events, Entries: entries}); err != nil {
				t.Error(err)
			}
		})
	}
	for len(d.writer.queue) < commits {
		// They are on their way to the writer's queue, which takes all of them for one group.
		runtime.Gosched()
	}
	release()
	group.Wait()

	transactions := make(map[uint64]bool)
	err := d.view(func(txn *badgerdb.Txn) error {
		for _, of := range keys {
			versions := make(map[uint64]bool)
			for _, key := range of {
				item, err := txn.Get(key)
				if err != nil {
					return err
				}
				versions[item.Version()], transactions[item.Version()] = true, true
			}
			if len(versions) != 1 {
				t.Errorf("a commit was made in the transactions %v", versions)
			}
		}
		return nil
	})
	if err != nil || len(transactions) < 2 || len(transactions) == commits {
		t.Errorf("%d commits were made in %d transactions, %v", commits, len(transactions), err)
	}
	wantEntries(t, d, commits*each)
}

// hold keeps the writer busy until it is released.
func hold(t *testing.T, d *database) (release func()) {
	t.Helper()
	busy, released, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- d.writer.do(&operation{ctx: context.Background(), apply: func(*transaction) error {
			close(busy)
			<-released
			return nil
		}})
	}()
	<-busy
	return func() {
		close(released)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestCommitTooLarge(t *testing.T) {
	d := openTest(t, testConfig(t))
	events, entries := batch("batch", 2000)
	err := d.Commit(t.Context(), store.Batch{Events: events, Entries: entries})
	wantMessage(t, err, "commit: 2000 events, 2000 entries and 0 jobs are more than one transaction takes: "+
		"commit fewer at a time")
	wantKeys(t, d, 0)
	if err := d.Commit(t.Context(), store.Batch{Events: events[:100], Entries: entries[:100]}); err != nil {
		t.Error(err)
	}
	wantEntries(t, d, 100)
}

// TestCommitLarge commits bodies and values that go to the value log, and so take little of a transaction.
func TestCommitLarge(t *testing.T) {
	d := openTest(t, testConfig(t))
	events, entries := batch("batch", 100)
	for i := range events {
		events[i].Payload = fmt.Appendf(nil, `"%x"`, noise(100_000))
		entries[i].Value = noise(64 << 10)
	}
	if err := d.Commit(t.Context(), store.Batch{Events: events, Entries: entries}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Load(t.Context(), entries[99].Key)
	if err != nil || string(got.Value) != string(entries[99].Value) {
		t.Errorf("the last entry is %d bytes, %v", len(got.Value), err)
	}
}

// TestCommitToDamaged finds damage in the middle of a Commit, before anything of it is written.
func TestCommitToDamaged(t *testing.T) {
	d := openTest(t, testConfig(t))
	events, entries := batch("batch", 3)
	createTest(t, d, entries[2].Key, "", 0)
	damage(t, d, stateKey(entries[2].Key), []byte("short"))
	err := d.Commit(t.Context(), store.Batch{Events: events, Entries: entries})
	wantMessage(t, err, "it is not there as it was written: the store is damaged")
	pending := storetest.NewEvent("orders", event.Pending)
	if err := d.Put(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	damage(t, d, listed(statusList(event.Pending), pending.ID), nil)
	err = d.Commit(t.Context(), store.Batch{Events: []*event.Event{events[0], pending}, Entries: entries[:1]})
	wantMessage(t, err, "commit event "+pending.ID.String())

	for i := range 2 {
		if _, err := d.Get(t.Context(), events[i].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("event %d answers %v", i, err)
		}
		if _, err := d.Load(t.Context(), entries[i].Key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("entry %d answers %v", i, err)
		}
	}
	for what, err := range map[string]error{
		"load":   second(d.Load(t.Context(), entries[2].Key)),
		"create": second(d.Create(t.Context(), entries[2].Key, nil, 0)),
		"scan":   second(d.Scan(t.Context(), "batch/", 5)),
	} {
		wantMessage(t, err, "the store is damaged")
		wantMessage(t, err, what+` "batch/`)
	}
}

func second[T any](_ T, err error) error { return err }

// damage writes what the store does not.
func damage(t *testing.T, d *database, key, value []byte) {
	t.Helper()
	if err := d.db.Update(func(txn *badgerdb.Txn) error { return txn.Set(key, value) }); err != nil {
		t.Fatal(err)
	}
}
