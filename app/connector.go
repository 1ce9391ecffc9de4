package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/token"
	"github.com/krosyn/gateway/verify"
)

// Connector turns requests to its endpoints into an outbound request, in three steps: `trigger` decides, `process`
// looks data up and sets fields, `perform` sends.
type Connector struct {
	// The name, part of the connector's path and of every event: lower-case letters, digits, `_` and `-`, beginning
	// with a letter or digit, 255 of them at most. Unique in the whole configuration.
	Name string `json:"name"`

	// What the connector is for.
	Description string `json:"description,omitempty"`

	// Whether requests are refused with 403. Events of a disabled connector can still be read and retried.
	Disabled bool `json:"disabled,omitempty"`

	// An example payload: JSON, or `file:` and a path. Used by the test routes where no payload is given.
	Example string `json:"example,omitempty"`

	// What a check must find when it runs the connector on its example.
	Expect []Expectation `json:"expect,omitempty"`

	// The endpoints, each with its own credentials. The credentials that a request presents select the endpoint.
	Endpoints []*Endpoint `json:"endpoint,omitempty"`

	// Has a delivery that is sent again executed once.
	Deduplicate *Deduplicate `json:"deduplicate,omitempty"`

	// How many requests are accepted in a period.
	RateLimit *RateLimit `json:"rate_limit,omitempty"`

	// How many executions run at the same time.
	Concurrency *Concurrency `json:"concurrency,omitempty"`

	// An expression. When it is false the event is skipped and nothing is sent. Default: always true.
	Trigger string `json:"trigger,omitempty"`

	// Data to look up and fields to set before the request is built.
	Process *Process `json:"process,omitempty"`

	// The outbound request. Without it every event fails with "Perform API URL is not configured".
	Perform *Perform `json:"perform,omitempty"`

	// What the caller is answered: `sync` (the event's id and status, when it is finished), `async` (202 with the event's
	// id as soon as it is durable; it is executed afterwards, and again until the target takes it) or `target` (the
	// status, body and content type of the target's answer). Default: `sync`.
	Respond string `json:"respond,omitempty"`

	// `respond async`: the pauses after which an event that did not get through is executed again, each with one attempt,
	// after the attempts of `retry`; an empty list is never. A Retry-After of the target makes a pause longer. After the
	// last one the event has failed. Default: 5s 5m 30m 2h 5h 10h 10h.
	Redeliver []caddy.Duration `json:"redeliver,omitzero"`

	// What happens when the caller leaves before the answer: `finish` the execution, or `cancel` it, so that the event
	// fails. Default: `finish`.
	OnDisconnect string `json:"on_disconnect,omitempty"`

	// Whether events keep the payload. Without it they cannot be retried. Default: true.
	StorePayload *bool `json:"store_payload,omitempty"`

	app *App
	// off is set while the admin API has the connector disabled.
	off         *atomic.Bool
	basePath    string
	hash        string
	example     json.RawMessage
	endpoints   []*verify.Endpoint
	credentials map[string]bool
	pipeline    *pipeline.Connector
	declared    json.RawMessage
	deliveries  *deliveries
	rate        *rateLimit
	concurrency *concurrency
	// redeliveries are the pauses of Redeliver.
	redeliveries []time.Duration
}

// Register provisions a connector that answers below basePath and makes it known to the whole gateway. The error joins
// every fault of the connector.
//
// A site that listens on several addresses has its handlers, and so its connectors, once for each: the same definition
// may be registered again, another one of the same name may not.
func (a *App) Register(c *Connector, basePath string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.provisioned = append(a.provisioned, c)
	if err := c.provision(a, basePath); err != nil {
		return fmt.Errorf("connector %s: %w", c.Name, err)
	}
	if other, taken := a.connectors[c.Name]; taken {
		if other.hash != c.hash || other.basePath != basePath {
			return fmt.Errorf("connector %s is declared twice with different definitions; names are unique in the whole configuration",
				c.Name)
		}
		return nil
	}
	a.connectors[c.Name] = c
	return nil
}

