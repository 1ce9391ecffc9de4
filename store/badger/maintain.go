package badger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"sync"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
)

const (
	// maintenanceInterval is how often old events are looked for and space is given back.
	maintenanceInterval = 10 * time.Second

	// discardRatio is how much of a value log file must be of no more use for it to be rewritten. Events leave in about
	// the order in which they came, so that a file is soon of no use at all.
	discardRatio = 0.5
)

// maintenance keeps a database within its bounds of time and space.
type maintenance struct {
	mutex     sync.Mutex // one round at a time
	d         *database
	sweeper   *sweeper
	expiry    *expiry
	log       *zap.Logger
	retention time.Duration
	maxSize   int64
	// unmerged is how many deleted events, jobs and entries of State Badger may still have in its tables.
	unmerged int
}

func (m *maintenance) run(ctx context.Context) {
	ticker := time.NewTicker(maintenanceInterval)
	defer ticker.Stop()
	for {
		if err := m.round(ctx, time.Now()); err != nil && ctx.Err() == nil {
			m.log.Warn("the store could not be maintained", zap.String("path", m.d.path), zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// round deletes what is too old or too much, and gives space back.
func (m *maintenance) round(ctx context.Context, now time.Time) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.d.health.failed.Load() != nil {
		return nil
	}
	m.unmerged += m.d.schedule.takeRemoved()
	ended, err := m.expiry.sweep(ctx, now)
	m.unmerged += ended
	if err != nil {
		return err
	}
	if m.retention > 0 {
		deleted, err := m.sweeper.sweep(ctx, now, event.FirstIDAt(now.Add(-m.retention)), math.MaxInt64)
		m.unmerged += deleted
		if err != nil {
			return err
		}
	}
	over := false
	if m.maxSize > 0 {
		if over, err = m.shrink(ctx, now); err != nil {
			return err
		}
	}
	return m.reclaim(ctx, over)
}

// shrink deletes the oldest events when the database is larger than its bound, down to nine tenths of it.
func (m *maintenance) shrink(ctx context.Context, now time.Time) (over bool, err error) {
	size, err := directorySize(m.d.path)
	if err != nil || size <= m.maxSize {
		return false, err
	}
	deleted, err := m.sweeper.sweep(ctx, now, newestID, size-m.maxSize/10*9)
	m.unmerged += deleted
	return deleted > 0, err
}

// newestID is after every id.
var newestID = event.ID(bytes.Repeat([]byte{0xff}, idSize))

// reclaim gives the space of deleted events back to the file system. Badger knows which files of the value log have it
// only once the deletions are merged into its tables, which takes it long by itself: so it is made to, where the space
// is needed now, or when the deletions are many enough to be worth the writing.
func (m *maintenance) reclaim(ctx context.Context, now bool) error {
	const fewest = 10_000
	kept, err := m.d.Entries(ctx)
	if err != nil {
		return err
	}
	many := m.unmerged > fewest && int64(m.unmerged) > (m.d.counters.total()+kept)/4
	// Merging takes space first. Without it some comes back still, of what was merged by the way.
	if (now || many) && m.d.health.refusal() == nil {
		if err := m.merge(ctx); err != nil {
			return fmt.Errorf("merge tables: %w", err)
		}
		m.unmerged = 0
	}
	for ctx.Err() == nil {
		err := m.d.db.RunValueLogGC(discardRatio)
		if errors.Is(err, badgerdb.ErrNoRewrite) || errors.Is(err, badgerdb.ErrRejected) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("rewrite the value log: %w", err)
		}
	}
	return nil
}

// merge has Badger merge everything that was deleted until now into its tables. Badger writes a table of what it has in
// memory when that is full, and not on demand: so it is filled.
func (m *maintenance) merge(ctx context.Context) error {
	version, err := m.pad(ctx)
	if err != nil {
		return err
	}
	for !m.inTables(version) {
		if _, err := m.pad(ctx); err != nil {
			return err
		}
	}
	return m.d.db.Flatten(1)
}

// pad writes half a transaction of nothing, over the last one, and gives its version.
func (m *maintenance) pad(ctx context.Context) (version uint64, err error) {
	const entries, length = 600, valueThreshold - 64
	key := binary.BigEndian.AppendUint16([]byte{paddingPrefix}, 0)
	err = m.d.writer.do(&operation{ctx: ctx, frees: true, apply: func(t *transaction) error {
		if err := t.room(entries, entries*(length+8)); err != nil {
			return err
		}
		for i := range uint16(entries) {
			key := binary.BigEndian.AppendUint16([]byte{paddingPrefix}, i)
			if err := t.set(badgerdb.NewEntry(key, make([]byte, length))); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	err = m.d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(key)
		if err == nil {
			version = item.Version()
		}
		return err
	})
	return version, err
}

// inTables tells whether everything up to a version is in tables.
func (m *maintenance) inTables(version uint64) bool {
	for _, table := range m.d.db.Tables() {
		if table.MaxVersion >= version {
			return true
		}
	}
	return false
}

// directorySize is the space that the files of a directory take, in bytes.
func directorySize(path string) (int64, error) {
	size := int64(0)
	err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			// Badger deletes files at any time.
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			size += diskUsed(info)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure the store in %s: %w", path, err)
	}
	return size, nil
}
