package badger

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store"
)

// health tells whether a database may be written. Badger maps its logs into memory and lets them grow by being written,
// so on a full disk a write is a fault that no Go program survives: writing must stop before.
type health struct {
	path string
	// floor is the free space below which writing stops, in bytes.
	floor atomic.Int64
	// free is the space that was free when it was last measured, in bytes.
	free atomic.Int64
	// background is how much space Badger may take by itself, in bytes, see backgroundSpace.
	background atomic.Int64
	// budget is the space that the files may take.
	budget *budget
	// failed is set for good when a write failed, see fail.
	failed atomic.Pointer[store.Unavailable]
}

func newHealth(path string, floor, bound int64) (*health, error) {
	h := &health{path: path, budget: newBudget(path, bound)}
	h.floor.Store(floor)
	return h, errors.Join(h.measure(), h.budget.measure(0))
}

// openable tells why the database must not be opened: Badger writes then, too.
func (h *health) openable() error {
	if least := h.floor.Load() / 2; h.free.Load() < least {
		return h.full(least)
	}
	return nil
}

// ready tells why new work must be refused, by the last measurement. What is accepted now will be written later, so
// there must be more than write needs.
func (h *health) ready() error {
	if failed := h.failed.Load(); failed != nil {
		return failed
	}
	if least := max(h.floor.Load(), h.background.Load()+deletingSpace+h.floor.Load()/2); h.free.Load() < least {
		return h.full(least)
	}
	return h.budget.ready(h.background.Load())
}

// refusal tells why nothing may be written now, except to delete.
func (h *health) refusal() error {
	if err := h.space(); err != nil {
		return err
	}
	if least := max(h.floor.Load()/2, h.background.Load()+deletingSpace); h.free.Load() < least {
		return h.full(least)
	}
	return h.budget.refusal(h.background.Load())
}

// space tells why tables may not be merged now: that takes space before it gives some back.
func (h *health) space() error {
	if failed := h.failed.Load(); failed != nil {
		return failed
	}
	if err := h.measure(); err != nil {
		return &store.Unavailable{Cause: err, Remedy: "check the disk"}
	}
	if least := max(h.floor.Load()/2, h.background.Load()); h.free.Load() < least {
		return h.full(least)
	}
	return nil
}

// crammed tells that nothing at all may be written, not even to delete: by the last measurement there is no space for a
// group of operations and the table that comes of them.
func (h *health) crammed() bool { return h.free.Load() < groupBytes+memTableSize }

// room tells whether somebody may take so many bytes for good.
func (h *health) room(bytes int64) bool {
	background := h.background.Load()
	return h.measure() == nil && h.free.Load()-bytes >= max(h.floor.Load()/2, background+deletingSpace) &&
		(h.budget.bound == 0 || h.budget.room(background)-bytes >= deletingSpace)
}

func (h *health) full(least int64) *store.Unavailable {
	return &store.Unavailable{
		Cause: fmt.Errorf("%s has %s of free disk space and needs %s (min_free is %s)",
			h.path, humanSize(max(h.free.Load(), 0)), humanSize(least), humanSize(h.floor.Load())),
		Remedy: "free disk space, or keep events for a shorter time (retention)",
	}
}

// fail ends writing for good. After a failed write Badger's memory and the disk may disagree, and after a failed sync
// the kernel may have dropped what it could not write, so that the next sync succeeds without it: only opening the
// database again finds out what is there.
func (h *health) fail(cause error) error {
	h.failed.CompareAndSwap(nil, &store.Unavailable{
		Cause:  fmt.Errorf("write to %s: %w", h.path, cause),
		Remedy: "see to the disk, then restart",
	})
	return h.failed.Load()
}

// measure looks at the disk.
func (h *health) measure() error {
	free, err := diskFree(h.path)
	if err != nil {
		return fmt.Errorf("measure the free space of %s: %w", h.path, err)
	}
	h.free.Store(free)
	return nil
}

// watch measures regularly: others fill the disk too, and the tables grow.
func (h *health) watch(ctx context.Context, db *badgerdb.DB) {
	const interval = 250 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.background.Store(backgroundSpace(tableFiles(db)))
			// An error leaves the last measurement: the next write measures again, and it will find out.
			_ = h.measure()
			_ = h.budget.measure(h.background.Load())
		}
	}
}
