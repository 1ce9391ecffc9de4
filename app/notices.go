package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/notify"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/token"
)

// endpointNotify is the endpoint of the events that notices are.
const endpointNotify = "notify"

// notice is the payload of a notice.
type notice struct {
	Kind      string          `json:"kind"`
	Connector string          `json:"connector"`
	Count     int             `json:"count"`
	First     event.Time      `json:"first"`
	Last      event.Time      `json:"last"`
	Text      string          `json:"text"`
	Latest    json.RawMessage `json:"latest"`
}

// occurred notes something of which somebody may want to hear; sentence says what it was, when it is told how often.
func (a *App) occurred(kind, connector string, latest any, depth int, sentence func(count int) string) {
	var text json.RawMessage
	for _, n := range a.Notify {
		if n.Of != kind || n.Via == connector {
			continue
		}
		if text == nil {
			var err error
			if text, err = json.Marshal(latest); err != nil {
				a.logger.Error("a notice cannot be written", zap.Error(err))
				return
			}
		}
		key := notify.Key{Kind: kind, Subject: connector, Via: n.Via}
		a.runtime.notices.Add(key, text, depth, n.every(), func(ctx context.Context, told notify.Notice) {
			a.tell(ctx, told, sentence(told.Count))
		})
	}
}

// tell executes the connector by which a notice goes, as it is configured now.
func (a *App) tell(ctx context.Context, told notify.Notice, text string) {
	if current := a.runtime.current.Load(); current != nil {
		a = current
	}
	logger := a.logger.With(zap.String("kind", told.Kind), zap.String("connector", told.Subject), zap.String("via", told.Via))
	c, ok := a.Connector(told.Via)
	if !ok {
		logger.Warn("a notice has nobody to go to: its connector is gone")
		return
	}
	payload, err := json.Marshal(notice{
		told.Kind, told.Subject, told.Count, event.At(told.First), event.At(told.Last), text, told.Latest,
	})
	if err == nil {
		err = c.notify(ctx, payload, told.Depth)
	}
	if err != nil {
		logger.Error("a notice was not sent", zap.Error(err))
	}
}

func (c *Connector) notify(ctx context.Context, payload []byte, depth int) error {
	document, err := value.NewDocument(payload)
	if err != nil {
		return err
	}
	events, err := c.app.ready(ctx)
	if err != nil {
		return err
	}
	// Of a loop somebody is told, too: the notice itself is within the bound, and what it leads to is not.
	depth = min(depth, c.app.environment.MaxDepth)
	in := &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: endpointNotify, Depth: depth, Config: c.hash,
		Payload: document, Body: payload, ContentType: "application/json",
	}
	if c.Respond == RespondAsync {
		_, err = c.enqueue(ctx, events, in, claim{})
		return err
	}
	out := c.execution(ctx, in)
	countAttempts(c.Name, out.Event.Attempts)
	_, err = c.keep(context.WithoutCancel(ctx), events, out, claim{})
	return err
}

// noteFailed notes a failed event.
func (a *App) noteFailed(e *event.Event) {
	a.occurred(NotifyFailed, e.Connector, e.Summary(), e.Depth+1, func(count int) string {
		if count == 1 {
			return fmt.Sprintf("An event of %s failed: %s", e.Connector, e.Error.Message)
		}
		return fmt.Sprintf("%d events of %s failed, the last one: %s", count, e.Connector, e.Error.Message)
	})
}

// noteBreaker notes a breaker that opened or closed.
func (a *App) noteBreaker(state outbound.BreakerState) {
	a.occurred(NotifyBreaker, state.Connector, state, 0, func(count int) string {
		text := fmt.Sprintf("The circuit breaker of %s is %s", state.Connector, state.State)
		if count > 1 {
			text += fmt.Sprintf(", after %d changes", count)
		}
		return text
	})
}

// noteToken notes a token that expires soon.
func (a *App) noteToken(e token.Expiry) {
	expiresAt := event.At(e.At)
	latest := map[string]any{"endpoint": e.Of.Name, "token_id": e.Token, "expires_at": expiresAt}
	a.occurred(NotifyTokenExpiring, e.Of.Connector, latest, 0, func(int) string {
		return fmt.Sprintf("A token of %s, endpoint %s, expires at %s", e.Of.Connector, e.Of.Name,
			e.At.UTC().Format(time.RFC3339))
	})
}

const (
	// roomInterval is how often the room of the store is looked at.
	roomInterval = time.Minute

	// scarceSpace is the free space below which a store is nearly full, in bytes; so is one that could not grow by a
	// tenth. Below min_free, which is less, it takes nothing any more.
	scarceSpace = 256 << 20
)

// watchRoom tells of a store that is nearly full, until ctx ends.
func (a *App) watchRoom(ctx context.Context) {
	tick := time.NewTicker(roomInterval)
	defer tick.Stop()
	for {
		if why := a.scarce(ctx); why != "" {
			a.logger.Warn("the store is nearly full", zap.String("reason", why))
			a.occurred(NotifyStoreFull, "", map[string]string{"reason": why}, 0, func(int) string {
				return "The store is nearly full: " + why
			})
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// scarce tells what there is little of; "" is nothing.
func (a *App) scarce(ctx context.Context) string {
	events, err := a.Store()
	if err != nil {
		return ""
	}
	if err := events.Ready(ctx); err != nil && ctx.Err() == nil {
		return err.Error()
	}
	if stats, err := events.Stats(ctx); err == nil && stats.FreeBytes >= 0 &&
		stats.FreeBytes < max(scarceSpace, stats.Bytes/10) {
		return fmt.Sprintf("%d MiB of disk space are free", stats.FreeBytes>>20)
	}
	if jobs, ok := events.(store.Queue); ok {
		depth, err := jobs.Depth(ctx)
		if waiting := depth.Pending + depth.Leased; err == nil && waiting*10 >= a.queueLimit()*9 {
			return fmt.Sprintf("%d events are pending, of %d (queue_limit)", waiting, a.queueLimit())
		}
	}
	return ""
}
