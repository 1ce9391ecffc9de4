package badger

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/krosyn/gateway/store"
)

// health tells whether a database may be written. Badger maps its logs into memory and lets them grow by being written,
// so on a full disk a write is a fault that no Go program survives: writing must stop before.
type health struct {
	path string
	// floor is the free space below which writing stops, in bytes.
	floor int64
	// free is the space that was free when it was last measured, in bytes.
	free atomic.Int64
	// failed is set for good when a write failed, see fail.
	failed atomic.Pointer[store.Unavailable]
}

func newHealth(path string, floor int64) (*health, error) {
	h := &health{path: path, floor: floor}
	return h, h.measure()
}

// openable tells why the database must not be opened: that takes some space too, to write what was in memory.
func (h *health) openable() error {
	if free := h.free.Load(); free < h.floor/4 {
		return h.full(free)
	}
	return nil
}

// ready tells why new work must be refused, by the last measurement.
func (h *health) ready() error {
	if failed := h.failed.Load(); failed != nil {
		return failed
	}
	if free := h.free.Load(); free < h.floor {
		return h.full(free)
	}
	return nil
}

// refusal tells why nothing may be written now. What was begun before ready refused is let through to half of the
// floor, so that work that was done is recorded too.
func (h *health) refusal() error {
	if failed := h.failed.Load(); failed != nil {
		return failed
	}
	if err := h.measure(); err != nil {
		return &store.Unavailable{Cause: err, Remedy: "check the disk"}
	}
	if free := h.free.Load(); free < h.floor/2 {
		return h.full(free)
	}
	return nil
}

func (h *health) full(free int64) *store.Unavailable {
	return &store.Unavailable{
		Cause: fmt.Errorf("%s has %s of free disk space, and min_free is %s",
			h.path, humanize.IBytes(uint64(max(free, 0))), humanize.IBytes(uint64(h.floor))),
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

// watch measures regularly: others fill the disk too.
func (h *health) watch(ctx context.Context) {
	const interval = time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// An error leaves the last measurement: the next write measures again, and it will find out.
			_ = h.measure()
		}
	}
}
