package admin

import (
	"net/http"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// health is how the gateway stands.
type health struct {
	// Status is "ok", or "degraded" while nothing new is accepted.
	Status string      `json:"status"`
	Store  storeHealth `json:"store"`
	Queue  queueHealth `json:"queue"`
	// Error says why nothing new is accepted.
	Error string `json:"error,omitempty"`
}

type storeHealth struct {
	Engine    string `json:"engine"`
	Bytes     int64  `json:"bytes"`
	FreeBytes int64  `json:"free_bytes"`
}

// queueHealth counts the events that are accepted and not finished: those that wait, and those that are under way.
type queueHealth struct {
	Pending int64 `json:"pending"`
	Leased  int64 `json:"leased"`
	// OldestPendingMS is for how long the first of those that wait has been due; 0 where none is.
	OldestPendingMS int64 `json:"oldest_pending_ms"`
}

// showLive tells that the process serves. Whether it can do its work is what showHealth tells.
func showLive(w http.ResponseWriter, _ *http.Request) error {
	return write(w, http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

func showHealth(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	h := health{Status: "ok"}
	events, err := gateway.Store()
	if err == nil {
		err = h.measure(r, events)
	}
	if err != nil {
		h.Status, h.Error = "degraded", err.Error()
		return write(w, http.StatusServiceUnavailable, h)
	}
	return write(w, http.StatusOK, h)
}

// measure fills in what the store says; its error is why the store accepts nothing.
func (h *health) measure(r *http.Request, events store.Store) error {
	stats, err := events.Stats(r.Context())
	if err != nil {
		return err
	}
	h.Store = storeHealth{Engine: stats.Engine, Bytes: stats.Bytes, FreeBytes: stats.FreeBytes}
	if err := h.Queue.measure(r, events, time.Now()); err != nil {
		return err
	}
	return events.Ready(r.Context())
}

// measure asks the queue. Without one nothing is pending but what an earlier store left.
func (q *queueHealth) measure(r *http.Request, events store.Store, now time.Time) error {
	queue, ok := events.(store.Queue)
	if !ok {
		counts, err := events.Count(r.Context(), "")
		q.Pending = counts[event.Pending]
		return err
	}
	depth, err := queue.Depth(r.Context())
	if err != nil {
		return err
	}
	q.Pending, q.Leased = depth.Pending, depth.Leased
	if !depth.OldestDue.IsZero() {
		q.OldestPendingMS = max(now.Sub(depth.OldestDue).Milliseconds(), 0)
	}
	return nil
}
