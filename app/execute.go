package app

import (
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
)

// Execute runs the connector on an accepted request and returns when its event is durable. The outcome is redacted.
// An error means that there is no event: the store could not take it.
func (c *Connector) Execute(ctx context.Context, in *pipeline.Input) (*pipeline.Outcome, error) {
	events, err := c.app.Store()
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	if err := events.Ready(ctx); err != nil {
		return nil, err
	}
	// Once a request may have been sent, what came of it is recorded even if the caller has left.
	ctx = context.WithoutCancel(ctx)
	in.Config = c.hash
	out := c.pipeline.Run(ctx, in)
	c.finish(out)
	if err := events.Put(ctx, out.Event); err != nil {
		return nil, fmt.Errorf("keeping event %s (%s): %w", out.Event.ID, out.Event.Status, err)
	}
	c.log(out.Event)
	return out, nil
}

// finish takes out of an outcome what must not be kept or shown.
func (c *Connector) finish(out *pipeline.Outcome) {
	if !c.storesPayload() {
		c.withoutPayload(out.Event)
	}
	redactor := c.app.redactor()
	redactor.Event(out.Event)
	if out.Answer != nil && c.Respond == RespondTarget {
		out.Answer.Body = redactor.Bytes(out.Answer.Body)
	}
}

func (c *Connector) storesPayload() bool { return c.StorePayload == nil || *c.StorePayload }

// withoutPayload removes the payload, also where it was sent on as it came.
func (c *Connector) withoutPayload(e *event.Event) {
	e.Payload = nil
	if e.Request != nil {
		e.Request.Body = ""
	}
	if e.Outbound != nil && len(c.Perform.Fields) == 0 && c.Perform.Body == "" {
		e.Outbound.Body, e.Outbound.Encoding, e.Outbound.Truncated = nil, "", false
	}
}

// log writes the one line that each finished event has.
func (c *Connector) log(e *event.Event) {
	level := zapcore.DebugLevel
	if e.Status == event.Failed {
		level = zapcore.WarnLevel
	}
	entry := c.app.logger.Check(level, "event "+string(e.Status))
	if entry == nil {
		return
	}
	fields := []zap.Field{
		zap.Stringer("event", e.ID), zap.String("connector", e.Connector), zap.String("endpoint", e.Endpoint),
		zap.Float64("duration_ms", e.DurationMS), zap.Int("attempts", len(e.Attempts)),
	}
	if e.Response != nil {
		fields = append(fields, zap.Int("response_status", e.Response.Status))
	}
	if e.Error != nil {
		fields = append(fields, zap.String("step", string(e.Error.Step)), zap.String("code", string(e.Error.Code)),
			zap.String("error", e.Error.Message), zap.String("detail", e.Error.Detail))
	}
	entry.Write(fields...)
}

// newRedactor knows every secret and every credential of the configuration. It is made on first use, when all
// connectors are registered.
func (a *App) newRedactor() *event.Redactor {
	values := make(map[string]string)
	for name, value := range a.environment.Secrets {
		values[name] = value
	}
	headers := slices.Clone(a.RedactHeaders)
	for _, c := range a.Connectors() {
		for _, e := range c.Endpoints {
			for i, credential := range e.credentials {
				values[fmt.Sprintf("connector %s, endpoint %s, credential %d", c.Name, e.name(), i+1)] = credential
			}
			for _, h := range e.SecretHeaders {
				headers = append(headers, h.Header)
			}
		}
	}
	return event.NewRedactor(values, headers)
}
