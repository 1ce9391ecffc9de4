package token

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// refreshInterval is how long it takes at most until a token that another node made or revoked is known here.
const refreshInterval = 5 * time.Second

// Watch is what is done about tokens beside requests: it learns of other nodes' changes, writes last uses and
// announces what expires.
type Watch struct {
	Issuer *Issuer
	Logger *zap.Logger
	// Expiries are the ends of all credentials there are, those of the configuration included.
	Expiries func() []Expiry
	// Announce is told of each end that is near, once a day.
	Announce func(Expiry)

	// failure is the last one that was logged; "" once the store could be read again.
	failure string
}

// Run returns when ctx ends.
func (w *Watch) Run(ctx context.Context) {
	refresh, minute := time.NewTicker(refreshInterval), time.NewTicker(useInterval)
	defer refresh.Stop()
	defer minute.Stop()
	w.check(ctx, w.notify(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			err := w.Issuer.refresh(ctx)
			if err == nil {
				w.failure = ""
			}
			w.check(ctx, err)
		case <-minute.C:
			w.check(ctx, errors.Join(w.Issuer.writeUses(ctx, useSlack), w.notify(ctx)))
		}
	}
}

// check logs a failure, unless it was the last one too. A store that keeps no tokens is no failure.
func (w *Watch) check(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrNoState) || err.Error() == w.failure {
		return
	}
	w.failure = err.Error()
	w.Logger.Error("issued tokens: the store fails; what other nodes change is not known meanwhile", zap.Error(err))
}
