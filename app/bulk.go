package app

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/feed"
	"github.com/krosyn/gateway/store"
)

// Jobs are the bulk retries. They outlive the configuration, and retry by the one that is running.
func (a *App) Jobs() *bulk.Jobs { return a.runtime.jobs }

// resumeJobs goes on with the bulk retries that an earlier process left.
func (a *App) resumeJobs(ctx context.Context) {
	err := a.runtime.jobs.Resume(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, bulk.ErrNoState) && !errors.Is(err, store.ErrClosed) {
		a.logger.Error("bulk retries of before cannot go on", zap.Error(err))
	}
}

// Feed has the events as they finish. It outlives the configuration.
func (a *App) Feed() *feed.Feed { return &a.runtime.feed }

// retryFailures are why an event of a bulk retry cannot be retried, as the job shows it.
var retryFailures = []struct {
	err    error
	reason string
}{
	{store.ErrNotFound, "Event not found"},
	{ErrNotFailed, "Only failed events can be retried"},
	{ErrNoPayload, "Event has no stored payload"},
	{ErrConnectorGone, "Connector no longer exists"},
	{ErrExecuted, "Delivery was executed for another event"},
	{ErrInProgress, "Delivery is in progress"},
	{ErrTooLarge, "Event is too large for the queue"},
}

// retry is bulk.Retry for the configuration that is running.
func (r *runtime) retry(ctx context.Context, id event.ID) (reason string, err error) {
	running := r.current.Load()
	if running == nil {
		return "", bulk.ErrNotNow
	}
	// A job that is canceled finishes what it has begun.
	made, err := running.Retry(context.WithoutCancel(ctx), id)
	for _, f := range retryFailures {
		if errors.Is(err, f.err) {
			return f.reason, nil
		}
	}
	if err != nil {
		return "", err
	}
	if made.Status == event.Failed && made.Error != nil {
		return string(made.Error.Code), nil
	}
	return "", nil
}
