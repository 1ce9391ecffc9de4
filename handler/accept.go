package handler

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/handler/content"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/verify"
	"github.com/krosyn/gateway/verify/signature"
)

// accept makes the input of an execution from a request, or says why the request is refused. The order of the checks
// is part of the contract: method, size, credentials (presented, matching, not expired), origin, signature, disabled,
// format.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request, at *route) (*pipeline.Input, *refusal) {
	if answer := at.handshake(r, nil); answer != nil {
		return nil, answer
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &refusal{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	}
	if err := h.app.LoadState(r.Context()); err != nil {
		return nil, &unavailable
	}
	admission := verify.Begin(at.endpoints, r.Header, time.Now())
	// Size comes first in the contract, yet the body of a stranger is only counted, never held.
	limit := h.app.MaxInbound()
	body, refused := readBody(w, r, limit, admission.WantsBody(), patienceFor(limit))
	if refused != nil {
		return nil, refused
	}
	endpoint, delivery, rejected := admission.Finish(signedRequest(r, body))
	switch {
	case rejected != nil:
		// Some senders check the address with a request that has a body and no signature.
		if answer := at.handshake(r, body); answer != nil {
			return nil, answer
		}
		return nil, &refusal{status: rejected.Status, message: rejected.Message, reason: rejected.Reason}
	case at.connector.IsDisabled():
		return nil, &refusal{status: http.StatusForbidden, message: "Connector is disabled", reason: "disabled"}
	}
	if endpoint.Signature != nil {
		if answer := at.handshake(r, body, endpoint); answer != nil {
			return nil, answer
		}
	}
	decoded, no := content.Decode(r.Header, body, limit)
	if no != nil {
		return nil, &refusal{status: no.Status, message: no.Message, reason: "body"}
	}
	return &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: endpoint.Name, Depth: depth(r.Header), Delivery: delivery.ID,
		Request: recorded(r, at.connector, decoded), Payload: decoded.Payload,
		Body: decoded.Body, ContentType: r.Header.Get("Content-Type"),
	}, nil
}

// signedRequest is the request as its sender knew it: before this server may have rewritten its path.
func signedRequest(r *http.Request, body []byte) *signature.Request {
	sent := r
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		sent = &original
	}
	request := signature.NewRequest(sent, body)
	request.Header = r.Header
	return request
}

// handshake answers a request by which a sender checks the address. Without a verified endpoint it asks those of all
// endpoints, which then know that nothing was verified.
func (at *route) handshake(r *http.Request, body []byte, verified ...*verify.Endpoint) *refusal {
	if at.connector.IsDisabled() {
		return nil
	}
	endpoints := verified
	if len(verified) == 0 {
		endpoints = at.endpoints
	}
	for _, e := range endpoints {
		for _, handshake := range e.Handshakes {
			if answer, ok := handshake.Answer(signedRequest(r, body), len(verified) > 0, time.Now()); ok {
				return &refusal{status: answer.Status, handshake: answer}
			}
		}
	}
	return nil
}

// recorded is the request as the event keeps it and expressions see it: without credentials.
func recorded(r *http.Request, c *app.Connector, decoded content.Content) *event.Request {
	headers := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		if !c.IsCredential(name) {
			headers[name] = values
		}
	}
	kept := &event.Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, RemoteIP: remoteIP(r), Headers: headers,
	}
	if decoded.Form {
		kept.Body = string(decoded.Body)
	}
	return kept
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
