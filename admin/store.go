package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// storeStats is how the store stands.
type storeStats struct {
	Engine    string `json:"engine"`
	Bytes     int64  `json:"bytes"`
	FreeBytes int64  `json:"free_bytes"`
	// MaxBytes is the space that it may take; null is no bound.
	MaxBytes *int64 `json:"max_bytes"`
	// Sizes is the space that each kind of its files takes, in bytes.
	Sizes map[string]int64 `json:"sizes"`
	// Events counts them by status.
	Events      map[event.Status]int64 `json:"events"`
	OldestEvent *oldestEvent           `json:"oldest_event"`
	// Entries are the claims of deliveries, tokens and what else is kept beside events.
	Entries int64      `json:"entries"`
	Queue   storeQueue `json:"queue"`
	// Error says why nothing new is accepted.
	Error string `json:"error,omitempty"`
}

type oldestEvent struct {
	ID         event.ID   `json:"id"`
	ReceivedAt event.Time `json:"received_at"`
}

// storeQueue counts the jobs of asynchronous events.
type storeQueue struct {
	Pending int64 `json:"pending"`
	Leased  int64 `json:"leased"`
	// NextDue is when the first job that waits is due, or was.
	NextDue *event.Time `json:"next_due"`
}

// showStore measures the store. It answers while the store takes nothing new, too.
func showStore(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	events, err := gateway.Store()
	if err != nil {
		return failed(err)
	}
	stats := new(storeStats)
	if err := stats.measure(r, events); err != nil {
		return failed(err)
	}
	return write(w, http.StatusOK, stats)
}

func (s *storeStats) measure(r *http.Request, events store.Store) (err error) {
	ctx := r.Context()
	if s.Events, err = events.Count(ctx, ""); err != nil {
		return err
	}
	if err := events.Ready(ctx); err != nil {
		s.Error = err.Error()
	}
	if state, ok := events.(store.State); ok {
		if s.Entries, err = state.Entries(ctx); err != nil {
			return err
		}
	}
	if queue, ok := events.(store.Queue); ok {
		depth, err := queue.Depth(ctx)
		if err != nil {
			return err
		}
		s.Queue = storeQueue{Pending: depth.Pending, Leased: depth.Leased}
		if !depth.OldestDue.IsZero() {
			s.Queue.NextDue = new(event.At(depth.OldestDue))
		}
	}
	return s.describe(r, events)
}

// describe fills in what some stores say of themselves and others do not.
func (s *storeStats) describe(r *http.Request, events store.Store) error {
	describer, ok := events.(store.Describer)
	if !ok {
		stats, err := events.Stats(r.Context())
		s.Engine, s.Bytes, s.FreeBytes, s.Sizes = stats.Engine, stats.Bytes, stats.FreeBytes, map[string]int64{}
		return err
	}
	d, err := describer.Describe(r.Context())
	if err != nil {
		return err
	}
	s.Engine, s.Bytes, s.FreeBytes, s.Sizes = d.Engine, d.Bytes, d.FreeBytes, d.Sizes
	if d.MaxBytes > 0 {
		s.MaxBytes = &d.MaxBytes
	}
	if !d.Oldest.IsZero() {
		s.OldestEvent = &oldestEvent{d.Oldest, event.At(d.Oldest.Time())}
	}
	return nil
}

// backupStore streams a backup. One that fails in the middle says so in the stream itself.
func backupStore(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	events, err := gateway.Store()
	if err != nil {
		return failed(err)
	}
	backuper, ok := events.(store.Backuper)
	if !ok {
		return fail(http.StatusNotImplemented, errors.New("this store is backed up by its own means"))
	}
	body := &download{ResponseWriter: w, response: http.NewResponseController(w)}
	err = backuper.Backup(r.Context(), body)
	switch {
	case err == nil:
		return nil
	case body.begun:
		// Its end says why; who looks at nothing but the connection is to know, too.
		_ = body.response.Flush()
		panic(http.ErrAbortHandler)
	case errors.Is(err, store.ErrBackupRunning):
		return fail(http.StatusConflict, err)
	}
	return failed(err)
}

// download is the body of an answer without an end in time, as long as somebody takes it.
type download struct {
	http.ResponseWriter
	response *http.ResponseController
	begun    bool
}

func (d *download) Write(content []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.Header().Set("Content-Type", "application/octet-stream")
		d.Header().Set("Content-Disposition", `attachment; filename="krosyn.backup"`)
		d.Header().Set("Cache-Control", "no-store")
	}
	// Where there are no deadlines there is none to be set.
	_ = d.response.SetWriteDeadline(time.Now().Add(writeTimeout))
	return d.ResponseWriter.Write(content)
}
