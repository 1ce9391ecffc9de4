// Package token issues tokens: credentials of endpoints that are made, replaced and revoked while the gateway runs,
// beside those of its configuration. They are kept in the store's state as digests, and given to the verifier.
//
// It knows neither the configuration nor Caddy: which endpoints there are and which of them take tokens is the app's.
package token

import (
	"errors"
	"time"

	"github.com/krosyn/gateway/event"
)

// Token is an issued token as the admin API shows it: everything but its values, which nobody has any more.
type Token struct {
	ID         string      `json:"id"`
	Connector  string      `json:"connector"`
	Endpoint   string      `json:"endpoint"`
	Status     Status      `json:"status"`
	CreatedAt  event.Time  `json:"created_at"`
	ExpiresAt  *event.Time `json:"expires_at"`
	LastUsedAt *event.Time `json:"last_used_at"`
	RevokedAt  *event.Time `json:"revoked_at"`
	// ReplacedBy is the token that was made in place of this one.
	ReplacedBy string `json:"replaced_by,omitempty"`
}

// Status says whether a token opens its endpoint.
type Status string

// The values of Status.
const (
	Active  Status = "active"
	Expired Status = "expired"
	Revoked Status = "revoked"
)

// Made is a token that has just been made. It alone has the values, of which either opens the endpoint.
type Made struct {
	ID          string      `json:"id"`
	BearerToken string      `json:"bearer_token"`
	SecretToken string      `json:"secret_token"`
	ExpiresAt   *event.Time `json:"expires_at"`
}

// Request is what a new token shall be.
type Request struct {
	// Life is how long it holds; zero is for ever.
	Life time.Duration
	// Replace is the token that ends in its favour; "" is none.
	Replace string
	// Overlap is how much longer the replaced token holds.
	Overlap time.Duration
}

// Endpoint names the endpoint that a token is for.
type Endpoint struct{ Connector, Name string }

// The bounds of issued tokens.
const (
	// MaxHolding is how many tokens of an endpoint may hold at the same time. Each of them is compared with what each
	// request presents.
	MaxHolding = 100
	// MaxLife is the longest life of a token that ends, and the longest overlap.
	MaxLife = 100 * 365 * 24 * time.Hour
)

// Why a token cannot be made, found or revoked.
var (
	ErrUnknown = errors.New("token not found")
	ErrRevoked = errors.New("the token to replace is revoked")
	ErrTooMany = errors.New("too many tokens: revoke one that is no longer used")
	ErrNoState = errors.New("the store keeps no tokens: configure one that does, such as badger")
)
