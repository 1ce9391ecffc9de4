package app

import (
	"context"
	"errors"

	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Jobs are the bulk retries. They outlive the configuration, and retry by the one that is running.
func (a *App) Jobs() *bulk.Jobs { return a.runtime.jobs }

// retryFailures are why an event of a bulk retry cannot be retried, as the job shows it.
var retryFailures = []struct {
	err    error
	reason string
}{
	{store.ErrNotFound, "Event not found"},
	{ErrNotFailed, "Only failed events can be retried"},
	{ErrNoPayload, "Event has no stored payload"},
	{ErrConnectorGone, "Connector no longer exists"},
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
