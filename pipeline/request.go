package pipeline

import (
	"bytes"
	"maps"
	"net/http"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
)

// build makes the outbound request and records it as it will be sent.
func (x *execution) build() (*outbound.Call, error) {
	p := x.perform
	if p == nil {
		return nil, event.NotConfigured()
	}
	address, err := p.target.build(x.ctx)
	if err != nil {
		return nil, failed(event.StepPerform, "URL", err)
	}
	if address, err = p.target.appendQuery(address, p.query, x.ctx); err != nil {
		return nil, failed(event.StepPerform, "", err)
	}
	headers := make(http.Header, len(p.headers)+6)
	headers[HeaderIdempotencyKey] = x.common(headers)
	body, err := x.body(headers)
	if err != nil {
		return nil, failed(event.StepPerform, "", err)
	}
	if err := replace(headers, p.headers, x.ctx); err != nil {
		return nil, failed(event.StepPerform, "", err)
	}
	remove(headers, p.definition.Remove)
	call := &outbound.Call{
		Method: p.definition.Method, URL: string(address), Header: headers, Body: body,
		OperatorHost: !p.target.dataHost,
		Timeout:      p.definition.Timeout, Deadline: p.definition.Deadline,
		Retry: x.retry(), Breaker: p.breaker, MaxBody: x.readLimit(),
		Redirects: p.definition.Redirects, Tokens: p.tokens,
	}
	x.event.Outbound = x.outbound(call.Method, call.URL, x.authenticate(call), body)
	return call, nil
}

// retry is how the call is repeated at once: a redelivery is a single attempt, and a first execution that goes on has
// those that are left, at least one. An interrupted attempt is made again.
func (x *execution) retry() outbound.Retry {
	retry := x.perform.definition.Retry
	if x.in.Redelivery > 0 {
		retry.Attempts = 1
		return retry
	}
	for _, attempt := range x.in.Earlier {
		if attempt.Class != event.ClassInterrupted {
			retry.Attempts--
		}
	}
	retry.Attempts = max(retry.Attempts, 1)
	return retry
}

// authenticate has the call prove who sends it, and gives its headers as the event keeps them.
func (x *execution) authenticate(call *outbound.Call) http.Header {
	p := x.perform
	if len(p.hidden) == 0 {
		return call.Header
	}
	recorded := maps.Clone(call.Header)
	for _, name := range p.hidden {
		recorded[name] = sending
	}
	if p.authorization != "" {
		call.Header["Authorization"] = []string{p.authorization}
	}
	if p.sign != nil {
		call.Sign = func(header http.Header, now time.Time) {
			p.sign.sign(header, &delivery{id: x.ctx.Event.ID, body: call.Body, at: now})
		}
	}
	return recorded
}

// body is what is sent: what the connector builds, or the payload as it was received.
func (x *execution) body(headers http.Header) ([]byte, error) {
	if b := x.perform.body; b != nil {
		headers["Content-Type"] = b.contentType
		return b.append(make([]byte, 0, 512), x.ctx)
	}
	switch {
	case x.in.ContentType != "":
		headers["Content-Type"] = []string{x.in.ContentType}
	case len(x.in.Body) > 0:
		headers["Content-Type"] = jsonType
	}
	return x.in.Body, nil
}

// outbound is a request as the event keeps it.
func (x *execution) outbound(method, url string, headers http.Header, body []byte) *event.Outbound {
	kept, truncated := clip(body, x.env.CaptureBody)
	o := &event.Outbound{Method: method, URL: url, Headers: headers, Truncated: truncated}
	if !truncated && x.isFlatJSON(body) {
		o.Body = body
		return o
	}
	o.Body, o.Encoding = event.Capture(kept, truncated)
	return o
}

// isFlatJSON tells whether a body is known to be JSON that an event can keep as it is, without a look at all of it:
// it was made here, or it is the payload, and it has too few brackets to be nested too deep.
func (x *execution) isFlatJSON(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	b, raw := x.perform.body, x.in.Payload.Raw()
	isPayload := b == nil && len(raw) == len(body) && &raw[0] == &body[0]
	if !isPayload && (b == nil || !b.isJSON) {
		return false
	}
	const fewBrackets = 500
	return bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("[")) <= fewBrackets
}

// readLimit is how much of the answer is worth reading: what the event keeps or, where the caller gets it or success
// looks at it, all that the gateway is ready to hold.
func (x *execution) readLimit() int64 {
	if x.relay || x.perform.success != nil {
		return max(x.env.MaxAnswer, x.env.CaptureBody)
	}
	return x.env.CaptureBody
}
