package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"strings"
	"testing"
)

// version encodes a header of a version of the format.
func version(h *header, version byte) []byte {
	b := h.encode()
	b[len(magic)] = version
	binary.BigEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
	return b
}

// TestFailedSync has the n-th sync fail: nothing is acknowledged after that, and everything before is replayed.
func TestFailedSync(t *testing.T) {
	broken := errors.New("input/output error")
	for n := 1; n < 30; n++ {
		syncs := 0
		j := openTest(t, Config{Sync: func(file *os.File) error {
			if syncs++; syncs == n {
				return broken
			}
			return syncData(file)
		}})
		var acknowledged []string
		record := strings.Repeat("x", 3000)
		for {
			err := j.Append([]byte(record))
			if errors.Is(err, broken) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			acknowledged = append(acknowledged, record)
		}
		for _, again := range []error{j.Append(nil), j.Reserve(1)} {
			if !errors.Is(again, broken) {
				t.Fatalf("after a failed sync: %v", again)
			}
		}
		records, err := replay(j.config.Path)
		if err != nil || len(acknowledged) > 0 && len(records) == 0 {
			t.Fatalf("%d of %d records, %v", len(records), len(acknowledged), err)
		}
	}
}

// TestFailedDurable has the store elsewhere fail: no segment may be written over any more.
func TestFailedDurable(t *testing.T) {
	broken := errors.New("input/output error")
	j := openTest(t, Config{Durable: func() error { return broken }})
	appended := 0
	for err := error(nil); ; appended++ {
		if err = j.Append(make([]byte, 1000)); err != nil {
			if !errors.Is(err, broken) {
				t.Fatal(err)
			}
			break
		}
	}
	if records, err := replay(j.config.Path); err != nil || len(records) < appended {
		t.Errorf("%d of %d records, %v", len(records), appended, err)
	}
}

// TestNoSpace has no room for more than the first segments: it goes on with those, and refuses only what none takes.
func TestNoSpace(t *testing.T) {
	j := openTest(t, Config{Room: func(int64) bool { return false }})
	for range 100 {
		appendAll(t, j, strings.Repeat("x", 2000))
	}
	if names := segments(t, j.config.Path); len(names) != 2 {
		t.Errorf("there are %v", names)
	}
	if err := j.Reserve(2 * testSize); !errors.Is(err, ErrNoSpace) {
		t.Errorf("reserve: %v", err)
	}
	appendAll(t, j, "it goes on")
}
