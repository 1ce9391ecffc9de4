package handler

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/verify/signature"
)

// answer is the body of every answer. It never has a target's URL, an expression or a secret: those are in the event.
type answer struct {
	EventID string       `json:"event_id,omitempty"`
	Status  event.Status `json:"status,omitempty"`
	// Duplicate tells that the event is that of an earlier request with the same delivery.
	Duplicate bool   `json:"duplicate,omitempty"`
	Error     string `json:"error,omitempty"`
}

// refusal is an answer to a request that did not become an event.
type refusal struct {
	status  int
	message string
	// reason is the class of the refusal, for whoever counts them; empty is not counted.
	reason string
	// handshake is the answer to a sender that checks the address: no refusal at all, and no event either.
	handshake *signature.Answer
	// retryAfter is when the caller may come back; zero says nothing about it.
	retryAfter time.Duration
}

// unavailable answers while the store takes nothing.
var unavailable = refusal{
	status: http.StatusServiceUnavailable, message: "unavailable", reason: "overload", retryAfter: 5 * time.Second,
}

// inProgress answers a delivery whose first request is being executed.
var inProgress = refusal{status: http.StatusConflict, message: "Delivery is in progress", retryAfter: time.Second}

// failures is the status with which each kind of failed event is answered.
var failures = map[event.Code]int{
	event.CodePerformFailed:   http.StatusBadGateway,
	event.CodeCircuitOpen:     http.StatusServiceUnavailable,
	event.CodeDepthExceeded:   http.StatusLoopDetected,
	event.CodeExpressionError: http.StatusInternalServerError,
	event.CodeLookupFailed:    http.StatusBadGateway,
	event.CodeNotConfigured:   http.StatusInternalServerError,
}

// refuse answers a request of a connector that did not become an event.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, why refusal) error {
	if why.handshake != nil {
		return challenge(w, why.handshake)
	}
	return h.write(w, r, why.status, answer{Error: why.message}, why.retryAfter)
}

// challenge answers a sender that checks the address. A part of the answer repeats what the request said, so no browser
// may take it for anything else than it is declared to be.
func challenge(w http.ResponseWriter, answer *signature.Answer) error {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if answer.ContentType != "" {
		w.Header().Set("Content-Type", answer.ContentType)
	}
	w.WriteHeader(answer.Status)
	_, err := w.Write(answer.Body)
	return err
}

// answer tells the caller what came of the event.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, c *app.Connector, out *app.Result) error {
	e := out.Event
	w.Header().Set(pipeline.HeaderEventID, e.ID.String())
	body := answer{EventID: e.ID.String(), Status: e.Status, Duplicate: out.Duplicate}
	if e.Error == nil {
		status := http.StatusOK
		if c.Respond == app.RespondAsync {
			status = http.StatusAccepted
		}
		return h.write(w, r, status, body, 0)
	}
	body.Error = string(e.Error.Code)
	var retryAfter time.Duration
	if !out.RetryAt.IsZero() {
		retryAfter = max(time.Until(out.RetryAt), time.Second)
	}
	return h.write(w, r, failures[e.Error.Code], body, retryAfter)
}

// relay passes the target's answer on: its status, its content type and its body.
func (h *Handler) relay(w http.ResponseWriter, r *http.Request, out *app.Result) error {
	id := out.Event.ID.String()
	w.Header().Set(pipeline.HeaderEventID, id)
	if out.Answer.Truncated {
		// Half of an answer under its own status would pass for the whole.
		body := answer{EventID: id, Status: out.Event.Status, Error: "response_too_large"}
		return h.write(w, r, http.StatusBadGateway, body, 0)
	}
	// What a target sends must not be taken for a page of this site.
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if contentType := out.Answer.Header.Get("Content-Type"); contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	if len(out.Answer.Body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.Answer.Body)))
	}
	w.WriteHeader(out.Answer.Status)
	_, err := w.Write(out.Answer.Body)
	if errors.Is(err, http.ErrBodyNotAllowed) {
		return nil
	}
	return err
}

// write sends an answer. One that is an error goes through the site's error routes first, where it has some; what
// they do not answer is answered with JSON.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, status int, body answer, retryAfter time.Duration) error {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retryAfter.Seconds()))))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110, section 11.6.1
	}
	asJSON := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		return writeJSON(w, status, body)
	})
	server, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if status < http.StatusBadRequest || !ok || server.Errors == nil || len(server.Errors.Routes) == 0 {
		return asJSON.ServeHTTP(w, r)
	}
	failure := caddyhttp.Error(status, errors.New(body.Error))
	return errorRoutes(server.Errors.Routes, asJSON).ServeHTTP(w, server.Errors.WithError(r, failure))
}

func writeJSON(w http.ResponseWriter, status int, body answer) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, err = w.Write(text)
	return err
}
