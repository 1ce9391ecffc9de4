package pipeline

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// tracerName is what makes the spans, in the words of OpenTelemetry: the instrumentation scope.
const tracerName = "github.com/krosyn/gateway"

// Took is how long the steps of an execution took. Zero is a step that was not taken.
type Took struct {
	Trigger, Lookup, Process, Perform time.Duration
}

// traced begins the span of the execution, where somebody listens: the request's own span is recorded, or that of the
// request which was accepted before. Without one it costs next to nothing.
func (x *execution) traced(ctx context.Context) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if of := parent.SpanContext(); of.IsValid() {
		x.event.TraceID = of.TraceID().String()
	}
	if !parent.IsRecording() {
		return ctx, nil
	}
	x.tracer = parent.TracerProvider().Tracer(tracerName)
	return x.tracer.Start(ctx, "krosyn execution", trace.WithAttributes(
		attribute.String("krosyn.connector", x.name), attribute.String("krosyn.event", x.event.ID.String()),
	))
}

// stage is a step under way.
type stage struct {
	begun time.Time
	took  *time.Duration
	span  trace.Span
}

// stage begins a step, whose time goes to took.
func (x *execution) stage(ctx context.Context, name string, took *time.Duration) (context.Context, stage) {
	s := stage{begun: time.Now(), took: took}
	if x.tracer != nil {
		ctx, s.span = x.tracer.Start(ctx, name)
	}
	return ctx, s
}

// end ends a step. What went wrong is told by its code alone: a message may show what a trace must not.
func (s *stage) end(err error) {
	*s.took = time.Since(s.begun)
	if s.span != nil {
		fail(s.span, err)
		s.span.End()
	}
}

// fail marks a span as that of something that went wrong.
func fail(span trace.Span, err error) {
	if err == nil || err == errSkipped { //nolint:errorlint // it is never wrapped
		return
	}
	span.SetStatus(codes.Error, string(asEventError(err).Code))
}
