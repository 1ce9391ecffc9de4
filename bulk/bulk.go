// Package bulk retries many failed events: jobs that go on over reloads and restarts, at a bounded rate, and can be
// watched and canceled.
//
// It knows the store, and how one event is retried only as a function. What a job does is said once, in select.go and
// run.go; how it is remembered, in record.go.
package bulk

import (
	"errors"
	"time"

	"github.com/krosyn/gateway/event"
)

// Selection is which failed events a job retries: those that have no retry yet. One that was retried, by whomever, is
// stood for by its retry: where that has failed too, and is within the bounds, it is retried in its stead. So no
// delivery is executed twice by one job, nor again once a retry of it has succeeded.
type Selection struct {
	// Connector selects the events of one connector; "" is all.
	Connector string `json:"connector,omitempty"`
	// Since and Until bound the ids: from Since on, and before Until. Zero is no bound.
	Since event.ID `json:"since,omitzero"`
	Until event.ID `json:"until,omitzero"`
	// Code selects the events that failed with it; "" is all.
	Code event.Code `json:"error_code,omitempty"`
	// Limit takes the newest so many; 0 is MaxEvents.
	Limit int `json:"limit,omitempty"`
}

// Request is what a job shall do.
type Request struct {
	Selection
	// Rate is how many events are retried per second; 0 is as many as targets and the bound on retries under way allow.
	Rate float64
	// Key names the request: another one of the same key is answered with the same job. "" is none.
	Key string
	// Asked is the request as its sender wrote it, by which one that uses a key for something else is told so.
	Asked string
}

// State is where a job stands.
type State string

// The values of State.
const (
	Running  State = "running"
	Done     State = "done"
	Canceled State = "canceled"
)

// Job is a job as the admin API shows it. Done and Failed are apart: together they are what of Total was worked off.
type Job struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	// Total is how many events were selected.
	Total int `json:"total"`
	// Done is how many of them were retried and did not fail again; where the connector is asynchronous, were accepted.
	Done int `json:"done"`
	// Failed is how many failed again or could not be retried, and Reasons counts them by error code or by what was in
	// the way.
	Failed     int            `json:"failed"`
	Reasons    map[string]int `json:"reasons,omitempty"`
	CreatedAt  event.Time     `json:"created_at"`
	FinishedAt *event.Time    `json:"finished_at"`
}

// The bounds of jobs.
const (
	// MaxEvents is how many events one job selects at most.
	MaxEvents = 100_000
	// MaxRate is the highest rate that can be asked for, in events per second.
	MaxRate = 1000
	// MaxRunning is how many jobs run at the same time.
	MaxRunning = 4
	// maxUnderWay is how many retries of one job are under way at the same time.
	maxUnderWay = 8
	// maxRemembered and remembered are how many finished jobs are shown, and for how long.
	maxRemembered = 100
	remembered    = 24 * time.Hour
)

// Why there is no job.
var (
	ErrUnknown  = errors.New("job not found")
	ErrKeyTaken = errors.New("the Idempotency-Key was used for another request: use a new key, or send that request again")
	ErrTooMany  = errors.New("too many bulk retries are running: wait until one has ended, or cancel one")
	ErrNoState  = errors.New("the store keeps no jobs: configure one that does, such as badger")
)

// ErrNotNow is an answer to a retry that is worth repeating as it is.
var ErrNotNow = errors.New("nothing can be retried for now")
