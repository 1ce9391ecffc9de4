package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// keys is the prefix of the keys of jobs in the store's state; the job's id follows.
const keys = "retry-job/"

// record is a job as the store has it: what is shown of it, and what is needed to go on after a restart.
type record struct {
	Job
	// Selection has the bounds of what was found when the job was made, so that it finds nothing else later on.
	Selection Selection `json:"selection"`
	Rate      float64   `json:"rate,omitempty"`
	// Position is the last event up to which all that were selected are worked off.
	Position event.ID `json:"position,omitzero"`
	// Key and Asked are digests.
	Key   string `json:"key,omitempty"`
	Asked string `json:"asked,omitempty"`
}

func newRecord(r Request, found []event.ID, now time.Time) record {
	made := record{
		Job:       Job{ID: event.NewID().String(), State: Running, Total: len(found), CreatedAt: event.At(now)},
		Selection: r.Selection, Rate: r.Rate,
	}
	if len(found) > 0 {
		made.Selection.Since = found[0]
	}
	if r.Key != "" {
		made.Key, made.Asked = digest(r.Key), digest(r.Asked)
	}
	return made
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// shown is the job as it is now.
func (r *record) shown() Job {
	job := r.Job
	job.Reasons = maps.Clone(r.Reasons)
	return job
}

// finish ends the job.
func (r *record) finish(state State, now time.Time) {
	end := event.At(now)
	r.State, r.FinishedAt = state, &end
}

// keep is how long the store keeps the record from now on; zero is for ever.
func (r *record) keep(now time.Time) time.Duration {
	if r.FinishedAt == nil {
		return 0
	}
	return max(r.FinishedAt.Add(remembered).Sub(now), time.Second)
}

// ended tells whether the job is to be forgotten.
func (r *record) ended(now time.Time) bool {
	return r.FinishedAt != nil && !now.Before(r.FinishedAt.Add(remembered))
}

// create writes a new job.
func (r *record) create(ctx context.Context, state store.State) (revision uint64, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	entry, err := state.Create(ctx, keys+r.ID, text, r.keep(time.Now()))
	if err != nil {
		return 0, fmt.Errorf("keeping a bulk retry: %w", err)
	}
	return entry.Revision, nil
}

// update writes how far a job has come. ErrConflict is that of a job that another process has taken over.
func (r *record) update(ctx context.Context, state store.State, revision uint64) (uint64, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return revision, err
	}
	entry, err := state.Update(ctx, keys+r.ID, text, r.keep(time.Now()), revision)
	if err != nil {
		return revision, fmt.Errorf("keeping the state of bulk retry %s: %w", r.ID, err)
	}
	return entry.Revision, nil
}

func readRecord(entry store.Entry) (record, error) {
	var r record
	if err := json.Unmarshal(entry.Value, &r); err != nil {
		return r, fmt.Errorf("the bulk retry %q is damaged: %w", entry.Key, err)
	}
	if keys+r.ID != entry.Key {
		return r, fmt.Errorf("the bulk retry %q is damaged: it has the id %q", entry.Key, r.ID)
	}
	return r, nil
}
