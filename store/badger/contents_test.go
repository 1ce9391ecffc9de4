package badger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// listing is a directory's files with their lengths.
func listing(t *testing.T, path string) string {
	t.Helper()
	var list strings.Builder
	for _, name := range files(t, path, "*") {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&list, filepath.Base(name), info.Size())
	}
	return list.String()
}

// wantRefused opens a store that is damaged: the error names the file and the way out, and everything stays as it is.
func wantRefused(t *testing.T, c config, want ...string) {
	t.Helper()
	before := listing(t, c.path)
	s, err := open(c, zap.NewNop())
	if err == nil {
		t.Errorf("it opens (%v) instead of saying %q", s.Close(), want)
		return
	}
	for _, text := range append(want, c.path) {
		wantMessage(t, err, text)
	}
	if after := listing(t, c.path); after != before {
		t.Errorf("refusing to open changed the files from\n%sto\n%s", before, after)
	}
}

// wantOpens opens a store that a crash may have left, with the events of so many fills.
func wantOpens(t *testing.T, c config, fills int) {
	t.Helper()
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.List(t.Context(), store.Query{Limit: 500})
	if err != nil || len(page.Events) != 100*fills {
		t.Errorf("%d events are there, %v", len(page.Events), err)
	}
	for _, summary := range page.Events {
		if _, err := s.Get(t.Context(), summary.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestManifestCut cuts the manifest after each of its bytes, and has each of them be another one.
func TestManifestCut(t *testing.T) {
	c := testConfig(t)
	fill(t, c)
	fill(t, c)
	path := filepath.Join(c.path, badgerdb.ManifestFilename)
	whole := read(t, path)
	for length := range whole {
		write(t, path, string(whole[:length]))
		if err := checkContents(c.options(newLogger(zap.NewNop()))); err == nil {
			t.Errorf("a manifest of %d bytes, cut after %d, is taken", len(whole), length)
		}
		if length == 0 || length == 8 || length == 16 || length == len(whole)/2 || length == len(whole)-1 {
			wantRefused(t, c, "MANIFEST is damaged", "restore a backup")
		}
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		write(t, path, string(changed))
		if i%7 == 0 {
			wantRefused(t, c)
		}
	}
	write(t, path, string(whole))
	wantOpens(t, c, 2)
}

// TestManifestAfterCrash has what a crash may leave of a manifest.
func TestManifestAfterCrash(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, manifest []byte) []byte{
		"a record without its end": func(_ *testing.T, manifest []byte) []byte {
			return append(manifest, 0, 0, 0, 40, 1, 2, 3, 4, 5, 6)
		},
		"half the header of a record": func(_ *testing.T, manifest []byte) []byte { return append(manifest, 0, 0, 0) },
		"written anew":                rewritten,
		"written anew, and a record without its end": func(t *testing.T, manifest []byte) []byte {
			return append(rewritten(t, manifest), 0, 0, 0, 9, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			fill(t, c)
			fill(t, c)
			path := filepath.Join(c.path, badgerdb.ManifestFilename)
			write(t, path, string(change(t, read(t, path))))
			wantOpens(t, c, 2)
			wantOpens(t, c, 2)
		})
	}
}

// rewritten is a manifest as Badger writes it from time to time: all in its first record. The messages of several are
// one after the other.
func rewritten(t *testing.T, manifest []byte) []byte {
	t.Helper()
	var record []byte
	for rest := manifest[manifestHeader:]; len(rest) > 0; {
		length := int(binary.BigEndian.Uint32(rest))
		record = append(record, rest[recordHeader:recordHeader+length]...)
		rest = rest[recordHeader+length:]
	}
	anew := binary.BigEndian.AppendUint32(bytes.Clone(manifest[:manifestHeader]), uint32(len(record)))
	anew = binary.BigEndian.AppendUint32(anew, crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli)))
	return append(anew, record...)
}

