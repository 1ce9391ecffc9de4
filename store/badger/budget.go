package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/krosyn/gateway/store"
)

const (
	// deletingSpace is what is written to delete: the markers of a part of the events, and the filling of a table that
	// they are merged from, see maintenance.merge. Nobody else may have it, or a full store could not be emptied.
	deletingSpace = 2 * memTableSize

	// acceptedSpace is what those may still write whose work was begun while there was room, in bytes. Part of it goes to
	// the tables that Badger makes of it meanwhile.
	acceptedSpace = 4 * memTableSize

	// leastStep is how much is deleted at a time at least, in bytes: each time costs the writing of a table or two.
	leastStep = 2 * valueLogSize
)

// budget keeps a database within max_size. What counts is the blocks that its files take, all of them together.
//
// Badger's own work takes space before it gives some back (health.background), so that is kept free as well; otherwise
// the bound would hold between two merges only. Nearest to the bound writes are refused, further below new work is, and
// further below that the oldest finished events are deleted, so that in the ordinary course nobody is refused.
type budget struct {
	path string
	// bound is max_size; 0 is none.
	bound int64
	// used is the space that the files took when they were last measured, at measured, in nanoseconds since 1970.
	used, measured atomic.Int64
	// spent tells that there was nothing left to delete.
	spent atomic.Bool
	// over has an element when events are to be deleted.
	over chan struct{}
}

func newBudget(path string, bound int64) *budget {
	return &budget{path: path, bound: bound, over: make(chan struct{}, 1)}
}

// room is the space that is left when Badger takes what it may, in bytes.
func (b *budget) room(background int64) int64 {
	return b.bound - b.used.Load() - background - valueLogSize // a file of the value log is rewritten before it goes
}

// ready tells why new work must be refused, by the last measurement.
func (b *budget) ready(background int64) error {
	if b.bound > 0 && b.room(background) < deletingSpace+acceptedSpace {
		return b.full()
	}
	return nil
}

// refusal tells why nothing may be written now. It measures as often as matters: the less room there is, the more.
func (b *budget) refusal(background int64) error {
	const soon, far = 20 * time.Millisecond, 64 << 20
	if b.bound == 0 {
		return nil
	}
	age := time.Duration(time.Now().UnixNano() - b.measured.Load())
	if near := b.room(background) < deletingSpace+acceptedSpace+far; near && (age > soon || age < 0) {
		if err := b.measure(background); err != nil {
			return &store.Unavailable{Cause: err, Remedy: "check the disk"}
		}
	}
	if b.room(background) < deletingSpace {
		return b.full()
	}
	return nil
}

func (b *budget) full() *store.Unavailable {
	cause := fmt.Errorf("%s takes %s of %s (max_size)", b.path, humanSize(b.used.Load()), humanSize(b.bound))
	if b.spent.Load() {
		return &store.Unavailable{
			Cause:  fmt.Errorf("%w and has no finished event that could be deleted", cause),
			Remedy: "raise max_size, or see why events stay pending",
		}
	}
	return &store.Unavailable{
		Cause:  fmt.Errorf("%w, and its oldest events are being deleted", cause),
		Remedy: "send more slowly, or raise max_size",
	}
}

// measure looks at the files, and has events deleted when that is due.
func (b *budget) measure(background int64) error {
	if b.bound == 0 {
		return nil
	}
	used, err := directorySize(b.path)
	if err != nil {
		return err
	}
	b.used.Store(used)
	b.measured.Store(time.Now().UnixNano())
	if b.excess(background) > 0 {
		select {
		case b.over <- struct{}{}:
		default:
		}
	}
	return nil
}

// excess is how much is to be deleted now, in bytes; 0 is nothing.
func (b *budget) excess(background int64) int64 {
	if b.bound == 0 {
		return 0
	}
	// While Badger merges, what that takes is measured and expected, too: that alone must not refuse anybody.
	const margin = deletingSpace + acceptedSpace + leastStep
	if room := b.room(background) - background; room < margin {
		return margin - room + max(leastStep, b.bound/16)
	}
	return 0
}

// hurried tells that new work may soon be refused.
func (b *budget) hurried(background int64) bool {
	return b.bound > 0 && b.room(background)-background < deletingSpace+acceptedSpace
}

// directorySize is the space that the files of a directory take, in bytes.
func directorySize(path string) (int64, error) {
	size := int64(0)
	err := walkFiles(path, func(_ string, info fs.FileInfo) { size += diskUsed(info) })
	return size, err
}

// walkFiles visits the files of a directory.
func walkFiles(path string, visit func(path string, info fs.FileInfo)) error {
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			// Badger deletes files at any time.
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			visit(path, info)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("measure the store in %s: %w", path, err)
	}
	return nil
}
