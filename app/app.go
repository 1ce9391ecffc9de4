// Package app is the Caddy app `krosyn`: the configuration of the gateway, its life cycle, the connectors that are
// declared in the whole configuration, and what can be done with them (execute, retry, dry run).
//
// It is the only room that knows both the pipeline and the store. It knows nothing of HTTP handlers, the admin API
// or the Caddyfile, which call it.
package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

func init() {
	caddy.RegisterModule(new(App))
}

// App is the gateway: what all connectors share.
//
// Its store and its breakers outlive a reload of the configuration; everything else is made anew by each.
type App struct {
	// Where events are kept. Default: the embedded store, `badger`, in Caddy's data directory.
	StoreRaw json.RawMessage `json:"store,omitempty" caddy:"namespace=krosyn.stores inline_key=engine"`

	// Secrets by name. Expressions and values refer to them as `$secret.NAME`.
	Secrets map[string]Secret `json:"secret,omitempty"`

	// How many gateway executions may lead to each other before the next one is refused as a loop. Default: 5.
	MaxDepth int `json:"max_depth,omitempty"`

	// The most bytes of an inbound body; more is refused with 413. It bounds an answer that is looked up or passed on to
	// the caller as well. Default: 1 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// How many bytes of an outbound request's body and of an answer's body an event keeps; 0 keeps none. Default: 64 KiB.
	CaptureBody *int64 `json:"capture_body,omitempty"`

	// Headers whose values are replaced by `[REDACTED]` in events, beside those that are known to carry credentials.
	RedactHeaders []string `json:"redact_header,omitempty"`

	// How many asynchronous executions are under way at the same time, of all connectors together. Default: 64.
	Workers int `json:"workers,omitempty"`

	// How many asynchronous events can be pending; more are refused with 503. Default: 100000.
	QueueLimit int `json:"queue_limit,omitempty"`

	// Who is told of failures, breakers, tokens that expire and a store that is nearly full.
	Notify []Notify `json:"notify,omitempty"`

	// Where outbound requests may go beside, or not even with, the rule for public addresses.
	Egress *Egress `json:"egress,omitempty"`

	ctx         caddy.Context
	logger      *zap.Logger
	environment *pipeline.Environment
	runtime     *runtime
	events      *caddyevents.App
	// running tells that Caddy has started the whole configuration.
	running  atomic.Bool
	release  func() error
	redactor func() *event.Redactor

	mu         sync.RWMutex
	connectors map[string]*Connector
	// provisioned has also the connectors that turned out to be declared twice.
	provisioned []*Connector
}

// The defaults of what a configuration does not say.
const (
	defaultMaxDepth    = 5
	defaultMaxBody     = 1 << 20
	defaultCaptureBody = 64 << 10
)

// CaddyModule implements caddy.Module.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "krosyn", New: func() caddy.Module { return new(App) }}
}

// Provision implements caddy.Provisioner. It opens nothing, so that a configuration can be validated beside a running
// gateway: the store is opened by Start, or by the first request if that comes earlier.
func (a *App) Provision(ctx caddy.Context) error {
	a.ctx, a.logger = ctx, ctx.Logger()
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	a.connectors = make(map[string]*Connector)
	a.redactor = sync.OnceValue(a.newRedactor)
	opener, err := a.loadStore(ctx)
	if err != nil {
		return err
	}
	if a.runtime, a.release, err = acquire(opener, a.logger); err != nil {
		return err
	}
	if err := a.provisionEvents(ctx); err != nil {
		return err
	}
	a.environment, err = a.newEnvironment()
	return err
}

