package admin

import (
	"net/http"

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

// queueHealth counts the events that are accepted and not finished.
type queueHealth struct {
	Pending         int64 `json:"pending"`
	Leased          int64 `json:"leased"`
	OldestPendingMS int64 `json:"oldest_pending_ms"`
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
	counts, err := events.Count(r.Context(), "")
	if err != nil {
		return err
	}
	h.Queue.Pending = counts[event.Pending]
	return events.Ready(r.Context())
}
