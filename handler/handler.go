// Package handler is the HTTP handler `http.handlers.krosyn`: it finds the endpoint that a request is for, checks
// who calls, has the app execute the connector and answers.
//
// It decides everything that a caller sees, and nothing of what happens to a request after it was accepted.
package handler

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/verify"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// DefaultBasePath is where connectors answer unless a handler says otherwise.
const DefaultBasePath = "/api/v1/connectors"

// Handler answers requests to the endpoints of its connectors and passes every other request on.
//
// A request must be a POST of JSON or of a form. It is answered when its event is durable, with the event's id in the
// header `X-Krosyn-Event-Id`.
type Handler struct {
	// The path below which connectors answer, each at `{base_path}/{name}/trigger`. Default: `/api/v1/connectors`.
	BasePath string `json:"base_path,omitempty"`

	// The connectors.
	Connectors []*app.Connector `json:"connector,omitempty"`

	app    *app.App
	logger *zap.Logger
	routes map[string]*route
}

// route is a connector at one of its paths, with the endpoints that answer there.
type route struct {
	connector *app.Connector
	endpoints []*verify.Endpoint
}

// CaddyModule implements caddy.Module.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.krosyn", New: func() caddy.Module { return new(Handler) }}
}

// Provision implements caddy.Provisioner. Its error joins the faults of all connectors.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	gateway, err := ctx.App("krosyn")
	if err != nil {
		return err
	}
	h.app = gateway.(*app.App)
	if h.BasePath == "" {
		h.BasePath = DefaultBasePath
	}
	h.BasePath = strings.TrimSuffix(h.BasePath, "/")
	if !strings.HasPrefix(h.BasePath, "/") || path.Clean(h.BasePath) != h.BasePath {
		return fmt.Errorf("base_path %q must be a clean path that begins with / and is more than that", h.BasePath)
	}
	h.routes = make(map[string]*route)
	var faults []error
	for _, c := range h.Connectors {
		err := h.app.Register(c, h.BasePath)
		if err == nil {
			err = h.route(c)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// route enters the paths of a connector into the table by which requests find it.
func (h *Handler) route(c *app.Connector) error {
	endpoints := c.Authenticators()
	if err := h.enter(c.Path(), c, endpoints); err != nil {
		return err
	}
	for i, e := range c.Endpoints {
		if e.Path == "" {
			continue
		}
		if err := h.enter(e.Path, c, endpoints[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) enter(at string, c *app.Connector, endpoints []*verify.Endpoint) error {
	if other, taken := h.routes[at]; taken {
		return fmt.Errorf("connector %s: path %s is taken by connector %s", c.Name, at, other.connector.Name)
	}
	h.routes[at] = &route{c, slices.Clone(endpoints)}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	found, ok := h.routes[r.URL.Path]
	if !ok {
		if h.isOurs(r.URL.Path) {
			return h.refuse(w, r, refusal{status: http.StatusNotFound, message: "Connector not found"})
		}
		return next.ServeHTTP(w, r)
	}
	logged(r, zap.String("krosyn_connector", found.connector.Name))
	in, refused := h.accept(w, r, found)
	if refused != nil {
		return h.reject(w, r, found.connector, *refused)
	}
	out, err := found.connector.Execute(r.Context(), in)
	if err != nil {
		return h.reject(w, r, found.connector, h.notExecuted(found.connector, err))
	}
	logged(r, zap.Stringer("krosyn_event", out.Event.ID))
	if found.connector.Respond == app.RespondTarget && !out.Duplicate && out.Event.Status == event.Completed {
		return h.relay(w, r, out)
	}
	return h.answer(w, r, found.connector, out)
}

// reject refuses a request, and counts it where it was turned away.
func (h *Handler) reject(w http.ResponseWriter, r *http.Request, c *app.Connector, why refusal) error {
	if why.reason != "" {
		h.app.Reject(app.Rejection{
			Connector: c.Name, Reason: why.reason, Status: why.status, Message: why.message,
			Method: r.Method, Path: r.URL.Path, RemoteIP: remoteIP(r),
		})
	}
	return h.refuse(w, r, why)
}

// notExecuted is the refusal of an accepted request for which there is no event.
func (h *Handler) notExecuted(c *app.Connector, err error) refusal {
	if errors.Is(err, app.ErrInProgress) {
		return inProgress
	}
	if early, ok := errors.AsType[*app.LimitError](err); ok {
		return refusal{
			status: http.StatusTooManyRequests, message: early.Message, reason: "rate_limit", retryAfter: early.RetryAfter,
		}
	}
	if errors.Is(err, app.ErrTooLarge) {
		return tooLarge
	}
	h.logger.Error("an event could not be kept", zap.String("connector", c.Name), zap.Error(err))
	return unavailable
}

// isOurs tells whether a path that no endpoint answers is still the gateway's to refuse: it is below the base path, and
// its connector is not one that another handler of the same base path has.
func (h *Handler) isOurs(requested string) bool {
	rest, below := strings.CutPrefix(requested, h.BasePath+"/")
	if !below {
		return false
	}
	name, _, _ := strings.Cut(rest, "/")
	if slices.ContainsFunc(h.Connectors, func(c *app.Connector) bool { return c.Name == name }) {
		return true
	}
	c, elsewhere := h.app.Connector(name)
	return !elsewhere || !strings.HasPrefix(c.Path(), h.BasePath+"/")
}

// logged adds a field to the request's line in the access log, where there is one.
func logged(r *http.Request, field zap.Field) {
	if server, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok && server.Logs == nil {
		return
	}
	if extra, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok {
		extra.Add(field)
	}
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
