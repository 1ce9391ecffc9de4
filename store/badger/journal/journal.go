// Package journal is a write-ahead log: what is appended is on the disk when Append returns, with one sequential write
// and one sync, and is read back after a crash. It is kept in a few files of fixed length (segments) that are written
// over again and again, so that a sync has no change of a file's length or place to write.
//
// It knows nothing of what it keeps. Whoever uses it makes that durable elsewhere in the background (Config.Durable),
// and with it the segments are free to be written over.
package journal

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
)

const (
	// SegmentSize is the usual length of a segment, in bytes: about 3,500 events of 2 KB that come many at a time, or half
	// of that when each comes alone. Longer ones give no speed (64 MiB: none), and what is in two of them is to be replayed
	// after a crash.
	SegmentSize = 8 << 20

	// most is how many segments there are at most. Append waits for the background when all of them are full.
	most = 4
)

// ErrNoSpace is the answer to Reserve when the disk has no room for another segment.
var ErrNoSpace = errors.New("no space for the journal")

// Config is what a Journal is opened with.
type Config struct {
	// Path is the directory of the segments.
	Path string
	// Key encrypts the records; nil writes them as they are.
	Key []byte
	// SegmentSize is the length of the segments; 0 is SegmentSize.
	SegmentSize int64
	// Durable makes durable, elsewhere, what was appended before it is called and is done by now. It is called in the
	// background, one call at a time.
	Durable func() error
	// Room tells whether the disk has room for so many bytes more; nil is always.
	Room func(bytes int64) bool
	// Sync is what syncs a file; nil is the operating system's.
	Sync func(file *os.File) error
}

// Journal is an open journal. One goroutine may append.
type Journal struct {
	config Config
	active *segment
	buffer []byte

	mutex sync.Mutex
	// changed tells that free or failure has.
	changed *sync.Cond
	free    []*segment
	// full are the segments that are not durable elsewhere yet, oldest first.
	full []*segment
	// obsolete are to be removed, once the next header says that they are of no more use.
	obsolete []*segment
	slots    int
	sequence uint64
	failure  error
	closed   bool
	// due has an element when a segment has become full.
	due     chan struct{}
	stopped chan struct{}
}

// Open makes a journal in a directory that has none: see Replay and Remove for one that is there.
func Open(config Config) (*Journal, error) {
	if config.SegmentSize == 0 {
		config.SegmentSize = SegmentSize
	}
	if config.Room == nil {
		config.Room = func(int64) bool { return true }
	}
	if config.Sync == nil {
		config.Sync = syncData
	}
	j := &Journal{config: config, due: make(chan struct{}, 1), stopped: make(chan struct{})}
	j.changed = sync.NewCond(&j.mutex)
	// With two of them there is always one to go on with, however full the disk is.
	for range 2 {
		s, err := j.create(config.SegmentSize)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make the journal in %s: %w", config.Path, err), j.release(), Remove(config.Path))
		}
		j.free = append(j.free, s)
	}
	if err := syncDirectory(config.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("make the journal in %s: %w", config.Path, err), j.release())
	}
	go j.run()
	return j, nil
}

// Reserve makes sure that a record of so many bytes can be appended. It answers ErrNoSpace when the disk has no room
// for it; any other error is the end of the journal.
func (j *Journal) Reserve(bytes int) error {
	if err := j.failed(); err != nil {
		return err
	}
	if j.active != nil && j.active.takes(bytes) {
		return nil
	}
	next, err := j.next(bytes)
	if err != nil {
		return err
	}
	return j.fail(j.rotate(next))
}

// Append writes a record and returns when it is on the disk. Any error is the end of the journal: whether the record is
// there will be known when it is replayed.
func (j *Journal) Append(record []byte) error {
	if err := j.Reserve(len(record)); err != nil {
		return j.fail(err)
	}
	if needed := room(len(record)); int64(cap(j.buffer)) < needed {
		j.buffer = newBuffer(needed)
	}
	j.buffer = j.active.encode(j.buffer, record)
	if err := j.active.write(j.buffer); err != nil {
		return j.fail(err)
	}
	return j.fail(j.config.Sync(j.active.file))
}

// Close ends the journal. The segments stay, with what may not be durable elsewhere: see Remove.
func (j *Journal) Close() error {
	j.mutex.Lock()
	if j.closed {
		j.mutex.Unlock()
		return nil
	}
	j.closed = true
	j.mutex.Unlock()
	close(j.due)
	<-j.stopped
	return j.release()
}

func (j *Journal) release() error {
	var err error
	for _, s := range slices.Concat(j.free, j.full, j.obsolete, []*segment{j.active}) {
		if s != nil {
			err = errors.Join(err, s.file.Close())
		}
	}
	return err
}

func (j *Journal) failed() error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.failure
}

// fail keeps the first error: after a failed sync the kernel may have dropped what it could not write, so that the next
// sync succeeds without it.
func (j *Journal) fail(err error) error {
	if err == nil {
		return nil
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.failure == nil {
		j.failure = fmt.Errorf("journal: %w", err)
	}
	j.changed.Broadcast()
	return j.failure
}
