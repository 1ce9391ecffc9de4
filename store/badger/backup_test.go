package badger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// dump is all that a database has, in the order of its keys.
func dump(t *testing.T, d *database) string {
	t.Helper()
	var text strings.Builder
	err := d.db.View(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if it.Item().Key()[0] == paddingPrefix {
				continue
			}
			value, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(&text, "%q %d %q\n", it.Item().Key(), it.Item().UserMeta(), value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// various fills a database with some of everything.
func various(t *testing.T, d *database) (pending *event.Event) {
	t.Helper()
	for i := range 40 {
		e := storetest.NewEvent(fmt.Sprint("connector-", i%3), event.Statuses[i%3])
		e.Payload = sized(50 + i*100)
		if pending != nil && i%5 == 0 {
			e.RetryOf = &pending.ID
		}
		putTest(t, d, e)
		pending = e
	}
	pending = storetest.NewEvent("orders", event.Pending)
	err := d.Commit(t.Context(), store.Batch{
		Events:  []*event.Event{pending},
		Jobs:    []store.Job{{ID: pending.ID, Connector: "orders", Key: "k", Due: time.Now(), Payload: sized(3000)}},
		Entries: []store.Entry{{Key: "claim/1", Value: []byte("first"), ExpiresAt: time.Now().Add(time.Hour)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pending
}

func backupTest(t *testing.T, d *database) []byte {
	t.Helper()
	var backup bytes.Buffer
	if err := d.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	return backup.Bytes()
}

// TestBackup restores a backup into another directory, with another key: everything is there as it was.
func TestBackup(t *testing.T) {
	for name, keys := range map[string][2]string{
		"plain": {}, "encrypted": {"0123456789abcdef", "fedcba9876543210"}, "decrypted": {"0123456789abcdef", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			c.encryptionKey = []byte(keys[0])
			d := openTest(t, c)
			pending := various(t, d)
			want := dump(t, d)
			backup := backupTest(t, d)
			if found, err := VerifyBackup(bytes.NewReader(backup)); err != nil || found.Bytes != int64(len(backup)) ||
				found.Entries != int64(strings.Count(want, "\n")) {
				t.Errorf("it is found to be %+v, %v", found, err)
			}

			other := config{path: filepath.Join(t.TempDir(), "new"), minFree: leastMinFree, encryptionKey: []byte(keys[1])}
			if _, err := restore(other, bytes.NewReader(backup), zap.NewNop()); err != nil {
				t.Fatal(err)
			}
			restored := openTest(t, other)
			if got := dump(t, restored); got != want {
				t.Errorf("it has\n%.2000s\nand should have\n%.2000s", got, want)
			}
			if leases := leaseTest(t, restored, 10, time.Minute); len(leases) != 1 || leases[0].ID != pending.ID ||
				len(leases[0].Payload) == 0 {
				t.Errorf("the jobs are %+v", leases)
			}
			if _, err := restored.Create(t.Context(), "claim/1", nil, time.Hour); !errors.Is(err, store.ErrExists) {
				t.Errorf("a claim is given again: %v", err)
			}
			// It is a store like any other: it opens again, and takes new events.
			putTest(t, restored, storetest.NewEvent("orders", event.Completed))
		})
	}
}

// TestBackupIsOfOneMoment has events move from the queue to the finished ones all the time, each with its claim: in the
// backup everything belongs together.
func TestBackupIsOfOneMoment(t *testing.T) {
	d := openTest(t, testConfig(t))
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				e := storetest.NewEvent("orders", event.Pending)
				e.Payload = sized(4000)
				entry := store.Entry{Key: "claim/" + e.ID.String(), Value: []byte("pending")}
				job := store.Job{ID: e.ID, Connector: "orders"}
				if err := d.Commit(ctx, store.Batch{Events: []*event.Event{e}, Jobs: []store.Job{job}, Entries: []store.Entry{entry}}); err != nil {
					return
				}
				leases, err := d.Lease(ctx, 1, time.Minute, nil)
				if err != nil || len(leases) == 0 {
					continue
				}
				done := storetest.NewEvent("orders", event.Completed)
				done.ID = leases[0].ID
				entry = store.Entry{Key: "claim/" + done.ID.String(), Value: []byte("completed")}
				_ = d.Commit(ctx, store.Batch{Events: []*event.Event{done}, Acks: []store.Lease{leases[0].Lease}, Entries: []store.Entry{entry}})
			}
		})
	}
	for range 3 {
		putTest(t, d, storetest.NewEvent("other", event.Completed))
		backup := backupTest(t, d)
		other := config{path: filepath.Join(t.TempDir(), "new"), minFree: leastMinFree}
		if _, err := restore(other, bytes.NewReader(backup), zap.NewNop()); err != nil {
			t.Fatal(err)
		}
		checkMoment(t, other)
	}
	stop()
	writers.Wait()
}

// checkMoment wants each pending event to have its job, and each event the claim of its status.
func checkMoment(t *testing.T, c config) {
	t.Helper()
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := s.(*database)
	page, err := d.List(t.Context(), store.Query{Connector: "orders", Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	counts, err := d.Count(t.Context(), "orders")
	depth := d.schedule.depth()
	if err != nil || counts[event.Pending] != depth.Pending {
		t.Errorf("%v, %v: and %d jobs", counts, err, depth.Pending)
	}
	if total := counts[event.Pending] + counts[event.Completed]; total != int64(len(page.Events)) {
		t.Errorf("%d events are listed and %d counted", len(page.Events), total)
	}
	for _, summary := range page.Events {
		entry, err := d.Load(t.Context(), "claim/"+summary.ID.String())
		if err != nil || string(entry.Value) != string(summary.Status) {
			t.Fatalf("the event %s is %s, and its claim %q, %v", summary.ID, summary.Status, entry.Value, err)
		}
		if _, err := d.Get(t.Context(), summary.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// slowWriter takes nothing after its first write until it is released.
type slowWriter struct{ entered, release chan struct{} }

func newSlowWriter() *slowWriter {
	return &slowWriter{make(chan struct{}), make(chan struct{})}
}

func (w *slowWriter) Write(p []byte) (int, error) {
	select {
	case <-w.entered:
	default:
		close(w.entered)
	}
	<-w.release
	return len(p), nil
}

// TestBackupSlowly has somebody take a backup very slowly: meanwhile there is no other, and the store closes all the
// same.
func TestBackupSlowly(t *testing.T) {
	s, err := open(testConfig(t), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	d := s.(*database)
	various(t, d)
	slow := newSlowWriter()
	done := make(chan error, 1)
	go func() { done <- d.Backup(context.Background(), slow) }()
	<-slow.entered
	if err := d.Backup(t.Context(), io.Discard); !errors.Is(err, store.ErrBackupRunning) {
		t.Errorf("a second backup: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Backup(t.Context(), io.Discard); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a backup of a closed store: %v", err)
	}
	close(slow.release)
	if err := <-done; err != nil && !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestBackupEndsNoOther has a backup fail after all of it was read: the one that has begun since goes on.
func TestBackupEndsNoOther(t *testing.T) {
	d := openTest(t, testConfig(t))
	various(t, d)
	slow := newSlowWriter()
	var backup bytes.Buffer
	done := make(chan error, 1)
	err := d.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		if end := 4 + 8; len(p) != end {
			return len(p), nil
		}
		for d.backups.running() {
			runtime.Gosched()
		}
		go func() { done <- d.Backup(context.Background(), io.MultiWriter(slow, &backup)) }()
		<-slow.entered
		return 0, io.ErrClosedPipe
	}))
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the first one: %v", err)
	}
	close(slow.release)
	if err := <-done; err != nil {
		t.Errorf("the other: %v", err)
	}
	if _, err := VerifyBackup(&backup); err != nil {
		t.Error(err)
	}
}

// TestBackupInTheWay needs the space that a backup holds.
func TestBackupInTheWay(t *testing.T) {
	c := testConfig(t)
	c.maxSize = 128 << 20
	d := openTest(t, c)
	payload := sized(50_000)
	put := func() {
		e := storetest.NewEvent("orders", event.Completed)
		e.Payload = payload
		putTest(t, d, e)
	}
	for range 200 {
		put()
	}
	slow := newSlowWriter()
	var backup bytes.Buffer
	done := make(chan error, 1)
	go func() { done <- d.Backup(context.Background(), io.MultiWriter(slow, &backup)) }()
	<-slow.entered
	for deadline := time.Now().Add(time.Minute); d.backups.running(); time.Sleep(100 * time.Microsecond) {
		if d.Ready(t.Context()) == nil {
			put()
		}
		if time.Now().After(deadline) {
			t.Fatal("the backup goes on")
		}
	}
	close(slow.release)
	err := <-done
	wantMessage(t, err, "the store needs the space of what was deleted since the backup began: raise max_size")
	_, err = VerifyBackup(&backup)
	wantMessage(t, err, "the backup was not finished: the store needs the space")
	// And the next one may be made at once: it waits for the space to be given back.
	if err := d.Backup(t.Context(), io.Discard); err != nil {
		t.Error(err)
	}
}

// TestBackupOnFullDisk needs the space that a backup holds, of a store without max_size.
func TestBackupOnFullDisk(t *testing.T) {
	d := openTest(t, testConfig(t))
	various(t, d)
	slow := newSlowWriter()
	done := make(chan error, 1)
	go func() { done <- d.Backup(context.Background(), slow) }()
	<-slow.entered
	round := func() {
		t.Helper()
		if err := d.maintenance.round(t.Context(), time.Now()); err != nil {
			t.Error(err)
		}
	}
	round()
	if !d.backups.running() {
		t.Error("it is ended while there is room")
	}
	d.health.floor.Store(math.MaxInt64)
	round()
	if d.backups.running() {
		t.Error("it goes on while there is no room")
	}
	close(slow.release)
	wantMessage(t, <-done, "the store needs the space of what was deleted since the backup began")
}

// TestBackupHeld has a backup wait while space is given back, and not for ever.
func TestBackupHeld(t *testing.T) {
	d := openTest(t, testConfig(t))
	for _, test := range []struct {
		name string
		end  func(b *backups, release func(), cancel func())
		want error
	}{
		{"released", func(_ *backups, release func(), _ func()) { release() }, nil},
		{"closed", func(b *backups, release func(), _ func()) { b.close(); release() }, store.ErrClosed},
		{"cancelled", func(_ *backups, _ func(), cancel func()) { cancel() }, context.Canceled},
		{"too long", func(*backups, func(), func()) { time.Sleep(backupPatience) }, store.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b := new(backups)
				release := b.hold()
				began := make(chan error, 1)
				go func() {
					begun, err := b.begin(ctx, d.db)
					if err == nil {
						begun.txn.Discard()
						b.end()
					}
					began <- err
				}()
				synctest.Wait()
				select {
				case err := <-began:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
				test.end(b, release, cancel)
				if err := <-began; !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
			})
		})
	}
}

// TestBackupCut cuts a backup after each of its bytes, and changes each of them.
func TestBackupCut(t *testing.T) {
	d := openTest(t, testConfig(t))
	putTest(t, d, storetest.NewEvent("orders", event.Completed))
	backup := backupTest(t, d)
	for length := range backup {
		if _, err := VerifyBackup(bytes.NewReader(backup[:length])); err == nil {
			t.Errorf("a backup of %d bytes, cut after %d, is whole", len(backup), length)
		}
		changed := bytes.Clone(backup)
		changed[length] ^= 0x40
		if _, err := VerifyBackup(bytes.NewReader(changed)); err == nil {
			t.Errorf("a backup whose byte %d is another is whole", length)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	d := openTest(t, testConfig(t))
	various(t, d)
	backup := string(backupTest(t, d))
	archive := func(e archived) string {
		var text bytes.Buffer
		w, _ := newArchiveWriter(&text)
		_ = w.frame(appendEntry(nil, e))
		_ = w.end(1)
		return text.String()
	}
	for _, test := range []struct {
		name, backup, there, want string
		minFree                   int64
	}{
		{name: "nothing", want: "the backup is empty"},
		{name: "something else", backup: "PK\x03\x04 and so on and on", want: "it is no backup of the gateway"},
		{name: "cut short", backup: backup[:len(backup)-7], want: "the backup is cut short: it ends after"},
		{name: "cut in a frame", backup: backup[:len(backup)/2], want: "the backup is cut short"},
		{name: "more", backup: backup + "\n", want: "more after its end"},
		{name: "a damaged byte", backup: backup[:2000] + "~" + backup[2001:], want: "the backup is damaged after"},
		{
			name: "a key of tomorrow", backup: archive(archived{key: []byte("zebra")}),
			want: `the key "zebra", which this version of the gateway does not know`,
		},
		{name: "no key", backup: archive(archived{}), want: `the key ""`},
		{
			name: "half a key", backup: archive(archived{key: []byte("e12")}),
			want: `entry 1 of the backup, within its first 34 bytes, has the key "e12", which no gateway writes`,
		},
		{name: "a directory in use", backup: backup, there: "precious.txt", want: "it is not empty (it has precious.txt): choose"},
		{name: "an interrupted one", backup: backup, there: restoringFile, want: "a restore was interrupted there: remove"},
		{name: "no space", backup: strings.Repeat(backup, 1), minFree: 1 << 60, want: "free disk space"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config{path: t.TempDir(), minFree: max(leastMinFree, test.minFree)}
			if test.there != "" {
				write(t, filepath.Join(c.path, test.there), "")
			}
			_, err := restore(c, strings.NewReader(test.backup), zap.NewNop())
			wantMessage(t, err, test.want)
			left, err := os.ReadDir(c.path)
			if err != nil || len(left) > 1 || len(left) == 1 && left[0].Name() != test.there {
				t.Errorf("left are %v, %v", left, err)
			}
			if test.there == restoringFile {
				_, err := open(c, zap.NewNop())
				wantMessage(t, err, "a restore was interrupted there: remove")
			}
		})
	}
}

// FuzzVerifyBackup reads any bytes, and never takes more memory than a frame.
func FuzzVerifyBackup(f *testing.F) {
	var whole bytes.Buffer
	w, _ := newArchiveWriter(&whole)
	_ = w.frame(appendEntry(nil, archived{meta: 1, key: eventKey(newestID), value: []byte("{}")}))
	_ = w.end(1)
	f.Add(whole.Bytes())
	f.Add([]byte(archiveMagic + "\xff\xff\xff\xff\x00\x00\x00\x02no"))
	f.Add([]byte(archiveMagic + "\x00\xff\xff\xff1234"))
	f.Fuzz(func(t *testing.T, content []byte) {
		var again bytes.Buffer
		w, err := newArchiveWriter(&again)
		if err != nil {
			t.Fatal(err)
		}
		var frame []byte
		entries := int64(0)
		found, err := readArchive(bytes.NewReader(content), func(e archived) error {
			entries++
			frame = appendEntry(frame, e)
			return nil
		})
		if err != nil {
			return
		}
		if found.Entries != entries || found.Bytes != int64(len(content)) {
			t.Errorf("%+v of %d bytes and %d entries", found, len(content), entries)
		}
		if len(frame) > 0 {
			_ = w.frame(frame)
		}
		_ = w.end(entries)
		if _, err := VerifyBackup(&again); err != nil {
			t.Errorf("what was read cannot be written again: %v", err)
		}
	})
}
