package journal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// active gives the only segment of a journal that has records, and where they end.
func active(t testing.TB, j *Journal) (name string, end int) {
	t.Helper()
	return j.active.path, int(j.active.end)
}

// copied makes a directory with one segment.
func copied(t testing.TB, path string, segment []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path, "000001"+suffix), segment, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTorn cuts the last record short at every byte, as a crash during its writing does: with zeros or with what was
// there before.
func TestTorn(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": testKey} {
		t.Run(name, func(t *testing.T) {
			j := openTest(t, Config{Key: key})
			var keys [][]byte
			if key != nil {
				keys = [][]byte{key}
			}
			want := []string{"one", strings.Repeat("two", 30)}
			appendAll(t, j, want...)
			name, begin := active(t, j)
			before := content(t, name)
			appendAll(t, j, strings.Repeat("three", 20))
			_, end := active(t, j)
			whole := content(t, name)
			path := t.TempDir()
			padding := 0
			for at := begin; at < end; at++ {
				torn := slices.Concat(whole[:at], before[at:])
				copied(t, path, torn)
				got, err := replay(path, keys...)
				if slices.Equal(torn, whole) {
					padding++
					continue
				}
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("cut at %d of %d: %q, %v", at-begin, end-begin, got, err)
				}
				copied(t, path, whole[:at])
				if got, err := replay(path, keys...); err != nil || len(got) < len(want) {
					t.Fatalf("the file ends at %d of %d: %q, %v", at-begin, end-begin, got, err)
				}
			}
			if padding >= blockSize {
				t.Errorf("%d bytes make no difference", padding)
			}
		})
	}
}

// TestBitFlips changes every bit: the last record may be taken for one that a crash has cut short, all else is an error.
func TestBitFlips(t *testing.T) {
	j := openTest(t, Config{})
	want := []string{"one", strings.Repeat("two", 30), "three"}
	appendAll(t, j, want[:2]...)
	_, last := active(t, j)
	appendAll(t, j, want[2])
	name, end := active(t, j)
	whole := content(t, name)
	path := t.TempDir()
	for at := range end {
		if at >= headerSize && at < blockSize || at%blockSize > recordHeader+len(want[1]) {
			continue // nothing is there
		}
		for bit := range 8 {
			whole[at] ^= 1 << bit
			copied(t, path, whole)
			whole[at] ^= 1 << bit
			got, err := replay(path)
			switch {
			case err != nil:
				if !strings.Contains(err.Error(), "000001"+suffix) {
					t.Fatalf("the error does not name the file: %v", err)
				}
				if at >= last {
					t.Fatalf("the last record, changed at %d, is an error: %v", at-last, err)
				}
			case at < headerSize:
				t.Fatalf("a header changed at %d gives %q", at, got)
			case at < last && !slices.Equal(got, want): // otherwise it was padding
				t.Fatalf("a record changed at %d is left out: %q", at, got)
			case at >= last && !slices.Equal(got, want[:2]) && !slices.Equal(got, want):
				t.Fatalf("the last record changed at %d gives %q", at-last, got)
			}
		}
	}
}

// held opens a journal of which nothing becomes durable elsewhere, with records in three segments.
func held(t *testing.T) *Journal {
	release := make(chan struct{})
	j := openTest(t, Config{Durable: func() error {
		<-release
		return nil
	}})
	t.Cleanup(func() { close(release) }) // before the journal is closed, which waits for it
	for len(j.full) < 2 {
		appendAll(t, j, strings.Repeat("x", 1000))
	}
	return j
}

func TestDamage(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(t *testing.T, names []string)
		want   string
	}{
		"a segment in between is missing": {
			func(t *testing.T, names []string) { remove(t, names[1]) }, "lacks its segment 2 before",
		},
		"the oldest is missing": {
			func(t *testing.T, names []string) { remove(t, names[0]) }, "lacks its segment 1 before",
		},
		"one is empty": {
			func(t *testing.T, names []string) { change(t, names[1], func([]byte) []byte { return nil }) }, "lacks its segment 2",
		},
		"one ends early": {
			func(t *testing.T, names []string) {
				change(t, names[0], func(b []byte) []byte { return b[:len(b)/2] })
			}, "000001.journal: it has 1 records of",
		},
		"a header of nonsense": {
			func(t *testing.T, names []string) {
				change(t, names[1], func(b []byte) []byte { return []byte(strings.Repeat("nonsense", 100)) })
			}, "000002.journal: its header is not as it was written",
		},
		"a later version": {
			func(t *testing.T, names []string) {
				change(t, names[2], func(b []byte) []byte {
					h, err := parseHeader(b)
					if err != nil {
						t.Fatal(err)
					}
					copy(b, version(h, formatVersion+1))
					return b
				})
			}, "000003.journal: it has version 3 of the format, and this gateway knows 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := held(t)
			path := t.TempDir()
			names := make([]string, 0, 3)
			for _, name := range segments(t, j.config.Path) {
				names = append(names, filepath.Join(path, filepath.Base(name)))
				if err := os.WriteFile(names[len(names)-1], content(t, name), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			test.damage(t, names)
			_, err := replay(path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v\nand should say %s", err, test.want)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func change(t *testing.T, name string, do func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(name, do(content(t, name)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzSegment reads anything as a segment: it never panics, and never gives a record whose checksum is wrong.
func FuzzSegment(f *testing.F) {
	j := openTest(f, Config{})
	appendAll(f, j, "one", "two", strings.Repeat("three", 100))
	name, end := active(f, j)
	f.Add(content(f, name)[:end])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, segment []byte) {
		h, err := parseHeader(segment)
		if h == nil || err != nil {
			return
		}
		count, err := scan(segment, h, nil, func(record []byte) error {
			if len(record) > len(segment) {
				t.Error("a record is longer than its segment")
			}
			return nil
		})
		if errors.Is(err, ErrKey) || count > uint64(len(segment)/packedAlign) {
			t.Errorf("%d records, %v", count, err)
		}
	})
}
