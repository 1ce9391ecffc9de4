package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

// ClassLookup is the class of an attempt that ended with its lookup, before there was anything to send.
const ClassLookup = "lookup"

// look sends the lookup and makes its answer $lookup.
func (x *execution) look(ctx context.Context, out *Outcome) error {
	call, err := x.lookupCall()
	if err != nil {
		return err
	}
	start := time.Now()
	result := x.env.Client.Do(ctx, call)
	x.event.Lookup.DurationMS = event.Milliseconds(time.Since(start))
	if result.Response != nil {
		x.event.Lookup.Response = x.captured(result.Response)
	}
	answer, err := lookupAnswer(result)
	if err == nil {
		x.ctx.Lookup = answer
		return nil
	}
	if x.lookup.definition.Continue {
		x.event.Lookup.Error = err.Error()
		return nil
	}
	if x.in.Asynchronous {
		out.Undelivered, out.RetryAfter = result.TryAgain(new(outbound.StatusSet))
		// An execution that is repeated leaves a trace of its own.
		attempt := result.Attempts[len(result.Attempts)-1]
		text := err.Error()
		attempt.Error, attempt.Class = &text, ClassLookup
		x.attempted([]event.Attempt{attempt})
	}
	return event.LookupFailed(err.Error())
}

// lookupCall builds the lookup's request and records it.
func (x *execution) lookupCall() (*outbound.Call, error) {
	l := x.lookup
	address, err := l.target.build(x.ctx)
	if err != nil {
		return nil, failed(event.StepLookup, "URL", err)
	}
	if address, err = l.target.appendQuery(address, l.query, x.ctx); err != nil {
		return nil, failed(event.StepLookup, "", err)
	}
	headers := http.Header{"Accept": {"application/json"}}
	x.common(headers)
	if err := replace(headers, l.headers, x.ctx); err != nil {
		return nil, failed(event.StepLookup, "", err)
	}
	remove(headers, l.definition.Remove)
	x.event.Lookup = &event.Lookup{Request: x.outbound(http.MethodGet, string(address), headers, nil)}
	return &outbound.Call{
		Method: http.MethodGet, URL: string(address), Header: headers, OperatorHost: !l.target.dataHost,
		Timeout: l.definition.Timeout, Retry: outbound.Retry{Attempts: 1}, MaxBody: x.env.MaxAnswer,
	}, nil
}

// lookupAnswer is the JSON of a lookup's answer, or why there is none.
func lookupAnswer(result *outbound.Result) (*value.Document, error) {
	answer := result.Response
	switch {
	case answer == nil:
		return nil, result.Err
	case answer.Status < 200 || answer.Status > 299:
		return nil, fmt.Errorf("the answer has status %d", answer.Status)
	case answer.Truncated:
		return nil, fmt.Errorf("the answer is longer than %d bytes", len(answer.Body))
	case len(answer.Body) == 0:
		return nil, errors.New("the answer is empty, not JSON")
	}
	document, err := value.NewDocument(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	return document, nil
}
