// Package app is the Caddy app `krosyn`: the configuration of the gateway, its life cycle, the connectors that are
// declared in the whole configuration, and what can be done with them (execute, retry, dry run).
//
// It is the only room that knows both the pipeline and the store. It knows nothing of HTTP handlers, the admin API
// or the Caddyfile, which call it.
package app

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule(&App{})
}

// App is the gateway: what all connectors share.
type App struct {
	// Where events are kept. Default: the embedded store, `badger`, in Caddy's data directory.
	StoreRaw json.RawMessage `json:"store,omitempty" caddy:"namespace=krosyn.stores inline_key=engine"`

	// Secrets by name. Expressions and values refer to them as `$secret.NAME`.
	Secrets map[string]Secret `json:"secret,omitempty"`

	// How many gateway executions may lead to each other before the next one is refused as a loop. Default: 5.
	MaxDepth int `json:"max_depth,omitempty"`

	// The most bytes of an inbound body; more is refused with 413. Default: 1 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// How many bytes of an outbound request's body and of an answer's body an event keeps; 0 keeps none. Default: 64 KiB.
	CaptureBody *int64 `json:"capture_body,omitempty"`

	// Headers whose values are replaced by `[REDACTED]` in events, beside those that are known to carry credentials.
	RedactHeaders []string `json:"redact_header,omitempty"`

	// Where outbound requests may go beside, or not even with, the rule for public addresses.
	Egress *Egress `json:"egress,omitempty"`
}

// CaddyModule implements caddy.Module.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "krosyn", New: func() caddy.Module { return new(App) }}
}

// Start implements caddy.App.
func (a *App) Start() error { return nil }

// Stop implements caddy.App.
func (a *App) Stop() error { return nil }
