package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Remove removes the journal of a directory: everything in it is durable elsewhere.
//
// Files go one by one, and what a crash leaves of them must not be taken for the journal: without the oldest it would be
// damaged, and without the newest it would take back what came last. So there is an empty segment first that says that
// those before it are of no more use; it goes last.
func Remove(path string) error {
	paths, err := filepath.Glob(filepath.Join(escape(path), "*"+suffix))
	if err != nil || len(paths) == 0 {
		return err
	}
	end := segmentPath(path, 0) // those in use are numbered from 1
	paths = slices.DeleteFunc(paths, func(segment string) bool { return segment == end })
	if err := makeEnd(path, end); err != nil {
		return fmt.Errorf("remove the journal: %w", err)
	}
	for _, files := range [][]string{paths, {end}} {
		for _, segment := range files {
			if err := os.Remove(segment); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove the journal: %w", err)
			}
		}
		if err := syncDirectory(path); err != nil {
			return fmt.Errorf("remove the journal: %w", err)
		}
	}
	return nil
}

// makeEnd makes the segment that makes all others of no more use, unless there are none.
func makeEnd(path, end string) error {
	segments, err := live(path)
	if err != nil || len(segments) == 0 {
		return err
	}
	h := segments[len(segments)-1].header
	h.sequence++
	h.oldest, h.previous = h.sequence, 0
	begun := end + ".new"
	if err := writeSynced(begun, h.encode()); err != nil {
		return err
	}
	if err := os.Rename(begun, end); err != nil {
		return err
	}
	return syncDirectory(path)
}

func writeSynced(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
