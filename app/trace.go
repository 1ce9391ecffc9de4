package app

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// trace remembers who makes the spans of accepted requests, which is known only while one is being answered: the
// handler `tracing` keeps its provider to itself.
func (q *queue) trace(ctx context.Context) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		provider := span.TracerProvider()
		q.tracers.Store(&provider)
	}
}

// traced continues the trace of the request that was accepted; end ends the span of the delivery.
func (q *queue) traced(ctx context.Context, carrier propagation.MapCarrier) (traced context.Context, end func()) {
	if len(carrier) == 0 {
		return ctx, func() {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	provider := q.tracers.Load()
	if provider == nil {
		return ctx, func() {}
	}
	ctx, span := (*provider).Tracer("github.com/krosyn/gateway").Start(ctx, "krosyn delivery")
	return ctx, func() { span.End() }
}
