package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krosyn/gateway/event"
)

// Token is an issued token as the admin API shows it: everything but its values, which nobody has any more.
type Token struct {
	ID         string      `json:"id"`
	Connector  string      `json:"connector"`
	Endpoint   string      `json:"endpoint"`
	Status     TokenStatus `json:"status"`
	CreatedAt  event.Time  `json:"created_at"`
	ExpiresAt  *event.Time `json:"expires_at"`
	LastUsedAt *event.Time `json:"last_used_at"`
	RevokedAt  *event.Time `json:"revoked_at"`
	// ReplacedBy is the token that was made in place of this one.
	ReplacedBy string `json:"replaced_by,omitempty"`
}

// TokenStatus says whether a token opens its endpoint.
type TokenStatus string

// The values of TokenStatus.
const (
	TokenActive  TokenStatus = "active"
	TokenExpired TokenStatus = "expired"
	TokenRevoked TokenStatus = "revoked"
)

// NewToken is a token that has just been made. It alone has the values, of which either opens the endpoint.
type NewToken struct {
	ID          string      `json:"id"`
	BearerToken string      `json:"bearer_token"`
	SecretToken string      `json:"secret_token"`
	ExpiresAt   *event.Time `json:"expires_at"`
}

// TokenRequest is what a new token shall be.
type TokenRequest struct {
	// Life is how long it holds; zero is for ever.
	Life time.Duration
	// Replace is the token that ends in its favour; "" is none.
	Replace string
	// Overlap is how much longer the replaced token holds.
	Overlap time.Duration
}

// The bounds of issued tokens.
const (
	// MaxTokens is how many tokens of an endpoint may hold at the same time. Each of them is compared with what each
	// request presents.
	MaxTokens = 100
	// MaxTokenLife is the longest life of a token that ends, and the longest overlap.
	MaxTokenLife = 100 * 365 * 24 * time.Hour
)

// Why a token cannot be made, found or revoked.
var (
	ErrUnknownConnector = errors.New("connector not found")
	ErrUnknownEndpoint  = errors.New("endpoint not found")
	ErrUnknownToken     = errors.New("token not found")
	ErrTokenRevoked     = errors.New("the token to replace is revoked")
	ErrTooManyTokens    = errors.New("too many tokens: revoke one that is no longer used")
	ErrNoTokens         = errors.New("the store keeps no tokens: configure one that does, such as badger")
	ErrTakesNoTokens    = errors.New("the endpoint takes no tokens: declare `auth tokens` in it, or a bearer_token or " +
		"secret_token")
)

// CreateToken makes a token for an endpoint. It holds when CreateToken returns.
func (a *App) CreateToken(ctx context.Context, connector, endpoint string, r TokenRequest) (*NewToken, error) {
	e, err := a.endpoint(connector, endpoint)
	if err != nil {
		return nil, err
	}
	switch {
	case !e.takesTokens():
		return nil, ErrTakesNoTokens
	case r.Life < 0 || r.Life > MaxTokenLife || r.Overlap < 0 || r.Overlap > MaxTokenLife:
		return nil, fmt.Errorf("a token's life and overlap are between nothing and %s", MaxTokenLife)
	}
	return a.runtime.tokens.create(ctx, endpointKey{connector, endpoint}, r)
}

// Tokens are the tokens of an endpoint, the latest first. One that has ended stays in the list for a while.
func (a *App) Tokens(ctx context.Context, connector, endpoint string) ([]Token, error) {
	if _, err := a.endpoint(connector, endpoint); err != nil {
		return nil, err
	}
	return a.runtime.tokens.list(ctx, endpointKey{connector, endpoint})
}

// RevokeToken ends a token for good. It no longer holds when RevokeToken returns.
func (a *App) RevokeToken(ctx context.Context, connector, endpoint, id string) error {
	if _, err := a.endpoint(connector, endpoint); err != nil {
		return err
	}
	return a.runtime.tokens.revoke(ctx, endpointKey{connector, endpoint}, id)
}

// LoadTokens reads the issued tokens, unless they are known already. Until it has succeeded once, no request can be
// judged: servers may be serving before the app is started.
func (a *App) LoadTokens(ctx context.Context) error { return a.runtime.tokens.load(ctx) }

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
