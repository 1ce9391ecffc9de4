package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/krosyn/gateway/token"
)

// Why an endpoint has no tokens to make, list or revoke.
var (
	ErrUnknownConnector = errors.New("connector not found")
	ErrUnknownEndpoint  = errors.New("endpoint not found")
	ErrTakesNoTokens    = errors.New("the endpoint takes no tokens: declare `auth tokens` in it, or a bearer_token or " +
		"secret_token")
)

// CreateToken makes a token for an endpoint. It holds when CreateToken returns.
func (a *App) CreateToken(ctx context.Context, connector, endpoint string, r token.Request) (*token.Made, error) {
	e, err := a.endpoint(connector, endpoint)
	if err != nil {
		return nil, err
	}
	if !e.takesTokens() {
		return nil, ErrTakesNoTokens
	}
	return a.runtime.tokens.Create(ctx, token.Endpoint{Connector: connector, Name: endpoint}, r)
}

// Tokens are the tokens of an endpoint, the latest first. One that has ended stays in the list for a while.
func (a *App) Tokens(ctx context.Context, connector, endpoint string) ([]token.Token, error) {
	if _, err := a.endpoint(connector, endpoint); err != nil {
		return nil, err
	}
	return a.runtime.tokens.List(ctx, token.Endpoint{Connector: connector, Name: endpoint})
}

// RevokeToken ends a token for good. It no longer holds when RevokeToken returns.
func (a *App) RevokeToken(ctx context.Context, connector, endpoint, id string) error {
	if _, err := a.endpoint(connector, endpoint); err != nil {
		return err
	}
	return a.runtime.tokens.Revoke(ctx, token.Endpoint{Connector: connector, Name: endpoint}, id)
}

// LoadTokens reads the issued tokens, unless they are known already. See LoadState.
func (a *App) LoadTokens(ctx context.Context) error { return a.runtime.tokens.Load(ctx) }

// endpoint is the configured endpoint of this name.
func (a *App) endpoint(connector, name string) (*Endpoint, error) {
	c, ok := a.Connector(connector)
	if !ok {
		return nil, ErrUnknownConnector
	}
	i := slices.IndexFunc(c.Endpoints, func(e *Endpoint) bool { return e.name() == name })
	if i < 0 {
		return nil, ErrUnknownEndpoint
	}
	return c.Endpoints[i], nil
}

// takesTokens tells whether tokens can be made for the endpoint. One that is open, or protected by headers or its
// signature alone, takes none: a token would open what the configuration closes, or close what it opens.
func (e *Endpoint) takesTokens() bool {
	return e.Auth == authTokens || len(e.BearerTokens)+len(e.SecretTokens) > 0
}

// startTokens reads what the store knows of endpoints, and refuses a configuration that needs them with a store that
// keeps none.
func (a *App) startTokens() error {
	if err := a.LoadState(a.ctx); err != nil {
		return err
	}
	err := a.runtime.tokens.Supported()
	if err == nil {
		return nil
	}
	for _, c := range a.Connectors() {
		for _, e := range c.Endpoints {
			if e.Auth == authTokens {
				return fmt.Errorf("connector %s, endpoint %s: `auth tokens`: %w", c.Name, e.name(), err)
			}
		}
	}
	return nil
}

// watchTokens does what is to be done about tokens beside requests, until ctx ends.
func (a *App) watchTokens(ctx context.Context) {
	w := &token.Watch{Issuer: a.runtime.tokens, Logger: a.logger, Expiries: a.expiries, Announce: a.tokenExpiring}
	w.Run(ctx)
}

// expiries are the ends of all credentials of the configuration's endpoints.
func (a *App) expiries() []token.Expiry {
	var list []token.Expiry
	for _, c := range a.Connectors() {
		for _, e := range c.endpoints {
			of := token.Endpoint{Connector: c.Name, Name: e.Name}
			if !e.Expires.IsZero() {
				list = append(list, token.Expiry{Of: of, At: e.Expires})
			}
			if e.Issued != nil {
				list = append(list, a.runtime.tokens.Expiries(of)...)
			}
		}
	}
	return list
}
