package badger

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkPlainFile is what the disk gives: 64 writers of 2 KB to a file of its final length, that share its syncs. The
// goal of BenchmarkPut is 0.3 of it, or 15,000 events/s.
func BenchmarkPlainFile(b *testing.B) {
	const length = 64 << 20
	file, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(make([]byte, length)); err != nil {
		b.Fatal(err)
	}
	record, waiting, at := make([]byte, 2<<10), make(chan chan error, 64), int64(0)
	go func() {
		for first := range waiting {
			group := []chan error{first}
			for len(waiting) > 0 {
				group = append(group, <-waiting)
			}
			if at += int64(len(group) * len(record)); at > length {
				at = int64(len(group) * len(record))
			}
			_, err := file.WriteAt(bytes.Repeat(record, len(group)), at-int64(len(group)*len(record)))
			if err = errors.Join(err, unix.Fdatasync(int(file.Fd()))); err != nil {
				b.Error(err)
			}
			for _, done := range group {
				done <- err
			}
		}
	}()
	benchmarkWriters(b, 64, func(context.Context) error {
		done := make(chan error, 1)
		waiting <- done
		return <-done
	})
	close(waiting)
}
