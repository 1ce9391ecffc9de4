package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
)

// Overview is a connector as the admin API shows it.
type Overview struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled"`
	// DisabledBy is `configuration` or `admin`.
	DisabledBy string `json:"disabled_by,omitempty"`
	// Config is the hash that the connector's events have now.
	Config    string             `json:"config"`
	Endpoints []EndpointOverview `json:"endpoints"`
	// Breaker is the state of the connector's breaker; null where it has none.
	Breaker *outbound.BreakerState `json:"breaker"`
	// Events counts the stored events by status.
	Events map[event.Status]int64 `json:"events"`
	// Definition is the connector as configured, placeholders and all; credentials written out in it are masked.
	// Only the overview of one connector has it.
	Definition json.RawMessage `json:"definition,omitempty"`
}

// EndpointOverview is an endpoint of an Overview. It says which credentials there are, and none of them.
type EndpointOverview struct {
	Name          string     `json:"name"`
	Paths         []string   `json:"paths"`
	BearerTokens  int        `json:"bearer_tokens"`
	SecretTokens  int        `json:"secret_tokens"`
	SecretHeaders []string   `json:"secret_headers"`
	Auth          string     `json:"auth,omitempty"`
	ExpiresAt     *time.Time `json:"expires_at"`
	AllowOrigins  []string   `json:"allow_origins"`
}

// Overview describes the connector and how it stands.
func (c *Connector) Overview(ctx context.Context) (*Overview, error) {
	events, err := c.app.Store()
	if err != nil {
		return nil, err
	}
	counts, err := events.Count(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	o := &Overview{
		Name: c.Name, Description: c.Description, Disabled: c.IsDisabled(), DisabledBy: c.disabledBy(), Config: c.hash, Events: counts,
		Breaker: c.breakerState(),
	}
	for i, e := range c.Endpoints {
		o.Endpoints = append(o.Endpoints, c.endpointOverview(i, e))
	}
	return o, nil
}

// Detail is the overview with the definition.
func (c *Connector) Detail(ctx context.Context) (*Overview, error) {
	o, err := c.Overview(ctx)
	if err != nil {
		return nil, err
	}
	o.Definition = c.app.redactor().JSON(c.declared)
	return o, nil
}

func (c *Connector) endpointOverview(i int, e *Endpoint) EndpointOverview {
	o := EndpointOverview{
		Name: e.name(), Paths: []string{c.Path()}, BearerTokens: len(e.BearerTokens), SecretTokens: len(e.SecretTokens),
		SecretHeaders: []string{}, Auth: e.Auth, AllowOrigins: append([]string{}, e.AllowOrigins...),
	}
	if e.Path != "" {
		o.Paths = append(o.Paths, e.Path)
	}
	for _, h := range e.SecretHeaders {
		o.SecretHeaders = append(o.SecretHeaders, h.Header)
	}
	if expires := c.endpoints[i].Expires; !expires.IsZero() {
		o.ExpiresAt = &expires
	}
	return o
}

// breakerState is the state of the connector's breaker, found by the URL that it is for.
func (c *Connector) breakerState() *outbound.BreakerState {
	for _, state := range c.app.Breakers().List() {
		if state.Connector == c.Name {
			return &state
		}
	}
	return nil
}