var connectorName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func (c *Connector) provision(a *App, basePath string) error {
	c.app, c.basePath = a, basePath
	c.off = a.runtime.switches.of(c.Name)
	declared, err := json.Marshal(c)
	if err != nil {
		return err
	}
	// Loading the modules of the definition takes their configuration out of it.
	c.declared = declared
	if c.hash, err = c.digest(); err != nil {
		return err
	}
	var faults []error
	if !connectorName.MatchString(c.Name) {
		faults = append(faults, errors.New("a name is lower-case letters, digits, _ and -, and begins with a letter or digit"))
	}
	if len(c.Name) > store.MaxConnector {
		faults = append(faults, fmt.Errorf("a name has %d characters at most, and this one has %d", store.MaxConnector, len(c.Name)))
	}
	if c.Respond != "" && !slices.Contains(Responds, c.Respond) {
		faults = append(faults, fmt.Errorf("respond %q: allowed are %s", c.Respond, strings.Join(Responds, ", ")))
	}
	faults = append(faults, c.provisionRedeliver()...)
	if c.example, err = readExample(c.Example); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, c.provisionExpectations()...)
	faults = append(faults, c.provisionEndpoints()...)
	if err := c.provisionDeduplicate(); err != nil {
		faults = append(faults, fmt.Errorf("deduplicate: %w", err))
	}
	faults = append(faults, c.provisionLimits()...)
	faults = append(faults, c.compile()...)
	faults = append(faults, c.compareExample()...)
	if c.Perform == nil {
		a.logger.Warn("the connector has no perform, so its events fail as not configured", zap.String("connector", c.Name))
	}
	return errors.Join(faults...)
}

// digest is the hash of what executions depend on: not of expectations, which say where they stand in a file.
func (c *Connector) digest() (string, error) {
	executed := *c
	executed.Expect = nil
	definition, err := json.Marshal(&executed)
	digest := sha256.Sum256(definition)
	return hex.EncodeToString(digest[:8]), err
}

// provisionEndpoints checks the endpoints and gives them to the verifier, in their order.
func (c *Connector) provisionEndpoints() (faults []error) {
	if len(c.Endpoints) == 0 {
		faults = append(faults, errNoCredentials)
	}
	names := make(map[string]bool)
	c.credentials = map[string]bool{"Authorization": true, "X-Secret-Token": true}
	for _, e := range c.Endpoints {
		name := e.name()
		checked, errs := e.provision(c.app.ctx, c.app.logger.With(zap.String("connector", c.Name)))
		if names[name] {
			errs = append(errs, errors.New("the name is declared twice in the connector"))
		}
		names[name] = true
		if e.takesTokens() {
			checked.Issued = c.app.runtime.tokens.Of(token.Endpoint{Connector: c.Name, Name: name})
		}
		for _, err := range errs {
			faults = append(faults, fmt.Errorf("endpoint %s: %w", name, err))
		}
		c.endpoints = append(c.endpoints, checked)
		for _, h := range checked.SecretHeaders {
			c.credentials[h.Name] = true
		}
		if checked.Signature != nil {
			for _, name := range checked.Signature.Traits().Headers {
				c.credentials[textproto.CanonicalMIMEHeaderKey(name)] = true
			}
		}
	}
	return faults
}

// compile makes the pipeline.
func (c *Connector) compile() []error {
	definition, faults := c.definition()
	if len(faults) > 0 {
		return faults
	}
	var err error
	if c.pipeline, err = pipeline.Compile(definition, c.app.environment); err != nil {
		return []error{err}
	}
	return nil
}

func (c *Connector) close() {
	if c.pipeline != nil {
		c.pipeline.Close()
	}
}

// compareExample warns of references to fields that the example payload does not have.
func (c *Connector) compareExample() []error {
	if len(c.example) == 0 || c.pipeline == nil {
		return nil
	}
	example, err := value.NewDocument(c.example)
	if err != nil {
		return []error{fmt.Errorf("example: %w", err)}
	}
	for _, warning := range c.pipeline.Missing(example) {
		c.app.logger.Warn("a reference to a field that the example lacks",
			zap.String("connector", c.Name), zap.String("where", warning))
	}
	return nil
}

// The values of Connector.Respond.
const (
	RespondSync   = "sync"
	RespondAsync  = "async"
	RespondTarget = "target"
)

// Responds are the values of Connector.Respond.
var Responds = []string{RespondSync, RespondAsync, RespondTarget}

// The values of Connector.OnDisconnect.
const (
	OnDisconnectFinish = "finish"
	OnDisconnectCancel = "cancel"
)

// Authenticators are the connector's endpoints as the verifier knows them, in the order of their declaration.
func (c *Connector) Authenticators() []*verify.Endpoint { return c.endpoints }

// IsCredential tells whether the header of this canonical name may hold a credential of the connector.
func (c *Connector) IsCredential(header string) bool { return c.credentials[header] }

// Hash is a digest of the definition; events keep it as `config`.
func (c *Connector) Hash() string { return c.hash }

// Connector is the connector of this name.
func (a *App) Connector(name string) (*Connector, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	c, ok := a.connectors[name]
	return c, ok
}

// Connectors are all connectors, by name.
func (a *App) Connectors() []*Connector {
	a.mu.RLock()
	defer a.mu.RUnlock()
	list := make([]*Connector, 0, len(a.connectors))
	for _, c := range a.connectors {
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y *Connector) int { return strings.Compare(x.Name, y.Name) })
	return list
}

// Path is where all endpoints of the connector answer.
func (c *Connector) Path() string { return c.basePath + "/" + c.Name + "/trigger" }
