package handler

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/verify"
)

// accept makes the input of an execution from a request, or says why the request is refused. The order of the checks
// is part of the contract: method, size, credentials (presented, matching, not expired), origin, disabled, format.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request, at *route) (*pipeline.Input, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &refusal{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	}
	endpoint, rejected := verify.Authenticate(at.endpoints, r.Header, time.Now())
	if rejected == nil {
		rejected = endpoint.CheckOrigin(r.Header)
	}
	// Size comes first in the contract, yet the body of a stranger is only counted, never held.
	body, refused := readBody(w, r, h.app.MaxInbound(), rejected == nil)
	switch {
	case refused != nil:
		return nil, refused
	case rejected != nil:
		return nil, &refusal{status: rejected.Status, message: rejected.Message}
	case at.connector.Disabled:
		return nil, &refusal{status: http.StatusForbidden, message: "Connector is disabled"}
	}
	content, refused := decode(r.Header, body)
	if refused != nil {
		return nil, refused
	}
	return &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: endpoint.Name, Depth: depth(r.Header),
		Request: recorded(r, at.connector, content), Payload: content.payload,
		Body: body, ContentType: r.Header.Get("Content-Type"),
	}, nil
}

// recorded is the request as the event keeps it and expressions see it: without credentials.
func recorded(r *http.Request, c *app.Connector, content content) *event.Request {
	headers := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		if !c.IsCredential(name) {
			headers[name] = values
		}
	}
	return &event.Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, RemoteIP: remoteIP(r), Headers: headers,
		Body: content.raw,
	}
}

// remoteIP is the client's address; where the server trusts proxies, the one that they vouch for.
func remoteIP(r *http.Request) string {
	if ip, ok := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string); ok && ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// depth is how many executions led to the request. Whoever leaves the header out or garbles it starts a chain of his
// own, which he could do anyway.
func depth(header http.Header) int {
	n, err := strconv.Atoi(header.Get(pipeline.HeaderDepth))
	if err != nil {
		return 0
	}
	return max(n, 0)
}
