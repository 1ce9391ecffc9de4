package journal

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRemoveInterrupted has a crash leave any of the files of a journal that is being removed, whatever the order in which
// they were used: none of them is taken for the journal.
func TestRemoveInterrupted(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": testKey} {
		t.Run(name, func(t *testing.T) {
			files, keys := outOfOrder(t, key)
			for left := range 1 << len(files) {
				path := t.TempDir()
				write := func(number int) {
					if err := os.WriteFile(segmentPath(path, number+1), files[number], 0o600); err != nil {
						t.Fatal(err)
					}
				}
				for number := range files {
					write(number)
				}
				before, err := replay(path, keys...)
				if err != nil || len(before) == 0 {
					t.Fatalf("%d records, %v", len(before), err)
				}
				end := segmentPath(path, 0)
				if err := os.WriteFile(end+".new", []byte("half of it"), 0o600); err != nil {
					t.Fatal(err)
				}
				wantRecords(t, path, before, keys...)
				if err := makeEnd(path, end); err != nil {
					t.Fatal(err)
				}
				for number := range files {
					if left>>number&1 == 0 {
						if err := os.Remove(segmentPath(path, number+1)); err != nil {
							t.Fatal(err)
						}
					}
				}
				wantRecords(t, path, nil, keys...)
				if err := Remove(path); err != nil {
					t.Fatal(err)
				}
				if rest, err := filepath.Glob(filepath.Join(path, "*")); err != nil || len(rest) > 0 {
					t.Fatalf("%q are left, %v", rest, err)
				}
			}
		})
	}
}

// outOfOrder gives the segments of a journal whose first file has what came last.
func outOfOrder(t *testing.T, key []byte) (files [][]byte, keys [][]byte) {
	t.Helper()
	durable := make(chan struct{})
	path := t.TempDir()
	j := openTest(t, Config{Path: path, Key: key, Durable: func() error { <-durable; return nil }})
	t.Cleanup(func() { close(durable) })
	for len(j.full) < 2 {
		appendAll(t, j, "old")
	}
	// As if the first of them had become durable.
	j.mutex.Lock()
	first := j.full[0]
	j.full = j.full[1:]
	j.retire(first)
	j.mutex.Unlock()
	for j.active != first {
		appendAll(t, j, "new")
	}
	for number := 1; ; number++ {
		text, err := os.ReadFile(segmentPath(path, number))
		if os.IsNotExist(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, text)
	}
	if key != nil {
		keys = [][]byte{key}
	}
	return files, keys
}
