package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Retry retries one event. The reason says why the event failed again or could not be retried; "" is success.
// ErrNotNow, like what the store answers when it takes nothing or is closed, asks for another try; every other error
// counts as a failure.
type Retry func(ctx context.Context, id event.ID) (reason string, err error)

// Jobs are the bulk retries of a store. They outlive a configuration.
type Jobs struct {
	open   func() (store.Store, error)
	retry  Retry
	logger *zap.Logger

	// ctx ends when the jobs are to stop; they go on with the next process.
	ctx  context.Context
	stop context.CancelFunc
	// creating has room for one, so that of two requests with the same key one makes the job.
	creating chan struct{}
	// loaded is for whoever has it.
	loaded bool

	// mu is never held across input or output. It guards the records of the jobs too.
	mu sync.Mutex
	// jobs are those that this process has made or taken over.
	jobs map[string]*job
	// underWay are the events that are being retried, of all jobs.
	underWay map[event.ID]bool
	runners  sync.WaitGroup
}

// New makes the jobs of a store, which is opened when they are needed.
func New(open func() (store.Store, error), retry Retry, logger *zap.Logger) *Jobs {
	ctx, stop := context.WithCancel(context.Background())
	return &Jobs{
		open: open, retry: retry, logger: logger, ctx: ctx, stop: stop, creating: make(chan struct{}, 1),
		jobs: make(map[string]*job), underWay: make(map[event.ID]bool),
	}
}

// Count is how many events a job of this selection would retry.
func (j *Jobs) Count(ctx context.Context, s Selection) (int, error) {
	events, _, err := j.store()
	if err != nil {
		return 0, err
	}
	found, err := s.find(ctx, events)
	return len(found), err
}

// Create makes a job and starts it. It returns when the job is durable and its events are counted. Made tells whether
// the job is a new one, and not that of an earlier request with the same key.
func (j *Jobs) Create(ctx context.Context, r Request) (job Job, made bool, err error) {
	if err := j.alone(ctx); err != nil {
		return Job{}, false, err
	}
	defer func() { <-j.creating }()
	if err := j.load(ctx); err != nil {
		return Job{}, false, err
	}
	if r.Key != "" {
		if earlier, err := j.ofKey(digest(r.Key), digest(r.Asked)); earlier != nil || err != nil {
			return j.shown(earlier), false, err
		}
	}
	if j.running() >= MaxRunning {
		return Job{}, false, ErrTooMany
	}
	events, state, err := j.store()
	if err != nil {
		return Job{}, false, err
	}
	// What fails from now on, the job's own retries too, is not this job's.
	if now := event.NewID(); r.Until.IsZero() || bytes.Compare(now[:], r.Until[:]) < 0 {
		r.Until = now
	}
	found, err := r.find(ctx, events)
	if err != nil {
		return Job{}, false, err
	}
	created := newJob(newRecord(r, found, time.Now()))
	if created.revision, err = created.create(ctx, state); err != nil {
		return Job{}, false, err
	}
	j.begin(created, found)
	j.forget(ctx, state)
	return j.shown(created), true, nil
}

// begin runs a new job. Where the process is about to end, the next one does.
func (j *Jobs) begin(made *job, found []event.ID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jobs[made.ID] = made
	if j.ctx.Err() == nil {
		j.startLocked(made, func(context.Context) ([]event.ID, error) { return found, nil })
	}
}

// alone waits until nobody else makes a job or reads them; the caller gives j.creating back.
func (j *Jobs) alone(ctx context.Context) error {
	select {
	case j.creating <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// List are the jobs that run or ended lately, the latest first.
func (j *Jobs) List(ctx context.Context) ([]Job, error) {
	if err := j.Resume(ctx); err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]Job, 0, len(j.jobs))
	for _, known := range j.jobs {
		if !known.ended(time.Now()) {
			list = append(list, known.shown())
		}
	}
	slices.SortFunc(list, func(x, y Job) int { return strings.Compare(y.ID, x.ID) })
	return list, nil
}

