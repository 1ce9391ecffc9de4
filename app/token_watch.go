package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// tokenRefresh is how long it takes at most until a token that another node made or revoked is known here.
const tokenRefresh = 5 * time.Second

// startTokens reads the tokens, and refuses a configuration that needs them with a store that keeps none.
func (a *App) startTokens() error {
	if err := a.LoadTokens(a.ctx); err != nil {
		return err
	}
	_, err := a.runtime.tokens.state()
	if err == nil {
		return nil
	}
	for _, c := range a.Connectors() {
		for _, e := range c.Endpoints {
			if e.Auth == authTokens {
				return fmt.Errorf("connector %s, endpoint %s: `auth tokens`: %w", c.Name, e.name(), err)
			}
		}
	}
	return nil
}

// tokenWatch is what is done about tokens beside requests: it learns of other nodes' changes, writes last uses and
// announces what expires.
type tokenWatch struct {
	tokens   *tokens
	logger   *zap.Logger
	expiries func() []expiry
	announce func(expiry)

	// failure is the last one that was logged; "" once the store could be read again.
	failure string
}

// run returns when ctx ends.
func (w *tokenWatch) run(ctx context.Context) {
	refresh, minute := time.NewTicker(tokenRefresh), time.NewTicker(useInterval)
	defer refresh.Stop()
	defer minute.Stop()
	w.check(ctx, w.notify(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			err := w.tokens.refresh(ctx)
			if err == nil {
				w.failure = ""
			}
			w.check(ctx, err)
		case <-minute.C:
			w.check(ctx, errors.Join(w.tokens.writeUses(ctx, useSlack), w.notify(ctx)))
		}
	}
}

// check logs a failure, unless it was the last one too. A store that keeps no tokens is no failure.
func (w *tokenWatch) check(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrNoTokens) || err.Error() == w.failure {
		return
	}
	w.failure = err.Error()
	w.logger.Error("issued tokens: the store fails; what other nodes change is not known meanwhile", zap.Error(err))
}
