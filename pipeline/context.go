package pipeline

import (
	"net/url"

	"github.com/krosyn/gateway/expression"
)

// Context is what expressions see of an input before anything was looked up or processed.
func (in *Input) Context(connector string, secrets map[string]string) *expression.Context {
	ctx := &expression.Context{
		Payload: in.Payload, Secrets: secrets, Connector: connector,
		Event: expression.Event{ID: in.ID.String(), ReceivedAt: in.ReceivedAt},
	}
	if r := in.Request; r != nil {
		ctx.Request = expression.Request{Method: r.Method, Path: r.Path, Headers: r.Headers, RemoteIP: r.RemoteIP}
		if r.Query != "" {
			// What cannot be parsed of a query is no parameter.
			ctx.Request.Query, _ = url.ParseQuery(r.Query)
		}
	}
	return ctx
}
