package bulk

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	// saveInterval is how often the progress of a job is written at most. What is lost with a crash is found again: events
	// that have a retry are not selected.
	saveInterval = time.Second
	// pause is how long a job waits for a store that takes nothing, or a configuration that is not running.
	pause = time.Second
)

// The reasons that are not those of a retry itself.
const (
	reasonRetried = "Event has a retry already"
	reasonTaken   = "Event is being retried by another job"
	reasonError   = "error"
)

// job is a job with those who work on it. Jobs.mu guards the record, and saved.
type job struct {
	record
	cancel context.CancelFunc
	// saved is when its progress was written last.
	saved time.Time

	// saving guards the revision, and is held while the record is written.
	saving   sync.Mutex
	revision uint64
}

func newJob(r record) *job { return &job{record: r} }

// startLocked runs a job on the events that find gives.
func (j *Jobs) startLocked(known *job, find func(context.Context) ([]event.ID, error)) {
	ctx, cancel := context.WithCancel(j.ctx)
	known.cancel = cancel
	j.runners.Go(func() {
		defer cancel()
		found, err := find(ctx)
		if err != nil && ctx.Err() == nil {
			j.logger.Error("a bulk retry cannot go on until the gateway is started again",
				zap.String("job", known.ID), zap.Error(err))
		}
		if err != nil {
			return
		}
		j.work(ctx, known, found)
	})
}

// rest finds what is left of a job of an earlier process. What of it has been worked off and was not written down has
// retries by now, and counts as done.
func (j *Jobs) rest(ctx context.Context, r record) ([]event.ID, error) {
	events, _, err := j.store()
	if err != nil {
		return nil, err
	}
	selection := r.Selection
	selection.Limit = 0
	found, err := selection.find(ctx, events)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(id event.ID) bool { return bytes.Compare(id[:], r.Position[:]) <= 0 })
	j.mu.Lock()
	defer j.mu.Unlock()
	known := j.jobs[r.ID]
	known.Done = max(known.Done, known.Total-known.Failed-len(found))
	known.Total = known.Done + known.Failed + len(found)
	return found, nil
}

// work retries events, in their order, several at a time.
func (j *Jobs) work(ctx context.Context, known *job, found []event.ID) {
	limit := rate.NewLimiter(rate.Inf, 1)
	if known.Rate > 0 {
		limit = rate.NewLimiter(rate.Limit(known.Rate), 1)
	}
	var workers sync.WaitGroup
	room := make(chan struct{}, maxUnderWay)
	p := &progress{ids: found, finished: make([]bool, len(found))}
	for i, id := range found {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if limit.Wait(ctx) != nil || ctx.Err() != nil {
			break
		}
		workers.Go(func() {
			defer func() { <-room }()
			if reason, ok := j.retryOne(ctx, id); ok {
				j.count(known, p, i, reason)
			}
		})
	}
	workers.Wait()
	j.mu.Lock()
	if known.State == Running && ctx.Err() == nil {
		known.finish(Done, time.Now())
	}
	j.mu.Unlock()
	j.log(j.save(context.WithoutCancel(ctx), known))
}

// progress tells up to where all events are worked off.
type progress struct {
	ids      []event.ID
	finished []bool
	position int
}

// finish notes that one event is worked off, and gives the last one before which all are; zero is none.
func (p *progress) finish(i int) (last event.ID) {
	p.finished[i] = true
	for p.position < len(p.ids) && p.finished[p.position] {
		p.position++
	}
	if p.position > 0 {
		last = p.ids[p.position-1]
	}
	return last
}

// count notes what came of one event, and now and then has it written.
func (j *Jobs) count(known *job, p *progress, i int, reason string) {
	j.mu.Lock()
	if last := p.finish(i); !last.IsZero() {
		known.Position = last
	}
	if reason == "" {
		known.Done++
	} else {
		known.Failed++
		if known.Reasons == nil {
			known.Reasons = make(map[string]int)
		}
		known.Reasons[reason]++
	}
	due := time.Since(known.saved) >= saveInterval
	if due {
		known.saved = time.Now()
	}
	j.mu.Unlock()
	if due {
		j.log(j.save(context.WithoutCancel(j.ctx), known))
	}
}

// retryOne retries one event, unless it was in the meantime. It waits where the store takes nothing; false is that the
// job ended first.
func (j *Jobs) retryOne(ctx context.Context, id event.ID) (reason string, worked bool) {
	if !j.claim(id) {
		return reasonTaken, true
	}
	defer j.release(id)
	for {
		reason, err := j.attempt(ctx, id)
		switch {
		case err == nil:
			return reason, true
		case ctx.Err() != nil:
			return "", false
		case !notNow(err):
			j.logger.Error("an event of a bulk retry could not be retried", zap.Stringer("event", id), zap.Error(err))
			return reasonError, true
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return "", false
		}
	}
}

func notNow(err error) bool {
	return errors.Is(err, ErrNotNow) || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed)
}

func (j *Jobs) attempt(ctx context.Context, id event.ID) (reason string, err error) {
	events, _, err := j.store()
	if err != nil {
		return "", err
	}
	if retried, err := wasRetried(ctx, events, id); err != nil || retried {
		return reasonRetried, err
	}
	return j.retry(ctx, id)
}

// claim keeps two jobs from retrying an event at the same time.
func (j *Jobs) claim(id event.ID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.underWay[id] {
		return false
	}
	j.underWay[id] = true
	return true
}

func (j *Jobs) release(id event.ID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.underWay, id)
}

// save writes how a job stands.
func (j *Jobs) save(ctx context.Context, known *job) error {
	known.saving.Lock()
	defer known.saving.Unlock()
	_, state, err := j.store()
	if err != nil {
		return err
	}
	j.mu.Lock()
	now := known.record
	now.Job = known.shown()
	j.mu.Unlock()
	known.revision, err = now.update(ctx, state, known.revision)
	if errors.Is(err, store.ErrConflict) {
		j.give(known)
	}
	return err
}

// give leaves a job to the process that has taken it over.
func (j *Jobs) give(known *job) {
	known.cancel()
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.jobs, known.ID)
}

func (j *Jobs) log(err error) {
	if err != nil && !errors.Is(err, store.ErrConflict) {
		j.logger.Error("the state of a bulk retry could not be written", zap.Error(err))
	}
}
