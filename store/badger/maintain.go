package badger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
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

	// lastDiscardRatio is that when there is no finished event left to delete.
	lastDiscardRatio = 0.1
)

// maintenance keeps a database within its bounds of time and space.
type maintenance struct {
	mutex     sync.Mutex // one round at a time
	d         *database
	sweeper   *sweeper
	expiry    *expiry
	pace      *pace
	clock     *clock
	log       *zap.Logger
	retention time.Duration
	// unmerged is how many deleted events, jobs and entries of State Badger may still have in its tables, and
	// unmergedBytes what the events take in the value log.
	unmerged      int
	unmergedBytes int64
	// contents is what was written down of the files last.
	contents *contents
}

func (m *maintenance) run(ctx context.Context) {
	ticker := time.NewTicker(maintenanceInterval)
	defer ticker.Stop()
	over := m.d.health.budget.over
	for due := m.round; ; {
		if err := due(ctx, m.clock.now()); err != nil && ctx.Err() == nil {
			m.log.Warn("the store could not be maintained", zap.String("path", m.d.path), zap.Error(err))
		}
		// When there is nothing left to delete, it is looked again in the next round.
		ready := over
		if m.d.health.budget.spent.Load() {
			ready = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-ready:
			due = m.shrink
		case <-ticker.C:
			due = m.round
		}
	}
}

// round deletes what is too old or too much, and gives space back.
func (m *maintenance) round(ctx context.Context, now time.Time) error {
	if err := m.expire(ctx, now); err != nil {
		return err
	}
	if err := m.shrink(ctx, now); err != nil {
		return err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.pace.rest()
	if m.d.health.space() == nil {
		m.keepContents(true)
	}
	return nil
}

// keepContents writes down what the files are now, of a database that is open or was closed. Without that it works as
// well, but for what the next opening finds out.
func (m *maintenance) keepContents(open bool) {
	var err error
	if m.contents, err = keepContents(m.d.db.Opts(), open, m.contents); err != nil {
		m.log.Warn("the store cannot tell at its next start whether its files were cut short", zap.Error(err))
	}
}

// keepClosed writes down what the files of a database are that was closed when it had these logs of values, unless they are
// another process's by now: whoever opens it makes another log.
func (m *maintenance) keepClosed(logs []string) {
	unlock, err := lockDirectory(m.d.path)
	if err != nil {
		return
	}
	defer unlock()
	if now, err := valueLogs(m.d.path); err == nil && slices.Equal(now, logs) {
		m.keepContents(false)
	}
}

// expire deletes what is too old.
func (m *maintenance) expire(ctx context.Context, now time.Time) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.d.health.failed.Load() != nil {
		return nil
	}
	m.pace.measure(time.Now())
	m.unmerged += m.d.schedule.takeRemoved()
	ended, err := m.expiry.sweep(ctx, now)
	m.unmerged += ended
	if err != nil {
		return err
	}
	if m.retention > 0 {
		if _, err := m.delete(ctx, now, event.FirstIDAt(now.Add(-m.retention)), math.MaxInt64); err != nil {
			return err
		}
	}
	return m.reclaim(ctx, false, discardRatio)
}

// shrink deletes the oldest finished events as long as the files take more than they may.
func (m *maintenance) shrink(ctx context.Context, now time.Time) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	// A backup that begins now would soon be in the way.
	defer m.d.backups.hold()()
	h := m.d.health
	for ctx.Err() == nil && h.failed.Load() == nil {
		if m.d.backups.running() {
			if h.ready() == nil {
				return nil // what is deleted now would give nothing back
			}
			if h.budget.ready(h.background.Load()) == nil {
				m.d.backups.interrupt(errBackupSpace) // it is the disk that is short of space
			}
		}
		excess, err := m.excess()
		if excess == 0 || err != nil {
			return err
		}
		// What was deleted and did not give its space back yet need not be deleted again.
		deleted, err := m.delete(ctx, now, newestID, excess-m.unmergedBytes)
		if err != nil {
			return err
		}
		nothing := deleted == 0 && m.unmergedBytes == 0
		if nothing && h.budget.spent.Load() && m.d.backups.running() {
			return nil // it is in nobody's way
		}
		m.d.backups.interrupt(errBackupSpace)
		if nothing {
			return m.squeeze(ctx)
		}
		if err := m.reclaim(ctx, true, discardRatio); err != nil || m.unmergedBytes > 0 {
			return err
		}
	}
	return nil
}

// excess measures how much is to be deleted.
func (m *maintenance) excess() (int64, error) {
	h := m.d.health
	if err := h.budget.measure(h.background.Load()); err != nil {
		return 0, err
	}
	excess := h.budget.excess(h.background.Load())
	if excess == 0 {
		h.budget.spent.Store(false)
	}
	return excess, nil
}