// loadStore loads the store module, the embedded one unless another is configured.
func (a *App) loadStore(ctx caddy.Context) (store.Opener, error) {
	var (
		module any
		err    error
	)
	if a.StoreRaw != nil {
		module, err = ctx.LoadModule(a, "StoreRaw")
	} else {
		module, err = ctx.LoadModuleByID("krosyn.stores.badger", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("loading the store: %w", err)
	}
	opener, ok := module.(store.Opener)
	if !ok {
		return nil, fmt.Errorf("module %T is no store of events", module)
	}
	return opener, nil
}

// newEnvironment makes what the pipelines share, and reports every fault of it.
func (a *App) newEnvironment() (*pipeline.Environment, error) {
	var faults []error
	if a.MaxDepth < 0 || a.MaxBody < 0 {
		faults = append(faults, errors.New("max_depth and max_body cannot be negative"))
	}
	if a.CaptureBody != nil && *a.CaptureBody < 0 {
		faults = append(faults, errors.New("capture_body cannot be negative"))
	}
	faults = append(faults, a.provisionQueue()...)
	faults = append(faults, a.provisionNotify()...)
	egress := Egress{}
	if a.Egress != nil {
		egress = *a.Egress
	}
	guard, err := outbound.NewGuard(egress.Allow, egress.Deny)
	if err != nil {
		faults = append(faults, fmt.Errorf("egress: %w", err))
	}
	secrets := make(map[string]string, len(a.Secrets))
	for _, name := range slices.Sorted(maps.Keys(a.Secrets)) {
		if !validSecretName(name) {
			faults = append(faults, fmt.Errorf("secret %q: a name is letters, digits and _, not beginning with a digit", name))
		}
		value, err := resolve(a.Secrets[name].Value)
		if err != nil {
			faults = append(faults, fmt.Errorf("secret %s: %w", name, err))
		}
		warnLiteral(a.logger, "secret "+name, a.Secrets[name].Value)
		secrets[name] = value
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	env := &pipeline.Environment{
		Secrets: secrets, Guard: guard, Client: outbound.NewClient(guard), Breakers: a.runtime.breakers,
		MaxDepth: orDefault(a.MaxDepth, defaultMaxDepth), MaxAnswer: a.maxBody(), CaptureBody: defaultCaptureBody,
	}
	if a.CaptureBody != nil {
		env.CaptureBody = *a.CaptureBody
	}
	return env, nil
}

// Start implements caddy.App.
func (a *App) Start() error {
	for _, name := range a.redactor().Short() {
		a.logger.Warn("a secret shorter than 8 characters is not found by its value, so events may show it",
			zap.String("secret", name))
	}
	if err := a.meetServers(); err != nil {
		return err
	}
	if _, err := a.runtime.open(); err != nil {
		return err
	}
	if err := errors.Join(a.checkQueue(), a.checkNotify()); err != nil {
		return err
	}
	return a.startTokens()
}

// Stop implements caddy.App. Requests are drained by the HTTP server; the store is closed by Cleanup, when the last
// configuration that uses it has gone. Asynchronous executions end here, unless another configuration has taken over.
func (a *App) Stop() error {
	if a.runtime.current.CompareAndSwap(a, nil) {
		a.runtime.queue.stop()
	}
	return nil
}

// Cleanup implements caddy.CleanerUpper.
func (a *App) Cleanup() error {
	if a.runtime != nil {
		a.runtime.current.CompareAndSwap(a, nil)
	}
	for _, c := range a.provisioned {
		c.close()
	}
	if a.environment != nil {
		a.environment.Client.Close()
	}
	if a.release == nil {
		return nil
	}
	return a.release()
}

// compiler is the compiler of expressions, which knows the declared secrets.
func (a *App) compiler() *expression.Compiler {
	return expression.NewCompiler(slices.Collect(maps.Keys(a.Secrets)))
}

// Store is the store of events, opened if it was not yet.
func (a *App) Store() (store.Store, error) { return a.runtime.open() }

// Breakers are the circuit breakers of all connectors.
func (a *App) Breakers() *outbound.Breakers { return a.runtime.breakers }

// MaxInbound is how many bytes an inbound body may have.
func (a *App) MaxInbound() int64 { return a.maxBody() }

func (a *App) maxBody() int64 { return orDefault(a.MaxBody, defaultMaxBody) }

func orDefault[T int | int64 | caddy.Duration](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