// TestFilesCut cuts and removes what else is in a directory.
func TestFilesCut(t *testing.T) {
	cut := func(pattern string, length func(int) int) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			name := files(t, path, pattern)[0]
			content := read(t, name)
			write(t, name, string(content[:length(len(content))]))
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.Remove(filepath.Join(path, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name   string
		damage func(*testing.T, string)
		want   []string
	}{
		{"no manifest", remove("MANIFEST"), []string{"it has lost its MANIFEST: restore a backup"}},
		{"no key registry", remove("KEYREGISTRY"), []string{"KEYREGISTRY", "restore a backup"}},
		{"an empty key registry", cut("KEYREGISTRY", func(int) int { return 0 }), []string{"KEYREGISTRY is damaged"}},
		{"half a key registry", cut("KEYREGISTRY", func(n int) int { return n / 2 }), []string{"KEYREGISTRY is damaged"}},
		{"a key registry but a byte", cut("KEYREGISTRY", func(n int) int { return n - 1 }), []string{"KEYREGISTRY is damaged"}},
		{"half a value log", cut("*.vlog", func(n int) int { return n / 2 }), []string{"000001.vlog is damaged"}},
		{"a value log but a byte", cut("*.vlog", func(n int) int { return n - 1 }), []string{"000001.vlog is damaged"}},
		{"half a table", cut("*.sst", func(n int) int { return n / 2 }), []string{"000001.sst"}},
		{"a table but a byte", cut("*.sst", func(n int) int { return n - 1 }), []string{"000001.sst"}},
		{
			"half of what was written down", cut(contentsFile, func(n int) int { return n / 2 }),
			[]string{"CONTENTS is damaged", "without it the store opens"},
		},
	} {
		for _, key := range []string{"", "0123456789abcdef"} {
			t.Run(test.name+key, func(t *testing.T) {
				c := testConfig(t)
				c.encryptionKey = []byte(key)
				fill(t, c)
				test.damage(t, c.path)
				wantRefused(t, c, test.want...)
			})
		}
	}
}

// TestValueChanged flips a bit of one event while the store is closed: the others are there.
func TestValueChanged(t *testing.T) {
	for _, key := range []string{"", "0123456789abcdef"} {
		t.Run(key, func(t *testing.T) {
			c := testConfig(t)
			c.encryptionKey = []byte(key)
			var events []*event.Event
			d := openTest(t, c)
			for range 20 {
				e := storetest.NewEvent("orders", event.Completed)
				e.Payload = sized(3000)
				events = append(events, e)
				putTest(t, d, e)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			log := files(t, c.path, "*.vlog")[0]
			content := read(t, log)
			content[len(content)/8] ^= 1
			write(t, log, string(content))
			for range 2 {
				d = openTest(t, c)
				lost := 0
				for _, e := range events {
					if got, err := d.Get(t.Context(), e.ID); err != nil || !bytes.Equal(got.Payload, e.Payload) {
						lost++
					}
				}
				if lost != 1 {
					t.Errorf("%d of %d events are lost, and one was damaged", lost, len(events))
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if logs := files(t, c.path, "*.vlog"); len(logs) > 3 {
				t.Errorf("empty files pile up: %q", logs)
			}
		})
	}
}

// TestContentsRemoved opens a store of which nothing was written down, as an older one.
func TestContentsRemoved(t *testing.T) {
	c := testConfig(t)
	fill(t, c)
	path := filepath.Join(c.path, contentsFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantOpens(t, c, 1)
	if len(read(t, path)) == 0 {
		t.Error("nothing was written down")
	}
}

// TestContentsKept writes down what has changed, and only then.
func TestContentsKept(t *testing.T) {
	c := testConfig(t)
	d := openTest(t, c)
	path := filepath.Join(c.path, contentsFile)
	// Nobody else may write it down meanwhile.
	d.maintenance.mutex.Lock()
	defer d.maintenance.mutex.Unlock()
	first := read(t, path)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	d.maintenance.keepContents(true)
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written again, %v", err)
	}
	if err := d.maintenance.merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.maintenance.keepContents(true)
	if bytes.Equal(first, read(t, path)) {
		t.Error("a table more, and nothing was written down")
	}
}

// FuzzContents has any bytes for what was written down, and for the file that it is about.
func FuzzContents(f *testing.F) {
	f.Add([]byte(`{"manifest":{"size":20,"begins":"42"}}`), []byte("Bdgr\x4b\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte(`{"manifest":{"size":-1},"values":{"../x":-5}}`), []byte("Bdgr"))
	f.Fuzz(func(t *testing.T, text, content []byte) {
		if whole, err := wholeRecords(content); whole > len(content) || err == nil && whole < min(len(content), manifestHeader) {
			t.Errorf("%d of %d bytes are whole", whole, len(content))
		}
		var c contents
		if json.Unmarshal(text, &c) != nil {
			return
		}
		_ = c.Registry.check(content)
		if err := seal(content).check(append(content, text...)); err != nil {
			t.Errorf("what has grown is refused: %v", err)
		}
		if err := c.check(t.TempDir()); err == nil {
			t.Error("an empty directory has what was written down")
		}
	})
}