// squeeze gives back what there is in files that are of use, too: there is nothing left to delete.
func (m *maintenance) squeeze(ctx context.Context) error {
	if err := m.reclaim(ctx, true, lastDiscardRatio); err != nil {
		return err
	}
	excess, err := m.excess()
	m.d.health.budget.spent.Store(excess > 0)
	return err
}

// delete deletes the oldest finished events before an id, until so many bytes are deleted.
func (m *maintenance) delete(ctx context.Context, now time.Time, before event.ID, enough int64) (deleted int, err error) {
	deleted, freed, err := m.sweeper.sweep(ctx, now, before, enough)
	m.unmerged += deleted
	m.unmergedBytes += freed
	return deleted, err
}

// newestID is after every id.
var newestID = event.ID(bytes.Repeat([]byte{0xff}, idSize))

// reclaim gives the space of deleted events back to the file system. Badger knows which files of the value log have it
// only once the deletions are merged into its tables, which takes it long by itself: so it is made to, where the space
// is needed now, or when there is enough of it to be worth the writing.
func (m *maintenance) reclaim(ctx context.Context, now bool, ratio float64) error {
	worth := now
	if m.d.backups.running() {
		return nil
	}
	if !now {
		var err error
		if worth, err = m.worthMerging(ctx); err != nil {
			return err
		}
	}
	// Merging takes space first. Without it some comes back still, of what was merged by the way.
	if worth && m.d.health.space() == nil {
		if err := m.merge(ctx); err != nil {
			return fmt.Errorf("merge tables: %w", err)
		}
		m.unmerged, m.unmergedBytes = 0, 0
	}
	return m.collect(ctx, ratio)
}

// collect gives back the space of the files of the value log of which so much is of no more use.
func (m *maintenance) collect(ctx context.Context, ratio float64) error {
	for more := true; more && ctx.Err() == nil; {
		done, err := m.d.backups.without(func() (err error) {
			more, err = m.rewrite(ratio)
			return err
		})
		if err != nil {
			return fmt.Errorf("rewrite the value log: %w", err)
		}
		if !done {
			return nil
		}
	}
	return nil
}

// rewrite gives the space of a file of the value log back, if there is one that is worth it.
func (m *maintenance) rewrite(ratio float64) (more bool, err error) {
	err = m.d.rewriteValueLog(ratio)
	if errors.Is(err, badgerdb.ErrNoRewrite) || errors.Is(err, badgerdb.ErrRejected) {
		return false, nil
	}
	return err == nil, err
}

// worthMerging tells whether what was deleted is a good part of what there is. Merging takes all processors for some
// seconds, so it waits for a quiet time, until it is twice as much.
func (m *maintenance) worthMerging(ctx context.Context) (bool, error) {
	const fewest, least = 10_000, 64 << 20
	part := int64(4)
	if !m.pace.quiet() {
		part = 2
	}
	if m.unmerged > fewest {
		kept, err := m.d.Entries(ctx)
		if err != nil || int64(m.unmerged) > (m.d.counters.total()+kept)/part {
			return err == nil, err
		}
	}
	if m.unmergedBytes > least {
		size, err := directorySize(m.d.path)
		return m.unmergedBytes > size/(2*part), err
	}
	return false, nil
}

// merge has Badger merge everything that was deleted until now into its tables. Badger writes a table of what it has in
// memory when that is full, and not on demand: so it is filled. Nor does it merge tables that are all of level 0, unless
// they are many: so they are made many.
func (m *maintenance) merge(ctx context.Context) error {
	for {
		version, err := m.pad(ctx)
		if err != nil {
			return err
		}
		for !m.inTables(version) {
			if _, err := m.pad(ctx); err != nil {
				return err
			}
		}
		if m.mergeable() {
			return m.d.db.Flatten(1)
		}
	}
}

// mergeable tells whether Flatten merges what is in level 0.
func (m *maintenance) mergeable() bool {
	first := 0
	for _, table := range m.d.db.Tables() {
		if table.Level > 0 {
			return true
		}
		first++
	}
	return first > m.d.db.Opts().NumLevelZeroTables
}

// pad writes a bit of nothing, over the last one, and gives its version. It is in no journal: nobody misses it.
func (m *maintenance) pad(ctx context.Context) (version uint64, err error) {
	const entries, length = 100, valueThreshold - 64
	key := binary.BigEndian.AppendUint16([]byte{paddingPrefix}, 0)
	since := time.Now()
	err = m.d.writer.do(&operation{ctx: ctx, frees: true, apply: func(t *transaction) error {
		if err := t.room(entries, entries*(length+8)); err != nil {
			return err
		}
		t.entries += entries
		t.bytes += entries * (length + 8 + entryOverhead)
		for i := range uint16(entries) {
			key := binary.BigEndian.AppendUint16([]byte{paddingPrefix}, i)
			if err := t.txn.SetEntry(badgerdb.NewEntry(key, make([]byte, length))); err != nil {
				return err
			}
		}
		return nil
	}})
	m.d.makeWay(ctx, time.Since(since), 0)
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
