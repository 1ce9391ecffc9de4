package outbound

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// span is that of one attempt; nil where nobody listens.
type span struct{ trace.Span }

// beginSpan begins the span of an attempt, as a part of the one in ctx.
func (x *exchange) beginSpan(ctx context.Context, number int) (context.Context, *span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nil
	}
	ctx, made := parent.TracerProvider().Tracer("github.com/krosyn/gateway").Start(ctx, "krosyn attempt",
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", x.call.Method), attribute.Int("krosyn.attempt", number),
		))
	return ctx, &span{made}
}

// end ends it. The URL and what the target said stay out of it: they may hold secrets.
func (s *span) end(response *Response, failure *AttemptError) {
	if s == nil {
		return
	}
	if failure != nil {
		s.SetStatus(codes.Error, string(failure.Class))
		s.SetAttributes(attribute.String("error.type", string(failure.Class)))
	} else {
		s.SetAttributes(attribute.Int("http.response.status_code", response.Status))
		if response.Status >= http.StatusBadRequest {
			s.SetStatus(codes.Error, "")
		}
	}
	s.End()
}

// traceContext has the target know which trace the request belongs to, as https://www.w3.org/TR/trace-context/ says.
func traceContext(ctx context.Context, header http.Header) http.Header {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return header
	}
	header = header.Clone()
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(header))
	return header
}
