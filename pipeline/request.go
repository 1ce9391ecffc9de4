package pipeline

import (
	"net/http"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
)

// build makes the outbound request and records it as it will be sent.
func (x *execution) build() (*outbound.Call, error) {
	p := x.perform
	if p == nil {
		return nil, event.NotConfigured()
	}
	address, err := p.target.build(&x.ctx)
	if err != nil {
		return nil, failed(event.StepPerform, "URL", err)
	}
	body, contentType, err := x.body()
	if err != nil {
		return nil, failed(event.StepPerform, "", err)
	}
	headers := make(http.Header, len(p.headers)+4)
	if contentType != "" {
		headers["Content-Type"] = []string{contentType}
	}
	headers[HeaderIdempotencyKey] = []string{x.ctx.Event.ID}
	x.common(headers)
	if err := replace(headers, p.headers, &x.ctx); err != nil {
		return nil, failed(event.StepPerform, "", err)
	}
	x.event.Outbound = x.outbound(p.definition.Method, string(address), headers, body)
	return &outbound.Call{
		Method: p.definition.Method, URL: string(address), Header: headers, Body: body,
		OperatorHost: !p.target.dataHost,
		Timeout:      p.definition.Timeout, Deadline: p.definition.Deadline,
		Retry: p.definition.Retry, Breaker: p.breaker, MaxBody: x.readLimit(),
	}, nil
}

// body is what is sent: the fields, the body value, or the payload as it was received.
func (x *execution) body() (body []byte, contentType string, err error) {
	const jsonType = "application/json"
	switch {
	case x.perform.fields != nil:
		body, err = x.perform.fields.appendJSON(make([]byte, 0, 512), &x.ctx)
		return body, jsonType, err
	case x.perform.body != nil:
		body, err = x.perform.body.AppendJSON(make([]byte, 0, 512), &x.ctx)
		return body, jsonType, err
	case x.in.ContentType == "" && len(x.in.Body) > 0:
		return x.in.Body, jsonType, nil
	}
	return x.in.Body, x.in.ContentType, nil
}

// outbound is a request as the event keeps it.
func (x *execution) outbound(method, url string, headers http.Header, body []byte) *event.Outbound {
	kept, truncated := clip(body, x.env.CaptureBody)
	o := &event.Outbound{Method: method, URL: url, Headers: headers, Truncated: truncated}
	o.Body, o.Encoding = event.Capture(kept, truncated)
	return o
}

// readLimit is how much of the answer is worth reading: what the event keeps or, where the caller gets it, all that
// the gateway is ready to hold.
func (x *execution) readLimit() int64 {
	if x.relay {
		return max(x.env.MaxAnswer, x.env.CaptureBody)
	}
	return x.env.CaptureBody
}
