package badger

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

func TestMain(m *testing.M) {
	if isCrashChild() {
		crashChild()
		return
	}
	if os.Getenv(openPath) != "" {
		openChild()
		return
	}
	// Badger leaves these behind when it cannot open a database.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/dgraph-io/badger/v4.(*DB).monitorCache"),
		goleak.IgnoreAnyFunction("github.com/dgraph-io/ristretto/v2/z.(*AllocatorPool).freeupAllocators"))
}

// testConfig is a database without the wait for the disk, which only some tests are about.
func testConfig(t testing.TB) config {
	return config{path: t.TempDir(), minFree: leastMinFree}
}

func openTest(t testing.TB, c config) *database {
	t.Helper()
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s.(*database)
}

func harness(change func(*config)) storetest.Harness {
	start := func(t *testing.T, path string) store.Store {
		c := config{path: path, minFree: leastMinFree}
		change(&c)
		s, err := open(c, zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return storetest.Harness{
		Open: func(t *testing.T) store.Store { return start(t, t.TempDir()) },
		Reopen: func(t *testing.T, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			return start(t, s.(*database).path)
		},
	}
}

// TestStore runs the suite without the wait for the disk, and encrypted.
func TestStore(t *testing.T) {
	storetest.Run(t, harness(func(c *config) { c.encryptionKey = []byte("0123456789abcdef") }))
}

// TestStoreDurable runs it as the store is by default; what many restarts do not depend on is left out.
func TestStoreDurable(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the disk")
	}
	h := harness(func(c *config) { c.sync = true })
	h.Reopen = nil
	storetest.Run(t, h)
}

// TestPutTooLarge puts an event that does not fit a file of the value log.
func TestPutTooLarge(t *testing.T) {
	d := openTest(t, testConfig(t))
	e := storetest.NewEvent("orders", event.Completed)
	e.Payload = append(append([]byte{'"'}, make([]byte, maxEvent)...), '"')
	for i := range maxEvent {
		e.Payload[i+1] = 'x'
	}
	want := "has 16 MiB of JSON, and the store takes 16 MiB: lower max_body or capture_body"
	wantMessage(t, d.Put(t.Context(), e), want)
	if err := d.Commit(t.Context(), store.Batch{Events: []*event.Event{e}}); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("commit: %v", err)
	}
	if counts, err := d.Count(t.Context(), ""); err != nil || counts[event.Completed] != 0 {
		t.Errorf("count is %v, %v", counts, err)
	}
}

// TestPutWhoseCallerLeft has a Put wait behind a writer that is busy.
func TestPutWhoseCallerLeft(t *testing.T) {
	d := openTest(t, testConfig(t))
	busy, release := make(chan struct{}), make(chan struct{})
	blocked := make(chan error, 1)
	go func() {
		blocked <- d.writer.do(&operation{ctx: context.Background(), apply: func(*transaction) error {
			close(busy)
			<-release
			return nil
		}})
	}()
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	left := storetest.NewEvent("orders", event.Completed)
	answered := make(chan error, 1)
	go func() { answered <- d.Put(ctx, left) }()
	for deadline := time.Now().Add(time.Minute); len(d.writer.queue) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the Put does not come to the writer")
		}
	}
	cancel()
	wantMessage(t, <-answered, "wait for the store, which may still write: context canceled")
	close(release)
	if err := <-blocked; err != nil {
		t.Fatal(err)
	}
	// A caller that has left before its turn is not written for.
	stays := storetest.NewEvent("orders", event.Completed)
	if err := d.Put(t.Context(), stays); err != nil {
		t.Fatal(err)
	}
	if counts, err := d.Count(t.Context(), ""); err != nil || counts[event.Completed] != 1 {
		t.Errorf("count is %v, %v", counts, err)
	}
}
