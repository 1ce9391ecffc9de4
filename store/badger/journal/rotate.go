package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
)

// next gives a free segment that takes a record of so many bytes: one that is there, or a new one, or it waits until one
// is free.
func (j *Journal) next(bytes int) (*segment, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	size := max(j.config.SegmentSize, lengthFor(bytes))
	for {
		if j.failure != nil {
			return nil, j.failure
		}
		for i, s := range j.free {
			if s.size >= size {
				j.free = append(j.free[:i], j.free[i+1:]...)
				return s, nil
			}
		}
		waits := len(j.full) > 0 && size == j.config.SegmentSize
		if (j.slots < most || !waits) && j.config.Room(size) {
			s, err := j.create(size)
			if err == nil {
				if err = syncDirectory(j.config.Path); err != nil {
					j.slots--
					return nil, errors.Join(err, s.file.Close(), os.Remove(s.path))
				}
			}
			if err == nil || !isNoSpace(err) {
				return s, err
			}
		}
		if !waits {
			return nil, ErrNoSpace
		}
		j.changed.Wait()
	}
}

// create makes the file of a segment.
func (j *Journal) create(size int64) (*segment, error) {
	for number := 1; ; number++ {
		path := segmentPath(j.config.Path, number)
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err = allocate(file, size); err == nil {
			err = direct(file)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("allocate %s: %w", path, err), file.Close(), os.Remove(path))
		}
		j.slots++
		return &segment{file: file, path: path, size: size}, nil
	}
}

// rotate goes on in another segment.
func (j *Journal) rotate(next *segment) error {
	j.mutex.Lock()
	j.sequence++
	h := header{sequence: j.sequence, oldest: j.sequence}
	if j.active != nil {
		j.full = append(j.full, j.active)
		h.previous = j.active.records
	}
	if len(j.full) > 0 {
		h.oldest = j.full[0].sequence
	}
	j.active = next
	obsolete := j.obsolete
	j.obsolete = nil
	j.mutex.Unlock()
	if _, err := rand.Read(h.salt[:]); err != nil {
		return err
	}
	if err := next.begin(h, j.config.Key); err != nil {
		return err
	}
	// On its own: the header must not be there without what was in the segment before being of no more use, nor a
	// record without its header.
	if err := j.config.Sync(next.file); err != nil {
		return err
	}
	for _, s := range obsolete {
		if err := errors.Join(s.file.Close(), os.Remove(s.path)); err != nil {
			return err
		}
	}
	select {
	case j.due <- struct{}{}:
	default:
	}
	return nil
}

// run makes full segments free.
func (j *Journal) run() {
	defer close(j.stopped)
	for range j.due {
		j.mutex.Lock()
		full := len(j.full)
		j.mutex.Unlock()
		if full == 0 || j.failed() != nil {
			continue
		}
		if err := j.config.Durable(); err != nil {
			_ = j.fail(err)
			continue
		}
		j.mutex.Lock()
		done := j.full[:full]
		j.full = append([]*segment(nil), j.full[full:]...)
		for _, s := range done {
			j.retire(s)
		}
		j.changed.Broadcast()
		j.mutex.Unlock()
	}
}

// retire keeps a segment for further use, unless it was made for one long record.
func (j *Journal) retire(s *segment) {
	if s.size == j.config.SegmentSize {
		j.free = append(j.free, s)
		return
	}
	j.slots--
	j.obsolete = append(j.obsolete, s)
}
