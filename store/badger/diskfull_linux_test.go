package badger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// smallDisk mounts a file system of so many bytes for the test, which is skipped where that is not allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", path, err)
		}
	})
	return path
}

// TestDiskFilled has the store itself fill a disk, by small events and large ones, and by whoever does not ask whether
// it is ready. A write too many would end the process of this test.
func TestDiskFilled(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk and merges until it is empty")
	}
	for name, size := range map[string]int{"keys": 100, "values": 50_000} {
		t.Run(name, func(t *testing.T) {
			c := config{path: smallDisk(t, "160m"), minFree: leastMinFree}
			s, err := open(c, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			d := s.(*database)
			var last *event.Event
			payload := sized(size)
			count := int64(0)
			for err == nil {
				batch := make([]*event.Event, 100)
				for i := range batch {
					batch[i] = storetest.NewEvent("orders", event.Completed)
					batch[i].Payload = payload
				}
				if err = d.Put(t.Context(), batch...); err == nil {
					count, last = count+int64(len(batch)), batch[0]
				}
			}
			wantUnavailable(t, err)
			wantMessage(t, err, "free disk space")
			wantUnavailable(t, d.Ready(t.Context()))
			if _, err := d.Get(t.Context(), last.ID); err != nil {
				t.Error(err)
			}
			// Deleting goes on, and makes room.
			d.maintenance.mutex.Lock()
			d.maintenance.retention = time.Nanosecond
			d.maintenance.mutex.Unlock()
			maintained(t, d, func() {
				awaitReady(t, d, 5*time.Minute)
				if err := d.Put(t.Context(), storetest.NewEvent("orders", event.Completed)); err != nil {
					t.Errorf("with room again: %v", err)
				}
			})
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			t.Logf("%d events filled the disk", count)
		})
	}
}

// TestDiskCrammed has somebody else fill the disk to its last byte: then nothing is written, not even to delete.
func TestDiskCrammed(t *testing.T) {
	c := config{path: smallDisk(t, "160m"), minFree: leastMinFree}
	d := openTest(t, c)
	e := storetest.NewEvent("orders", event.Completed)
	putTest(t, d, e)
	ballast, err := os.Create(filepath.Join(c.path, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer ballast.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = ballast.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if _, err := sweepOne(t.Context(), d); err == nil {
		t.Error("it deletes on a disk without a free byte")
	} else {
		wantUnavailable(t, errors.Unwrap(err))
	}
	wantCounts(t, d, "map[completed:1 failed:0 pending:0 skipped:0]")
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if deleted, err := sweepOne(t.Context(), d); err != nil || deleted != 1 {
		t.Errorf("with room again it deletes %d, %v", deleted, err)
	}
}

// maintained does something while a full database is maintained. Once that takes new work, it takes its time.
func maintained(t *testing.T, d *database, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		for {
			err := d.maintenance.round(ctx, time.Now().Add(time.Hour))
			if ctx.Err() != nil || err != nil && !errors.Is(err, store.ErrUnavailable) {
				done <- err
				return
			}
		}
	}()
	do()
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOpenReadOnly opens a store on a disk that can only be read.
func TestOpenReadOnly(t *testing.T) {
	c := config{path: smallDisk(t, "160m"), minFree: leastMinFree}
	fill(t, c)
	if err := syscall.Mount("tmpfs", c.path, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("a file system cannot be made read-only here: %v", err)
	}
	_, err := open(c, zap.NewNop())
	wantMessage(t, err, "open the store in "+c.path)
	wantMessage(t, err, "read-only file system")
	c.path += "/new"
	_, err = open(c, zap.NewNop())
	wantMessage(t, err, "read-only file system: choose another path")
}
