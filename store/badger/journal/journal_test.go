package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testKey = []byte("0123456789abcdef")

const testSize = 16 << 10

// openTest opens a journal with small segments that are durable elsewhere as soon as they are full.
func openTest(t testing.TB, config Config) *Journal {
	t.Helper()
	if config.Path == "" {
		config.Path = t.TempDir()
	}
	config.SegmentSize = testSize
	if config.Durable == nil {
		config.Durable = func() error { return nil }
	}
	j, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func appendAll(t testing.TB, j *Journal, records ...string) {
	t.Helper()
	for _, record := range records {
		if err := j.Append([]byte(record)); err != nil {
			t.Fatal(err)
		}
	}
}

func replay(path string, keys ...[]byte) (records []string, err error) {
	_, err = Replay(path, keys, func(record []byte) error {
		records = append(records, string(record))
		return nil
	})
	return records, err
}

func wantRecords(t testing.TB, path string, want []string, keys ...[]byte) {
	t.Helper()
	if got, err := replay(path, keys...); err != nil || fmt.Sprintf("%.40q", got) != fmt.Sprintf("%.40q", want) ||
		strings.Join(got, "") != strings.Join(want, "") {
		t.Fatalf("replayed %d records, %v, and %d were appended", len(got), err, len(want))
	}
}

func TestReplay(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": testKey} {
		t.Run(name, func(t *testing.T) {
			j := openTest(t, Config{Key: key})
			var keys [][]byte
			if key != nil {
				keys = append(keys, []byte("fedcba9876543210"), key)
			}
			wantRecords(t, j.config.Path, nil, keys...)
			want := []string{"one", "", strings.Repeat("three", 700)}
			appendAll(t, j, want...)
			wantRecords(t, j.config.Path, want, keys...)
			if size, err := Size(j.config.Path); err != nil || size != testSize {
				t.Errorf("size is %d, %v", size, err)
			}
			for _, name := range segments(t, j.config.Path) {
				if inClear := bytes.Contains(content(t, name), []byte("threethree")); key != nil && inClear {
					t.Errorf("%s has a record in clear", name)
				}
			}
			wrong := [][]byte{[]byte("fedcba9876543210")}
			if key != nil {
				if _, err := replay(j.config.Path); !errors.Is(err, ErrKey) {
					t.Errorf("without the key: %v", err)
				}
			}
			if _, err := replay(j.config.Path, wrong...); !errors.Is(err, ErrKey) {
				t.Errorf("with another key: %v", err)
			}
			if err := Remove(j.config.Path); err != nil {
				t.Fatal(err)
			}
			wantRecords(t, j.config.Path, nil, keys...)
		})
	}
}

// TestPacked reads the segment that a gateway of before wrote.
func TestPacked(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": testKey} {
		t.Run(name, func(t *testing.T) {
			j := openTest(t, Config{Key: key})
			want := []string{"one", "", strings.Repeat("three", 50)}
			appendAll(t, j, want...)
			h := j.active.header
			packed := version(&h, packedVersion)
			packed = append(packed, make([]byte, blockSize-len(packed))...)
			for i, record := range want {
				s := segment{header: h, seal: j.active.seal, records: uint64(i)}
				block := s.encode(newBuffer(room(len(record))), []byte(record))
				length := recordHeader + int(binary.BigEndian.Uint32(block[16:]))
				packed = append(packed, block[:(length+packedAlign-1)/packedAlign*packedAlign]...)
			}
			path := t.TempDir()
			copied(t, path, append(packed, make([]byte, testSize-len(packed))...))
			var keys [][]byte
			if key != nil {
				keys = append(keys, key)
			}
			wantRecords(t, path, want, keys...)
		})
	}
}

// TestLongRecord appends what no segment of the usual length takes.
func TestLongRecord(t *testing.T) {
	j := openTest(t, Config{})
	want := []string{"first", strings.Repeat("x", 5*testSize), "last"}
	appendAll(t, j, want...)
	got, err := replay(j.config.Path)
	if err != nil || len(got) == 0 || got[len(got)-1] != "last" {
		t.Fatalf("replayed %d records, %v", len(got), err)
	}
	for range 1000 {
		appendAll(t, j, strings.Repeat("y", 100))
	}
	for _, name := range segments(t, j.config.Path) {
		if size := len(content(t, name)); size != testSize {
			t.Errorf("%s is still there and has %d bytes", name, size)
		}
	}
}

// TestModel appends records that set keys, beside a store elsewhere that is made durable in the background, and has the
// power fail at any moment: what was durable elsewhere, and the journal applied to it, is everything that was appended.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		path, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		var mutex sync.Mutex
		now, durable := map[string]string{}, map[string]string{}
		j := openTest(t, Config{Path: path, Sync: func(*os.File) error { return nil }, Durable: func() error {
			mutex.Lock()
			defer mutex.Unlock()
			maps.Copy(durable, now)
			return nil
		}})
		for i := range rapid.IntRange(1, 200).Draw(r, "records") {
			key := string(rune('a' + rapid.IntRange(0, 5).Draw(r, "key")))
			value := fmt.Sprint(i, strings.Repeat("v", rapid.IntRange(0, 3000).Draw(r, "length")))
			if err := j.Append([]byte(key + value)); err != nil {
				r.Fatal(err)
			}
			mutex.Lock()
			now[key] = value
			mutex.Unlock()
		}
		if err := j.Close(); err != nil {
			r.Fatal(err)
		}
		recovered := durable
		if _, err := Replay(path, nil, func(record []byte) error {
			recovered[string(record[:1])] = string(record[1:])
			return nil
		}); err != nil {
			r.Fatal(err)
		}
		if fmt.Sprint(recovered) != fmt.Sprint(now) {
			r.Fatalf("the journal gives %.200v of %.200v", recovered, now)
		}
	})
}

func segments(t testing.TB, path string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(path, "*"+suffix))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

func content(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
