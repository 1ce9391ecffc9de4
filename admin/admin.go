// Package admin is the admin API of the gateway, `admin.api.krosyn`: routes under /krosyn/ on Caddy's admin endpoint.
//
// Its handlers are thin: they read parameters, ask the app, and write JSON. They hold nothing, because Caddy provisions
// an admin module before the apps, keeps it after a reload that failed and never cleans it up; the app that is running
// is looked up for each request.
package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/token"
)

func init() {
	caddy.RegisterModule(new(API))
}

// API lists, explains and retries events, and shows how connectors, breakers and the store stand.
//
// Every answer is JSON; an error is `{"error": "…"}`. Caddy's admin endpoint has no authentication of its own, so keep
// it on a loopback address, or give remote admin clients access to `/krosyn/` only where they may see events.
type API struct{}

// CaddyModule implements caddy.Module.
func (*API) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.krosyn", New: func() caddy.Module { return new(API) }}
}

// Routes implements caddy.AdminRouter. The patterns have no methods: a mux that knows them would answer 405 in plain
// text.
func (*API) Routes() []caddy.AdminRoute {
	routes := []caddy.AdminRoute{}
	for pattern, methods := range table {
		routes = append(routes, caddy.AdminRoute{Pattern: pattern, Handler: methods})
	}
	for pattern, page := range standing {
		routes = append(routes, caddy.AdminRoute{Pattern: pattern, Handler: page})
	}
	return routes
}

// table is the API: patterns, methods and what answers them.
var table = map[string]methods{
	"/krosyn/":                          {},
	"/krosyn/events":                    {http.MethodGet: listEvents},
	"/krosyn/events/export":             {http.MethodGet: exportEvents},
	"/krosyn/events/stream":             {http.MethodGet: streamEvents},
	"/krosyn/events/retry":              {http.MethodPost: retryEvents},
	"/krosyn/events/{id}":               {http.MethodGet: showEvent},
	"/krosyn/events/{id}/retry":         {http.MethodPost: retryEvent},
	"/krosyn/jobs":                      {http.MethodGet: listJobs},
	"/krosyn/jobs/{id}":                 {http.MethodGet: showJob, http.MethodDelete: cancelJob},
	"/krosyn/connectors":                {http.MethodGet: listConnectors},
	"/krosyn/connectors/{name}":         {http.MethodGet: showConnector, http.MethodPatch: changeConnector},
	"/krosyn/connectors/{name}/test":    {http.MethodPost: testConnector},
	"/krosyn/connectors/{name}/compare": {http.MethodPost: compareConnector},
	"/krosyn/expressions/test":          {http.MethodPost: testExpression},
	"/krosyn/functions":                 {http.MethodGet: listFunctions},
	"/krosyn/breakers":                  {http.MethodGet: listBreakers},
	"/krosyn/breakers/reset":            {http.MethodPost: resetBreakers},
	"/krosyn/rejections":                {http.MethodGet: listRejections},
	"/krosyn/audit":                     {http.MethodGet: listAudit},
	"/krosyn/audit/export":              {http.MethodGet: exportAudit},
	"/krosyn/health":                    {http.MethodGet: showHealth},
	"/krosyn/store":                     {http.MethodGet: showStore},
	"/krosyn/store/backup":              {http.MethodGet: backupStore},

	"/krosyn/connectors/{name}/endpoints/{endpoint}/tokens":      {http.MethodGet: listTokens, http.MethodPost: createToken},
	"/krosyn/connectors/{name}/endpoints/{endpoint}/tokens/{id}": {http.MethodDelete: revokeToken},
}

// methods are the handlers of one pattern by method.
type methods map[string]func(http.ResponseWriter, *http.Request, *app.App) error

// ServeHTTP implements caddy.AdminHandler.
func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	if len(m) == 0 {
		return fail(http.StatusNotFound, fmt.Errorf("no such route: %s", r.URL.Path))
	}
	handle, ok := m[r.Method]
	if !ok {
		return notAllowed(w, r, slices.Sorted(maps.Keys(m))...)
	}
	active := caddy.ActiveContext()
	if active.Context == nil {
		// Caddy opens its admin endpoint before it loads the apps, and closes it after them.
		w.Header().Set("Retry-After", "1")
		return fail(http.StatusServiceUnavailable, errors.New("Caddy runs no configuration: it is starting or stopping"))
	}
	running, err := active.AppIfConfigured("krosyn")
	if err != nil {
		return fail(http.StatusNotFound, errors.New("the running configuration has no krosyn"))
	}
	return handle(w, r, running.(*app.App))
}

// standing are the routes that answer whether or not the running configuration has a krosyn.
var standing = map[string]page{
	"/krosyn/health/live":  showLive,
	"/krosyn/openapi.json": showDescription,
}

// page answers GET.
type page func(http.ResponseWriter, *http.Request) error

// ServeHTTP implements caddy.AdminHandler.
func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return notAllowed(w, r, http.MethodGet)
	}
	if _, err := parameters(r); err != nil {
		return err
	}
	return p(w, r)
}

func notAllowed(w http.ResponseWriter, r *http.Request, allowed ...string) error {
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	return fail(http.StatusMethodNotAllowed, fmt.Errorf("method %s is not allowed; allowed: %s", r.Method, list))
}

// messages are the errors of the app that have a fixed wording for callers, with their status.
var messages = []struct {
	err     error
	status  int
	message string
}{
	{store.ErrNotFound, http.StatusNotFound, "Event not found"},
	{app.ErrNotFailed, http.StatusConflict, "Only failed events can be retried"},
	{app.ErrNoPayload, http.StatusConflict, "Event has no stored payload"},
	{app.ErrConnectorGone, http.StatusConflict, "Connector no longer exists"},
	{app.ErrExecuted, http.StatusConflict, "Delivery was executed for another event"},
	{app.ErrInProgress, http.StatusConflict, "Delivery is in progress"},
	{app.ErrUnknownConnector, http.StatusNotFound, "Connector not found"},
	{app.ErrUnknownEndpoint, http.StatusNotFound, "Endpoint not found"},
	{token.ErrUnknown, http.StatusNotFound, "Token not found"},
	{token.ErrRevoked, http.StatusConflict, "The token to replace is revoked"},
	{bulk.ErrUnknown, http.StatusNotFound, "Job not found"},
	{app.ErrDisabledByConfiguration, http.StatusConflict,
		"The configuration disables the connector: remove `disabled` there"},
	{store.ErrClosed, http.StatusServiceUnavailable, "The store is closed"},
}

// failed answers an error of the app.
func failed(err error) error {
	for _, m := range messages {
		if errors.Is(err, m.err) {
			return caddy.APIError{HTTPStatus: m.status, Err: err, Message: m.message}
		}
	}
	if errors.Is(err, store.ErrUnavailable) {
		return fail(http.StatusServiceUnavailable, err)
	}
	return fail(http.StatusInternalServerError, err)
}

func fail(status int, err error) error {
	return caddy.APIError{HTTPStatus: status, Err: err}
}

// badRequest is a fault of the caller; its text names the parameter or field and what is allowed.
func badRequest(format string, args ...any) error {
	return fail(http.StatusBadRequest, fmt.Errorf(format, args...))
}

// write answers with JSON.
func write(w http.ResponseWriter, status int, body any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return fail(http.StatusInternalServerError, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(text.Bytes())
	return err
}

var _ caddy.AdminRouter = (*API)(nil)
