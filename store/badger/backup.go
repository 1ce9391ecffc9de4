package badger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store"
)

// backups lets one backup at a time read the database, beside everything else.
//
// A backup sees the database as it was at one moment. What is deleted meanwhile is not given back to the file system
// until it ends: so it is ended when the space is needed, and none begins while space is being given back.
type backups struct {
	mutex sync.Mutex
	// current is the one that is running; nil is none.
	current *backup
	// held is closed when backups may begin again; nil is now.
	held   chan struct{}
	closed bool
}

// backup is one that is running.
type backup struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	txn    *badgerdb.Txn
	ended  chan struct{}
}

// interrupt ends it and waits until it has.
func (b *backup) interrupt(cause error) {
	b.cancel(cause)
	<-b.ended
}

// backupPatience is how long a backup waits for its beginning.
const backupPatience = time.Minute

var (
	errBackupSpace = errors.New("the store needs the space of what was deleted since the backup began: " +
		"raise max_size, free disk space, or make it when fewer events come")
	errBackupHeld = &store.Unavailable{
		Cause:  errors.New("the store has been giving space back for a minute, and no backup begins meanwhile"),
		Remedy: "raise max_size, free disk space, or make it when fewer events come",
	}
)

// hold lets no backup begin until it is released.
func (b *backups) hold() (release func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	held := make(chan struct{})
	b.held = held
	return func() {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.held = nil
		close(held)
	}
}

// begin registers a backup, once it may begin, and opens what it reads while nothing is being given back.
func (b *backups) begin(ctx context.Context, db *badgerdb.DB) (*backup, error) {
	patience, cancel := context.WithTimeoutCause(ctx, backupPatience, errBackupHeld)
	defer cancel()
	for {
		begun, held, err := b.register(ctx, db)
		if held == nil {
			return begun, err
		}
		select {
		case <-held:
		case <-patience.Done():
			return nil, context.Cause(patience)
		}
	}
}

// register does it, or gives what is to be waited for.
func (b *backups) register(ctx context.Context, db *badgerdb.DB) (begun *backup, held <-chan struct{}, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case b.closed:
		return nil, nil, store.ErrClosed
	case b.current != nil:
		return nil, nil, store.ErrBackupRunning
	case b.held != nil:
		return nil, b.held, nil
	}
	begun = &backup{txn: db.NewTransaction(false), ended: make(chan struct{})}
	begun.ctx, begun.cancel = context.WithCancelCause(ctx)
	b.current = begun
	return begun, nil, nil
}

// end lets the next one begin.
func (b *backups) end() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current.cancel(nil)
	close(b.current.ended)
	b.current = nil
}

// interrupt ends the backup that is running, if there is one, and waits until it has.
func (b *backups) interrupt(cause error) {
	b.mutex.Lock()
	current := b.current
	b.mutex.Unlock()
	if current != nil {
		current.interrupt(cause)
	}
}

// close lets no other begin, and ends the one that is running.
func (b *backups) close() {
	b.mutex.Lock()
	b.closed = true
	b.mutex.Unlock()
	b.interrupt(store.ErrClosed)
}

// without does something while no backup is running, unless one is.
func (b *backups) without(do func() error) (done bool, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.current != nil {
		return false, nil
	}
	return true, do()
}

func (b *backups) running() bool {
	done, _ := b.without(func() error { return nil })
	return !done
}

// Backup implements store.Backuper.
func (d *database) Backup(ctx context.Context, to io.Writer) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	d.gate.pass()
	begun, err := d.backups.begin(ctx, d.db)
	if err != nil {
		d.lifetime.leave()
		return err
	}
	// It is read apart from the writing: whoever takes it slowly must not keep the database from closing.
	s := &snapshot{txn: begun.txn, parts: make(chan []byte)}
	go func() {
		defer d.lifetime.leave()
		defer d.backups.end()
		defer close(s.parts)
		defer begun.txn.Discard()
		s.err = s.read(begun.ctx)
	}()
	if err := s.write(to); err != nil {
		// Another one may be running by now.
		begun.interrupt(err)
		return fmt.Errorf("back up %s: %w", d.path, err)
	}
	return nil
}

// snapshot is the database at one moment.
type snapshot struct {
	txn   *badgerdb.Txn
	parts chan []byte
	// entries and err are there when parts is closed.
	entries int64
	err     error
}

func (s *snapshot) write(to io.Writer) error {
	w, err := newArchiveWriter(to)
	if err != nil {
		return err
	}
	for part := range s.parts {
		if err := w.frame(part); err != nil {
			return err
		}
	}
	if s.err != nil {
		return errors.Join(s.err, w.fail(s.err))
	}
	return w.end(s.entries)
}

// read makes parts of all entries. Between them it holds none of Badger's tables, so that those which were merged into
// others meanwhile can go.
func (s *snapshot) read(ctx context.Context) error {
	for next := []byte{}; next != nil; {
		var part []byte
		var err error
		if part, next, err = s.readFrom(next); err != nil {
			return err
		}
		if len(part) == 0 {
			continue
		}
		select {
		case s.parts <- part:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// readFrom reads a part from a key on, and gives the key that is next; nil is the end.
func (s *snapshot) readFrom(from []byte) (part, next []byte, err error) {
	it := s.txn.NewIterator(badgerdb.IteratorOptions{})
	defer it.Close()
	for it.Seek(from); it.Valid(); it.Next() {
		item := it.Item()
		if len(part) >= frameSize {
			return part, item.KeyCopy(nil), nil
		}
		if item.Key()[0] == paddingPrefix {
			continue
		}
		err := item.Value(func(value []byte) error {
			// What Badger cannot read it takes for empty.
			if len(value) == 0 && item.ValueSize() > 0 {
				return errors.New("the value log does not have it as it was written: the store is damaged")
			}
			part = appendEntry(part, archived{meta: item.UserMeta(), key: item.Key(), value: value})
			return nil
		})
		if err != nil {
			return nil, nil, fmt.Errorf("the key %q: %w", item.Key(), err)
		}
		s.entries++
	}
	return part, nil, nil
}

// Interface guard
var _ store.Backuper = (*database)(nil)
