package badger

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/krosyn/gateway/event"
)

// TestGiveBack has the system take back what was written, and reads all of it again.
func TestGiveBack(t *testing.T) {
	c := testConfig(t)
	var disk unix.Statfs_t
	if err := unix.Statfs(t.TempDir(), &disk); err != nil || disk.Type == unix.TMPFS_MAGIC {
		t.Skipf("the files would stay in memory here: %v", err)
	}
	d := openTest(t, c)
	var ids []event.ID
	for range 100 {
		events := make([]*event.Event, 100)
		for i := range events {
			events[i] = benchEvent()
			ids = append(ids, events[i].ID)
		}
		if err := d.Put(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
	}
	mapped, err := mappedFiles(c.path, ".vlog")
	if err != nil || len(mapped) == 0 {
		t.Fatalf("no file is mapped: %v", err)
	}
	before, err := residentFiles()
	if err != nil {
		t.Fatal(err)
	}
	if err := giveBack(c.path, ".vlog"); errors.Is(err, unix.EINVAL) {
		t.Skipf("this system takes no pages back: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	// 10,000 events of 1.7 KB.
	if after, err := residentFiles(); err != nil || after > before-(8<<20) {
		t.Errorf("%d bytes of files were in memory, and %d are: %v", before, after, err)
	}
	for _, id := range ids {
		if e, err := d.Get(t.Context(), id); err != nil || e.ID != id {
			t.Fatalf("event %s: %v %v", id, e, err)
		}
	}
}

func TestParseMapping(t *testing.T) {
	const line = "7f00a0000000-7f00a2000000 rw-s 00000000 08:01 1234                       "
	for text, want := range map[string]mapping{
		line + "/data/events/000001.vlog":           {0x7f00a0000000, 0x7f00a2000000},
		line + "/data/events/000007.sst":            {},
		line + "/data/events/00001.mem":             {},
		line + "/data/events/000001.vlog (deleted)": {},
		line + "/data/events2/000001.vlog":          {},
		line + "/data/events/more/000001.vlog":      {},
		line + "/other/data/events/000001.vlog":     {},
		line + "[heap]":                             {},
		"":                                          {},
		strings.Replace(line, "7f00a2000000", "7f0", 1) + "/data/events/000001.vlog": {},
		strings.Replace(line, "7f00a2000000", "x", 1) + "/data/events/000001.vlog":   {},
	} {
		if got, ok := parseMapping([]byte(text), "/data/events", ".vlog"); got != want || ok != (want != mapping{}) {
			t.Errorf("%q is %v %t, want %v", text, got, ok, want)
		}
	}
}