// Get is a job.
func (j *Jobs) Get(ctx context.Context, id string) (Job, error) {
	if err := j.Resume(ctx); err != nil {
		return Job{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	known, ok := j.jobs[id]
	if !ok || known.ended(time.Now()) {
		return Job{}, ErrUnknown
	}
	return known.shown(), nil
}

// Cancel ends a job: no retry begins any more, and those under way are finished and still counted. Changed tells
// whether it was running.
func (j *Jobs) Cancel(ctx context.Context, id string) (canceled Job, changed bool, err error) {
	before, err := j.Get(ctx, id)
	if err != nil || before.State != Running {
		return before, false, err
	}
	j.mu.Lock()
	known := j.jobs[id]
	if known == nil {
		j.mu.Unlock()
		return before, false, ErrUnknown
	}
	if known.State == Running {
		known.finish(Canceled, time.Now())
		changed = true
	}
	j.mu.Unlock()
	if changed {
		known.cancel()
		err = j.save(context.WithoutCancel(ctx), known)
	}
	return j.shown(known), changed, err
}

// Resume reads the jobs of an earlier process, unless that was done, and goes on with those that were running.
func (j *Jobs) Resume(ctx context.Context) error {
	if err := j.alone(ctx); err != nil {
		return err
	}
	defer func() { <-j.creating }()
	return j.load(ctx)
}

// load is Resume for whoever is alone.
func (j *Jobs) load(ctx context.Context) error {
	if j.loaded {
		return nil
	}
	_, state, err := j.store()
	if err != nil {
		return err
	}
	entries, err := state.Scan(ctx, keys, 2*maxRemembered)
	if err != nil {
		return fmt.Errorf("reading the bulk retries: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ctx.Err() != nil {
		return store.ErrClosed
	}
	for _, entry := range entries {
		r, err := readRecord(entry)
		if err != nil {
			j.logger.Error("a bulk retry is ignored", zap.Error(err))
			continue
		}
		known := newJob(r)
		known.revision = entry.Revision
		j.jobs[r.ID] = known
		if r.State == Running {
			j.startLocked(known, func(ctx context.Context) ([]event.ID, error) { return j.rest(ctx, r) })
		}
	}
	j.loaded = true
	return nil
}

// Close stops the jobs, which the next process goes on with, and waits for the retries under way. The store is still
// open.
func (j *Jobs) Close() {
	j.mu.Lock()
	j.stop()
	j.mu.Unlock()
	j.runners.Wait()
}

// store is the open store, or ErrNoState where it keeps no jobs.
func (j *Jobs) store() (store.EventLog, store.State, error) {
	opened, err := j.open()
	if err != nil {
		return nil, nil, err
	}
	state, ok := opened.(store.State)
	if !ok {
		return nil, nil, ErrNoState
	}
	return opened, state, nil
}

// ofKey is the job that was made with a key, by its digest.
func (j *Jobs) ofKey(key, asked string) (*job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, known := range j.jobs {
		if known.Key != key || known.ended(time.Now()) {
			continue
		}
		if known.Asked != asked {
			return nil, ErrKeyTaken
		}
		return known, nil
	}
	return nil, nil
}

func (j *Jobs) running() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, known := range j.jobs {
		if known.State == Running {
			n++
		}
	}
	return n
}

func (j *Jobs) shown(known *job) Job {
	if known == nil {
		return Job{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return known.shown()
}

// forget removes the jobs that ended longest ago, where there are more than are remembered.
func (j *Jobs) forget(ctx context.Context, state store.State) {
	j.mu.Lock()
	var ended []*job
	for _, known := range j.jobs {
		if known.FinishedAt != nil {
			ended = append(ended, known)
		}
	}
	slices.SortFunc(ended, func(x, y *job) int { return x.FinishedAt.Compare(y.FinishedAt.Time) })
	ended = ended[:max(len(ended)-maxRemembered, 0)]
	for _, known := range ended {
		delete(j.jobs, known.ID)
	}
	j.mu.Unlock()
	for _, known := range ended {
		known.saving.Lock()
		err := state.Delete(ctx, keys+known.ID, known.revision)
		known.saving.Unlock()
		if err != nil && !errors.Is(err, store.ErrConflict) {
			j.logger.Warn("a bulk retry that has ended could not be removed from the store", zap.Error(err))
		}
	}
}
