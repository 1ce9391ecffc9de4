package app

import (
	"context"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/token"
)

// The Caddy events of the gateway, to which a configuration may subscribe.
const (
	// eventFailed has `event connector endpoint code message`.
	eventFailed = "krosyn.event_failed"
	// eventBreakerOpened and eventBreakerClosed have `connector url`.
	eventBreakerOpened = "krosyn.breaker_opened"
	eventBreakerClosed = "krosyn.breaker_closed"
	// eventTokenExpiring is that of credentials that end soon; it has `connector endpoint token_id expires_at`.
	eventTokenExpiring = "krosyn.token_expiring"
)

// provisionEvents has the app begin with what it does by itself once the whole configuration is running: Caddy's
// events cannot be emitted while apps are being started.
func (a *App) provisionEvents(ctx caddy.Context) error {
	loaded, err := ctx.App("events")
	if err != nil {
		return err
	}
	events, ok := loaded.(*caddyevents.App)
	if !ok {
		return fmt.Errorf("the app `events` is a %T", loaded)
	}
	a.events = events
	return events.On("started", &started{a})
}

// started is the handler of Caddy's event of that name.
type started struct{ app *App }

// Handle implements caddyevents.Handler. The context is that of the configuration.
func (s *started) Handle(ctx context.Context, _ caddy.Event) error {
	a := s.app
	a.running.Store(true)
	a.runtime.current.Store(a)
	a.runtime.feed.CutOff()
	a.startQueue(ctx)
	go a.watchTokens(ctx)
	go a.watchRoom(ctx)
	go a.resumeJobs(ctx)
	return nil
}

// emit emits a Caddy event, if somebody would hear it.
func (a *App) emit(name string, data map[string]any) {
	if a.running.Load() && a.ctx.Err() == nil {
		a.events.Emit(a.ctx, name, data)
	}
}

func (a *App) eventFailed(e *event.Event) {
	a.noteFailed(e)
	a.emit(eventFailed, map[string]any{
		"event": e.ID.String(), "connector": e.Connector, "endpoint": e.Endpoint,
		"code": string(e.Error.Code), "message": e.Error.Message,
	})
}

// breakerChanged tells the operator of a breaker that opened or closed. A probe in between is no news.
func (a *App) breakerChanged(state outbound.BreakerState) {
	fields := []zap.Field{zap.String("connector", state.Connector), zap.String("url", state.URL)}
	name := eventBreakerClosed
	switch state.State {
	case outbound.BreakerOpen:
		name = eventBreakerOpened
		a.logger.Warn("a circuit breaker opened", fields...)
	case outbound.BreakerClosed:
		a.logger.Info("a circuit breaker closed", fields...)
	default:
		return
	}
	a.noteBreaker(state)
	a.emit(name, map[string]any{"connector": state.Connector, "url": state.URL})
}

// tokenExpiring tells the operator of credentials that end soon.
func (a *App) tokenExpiring(e token.Expiry) {
	expiresAt := e.At.UTC().Format(time.RFC3339)
	a.logger.Warn("a token expires soon", zap.String("connector", e.Of.Connector),
		zap.String("endpoint", e.Of.Name), zap.String("token_id", e.Token), zap.String("expires_at", expiresAt))
	a.noteToken(e)
	a.emit(eventTokenExpiring, map[string]any{
		"connector": e.Of.Connector, "endpoint": e.Of.Name, "token_id": e.Token, "expires_at": expiresAt,
	})
}

var _ caddyevents.Handler = (*started)(nil)
