package app

import (
	"net/http"

	"github.com/krosyn/gateway/event"
)

// ballast is what an event can do without, in the order in which it is thrown overboard when the event is more than the
// store takes: first what can be computed again, the payload after it, since without it the event cannot be retried,
// and at last all but the outcome. Each function removes one thing, and tells whether it was there.
var ballast = []func(*event.Event) bool{
	withoutProcessed, withoutLookupBody, withoutExplanation, withoutOutboundBody, withoutResponseBody, withoutInbound,
	outcomeOnly,
}

// lighten removes the next thing that an event can do without, and tells whether there was one.
func lighten(e *event.Event) bool {
	for _, remove := range ballast {
		if remove(e) {
			return true
		}
	}
	return false
}

func withoutProcessed(e *event.Event) bool {
	there := len(e.Processed) > 0
	e.Processed = nil
	return there
}

func withoutLookupBody(e *event.Event) bool { return e.Lookup != nil && withoutBody(e.Lookup.Response) }

func withoutExplanation(e *event.Event) bool {
	if e.Trigger == nil || len(e.Trigger.Explain) == 0 {
		return false
	}
	e.Trigger.Explain = nil
	return true
}

func withoutOutboundBody(e *event.Event) bool {
	if e.Outbound == nil || len(e.Outbound.Body) == 0 {
		return false
	}
	e.Outbound.Body, e.Outbound.Encoding, e.Outbound.Truncated = nil, "", true
	return true
}

func withoutResponseBody(e *event.Event) bool { return withoutBody(e.Response) }

func withoutBody(r *event.Response) bool {
	if r == nil || len(r.Body) == 0 {
		return false
	}
	r.Body, r.Encoding, r.Truncated = nil, "", true
	return true
}

// withoutInbound removes the payload, and with it the text that it was read from.
func withoutInbound(e *event.Event) bool {
	there := len(e.Payload) > 0
	e.Payload = nil
	if e.Request != nil && e.Request.Body != "" {
		request := *e.Request
		request.Body, there = "", true
		e.Request = &request
	}
	return there
}

// outcomeOnly removes the steps with their URLs and headers, which can be made of data as well.
func outcomeOnly(e *event.Event) bool {
	if e.Request == nil && e.Trigger == nil && e.Lookup == nil && e.Outbound == nil {
		return false
	}
	e.Request, e.Trigger, e.Lookup, e.Outbound = nil, nil, nil, nil
	if e.Response != nil {
		e.Response.Headers = http.Header{}
	}
	if e.Error != nil {
		short := *e.Error
		short.Detail = ""
		e.Error = &short
	}
	return true
}
