package app

import "github.com/caddyserver/caddy/v2"

// Retry repeats a request that got no answer, or an answer that asks for it.
type Retry struct {
	// Attempts in all; 1 is no retry.
	Attempts int `json:"attempts"`

	// The first and the longest pause. The bound of the pause doubles from the first to the longest; each pause is
	// chosen at random below its bound. Default: 1s and 30s.
	Backoff *Backoff `json:"backoff,omitempty"`

	// Status codes (`429`) and classes of them (`5xx`) that are tried again beside transport errors, or `never` for
	// none. 501, 505 and 508 never are. Default: 429 and 5xx.
	On []string `json:"on,omitempty"`
}

// Backoff bounds the pauses between attempts.
type Backoff struct {
	// The bound of the first pause. Default: 1s.
	First caddy.Duration `json:"first,omitempty"`

	// The bound that no pause passes. Default: 30s.
	Longest caddy.Duration `json:"longest,omitempty"`
}

// Breaker stops sending to a target that keeps failing.
type Breaker struct {
	// Consecutive failed attempts (no answer, or a 5xx) that open the breaker.
	Failures int `json:"failures"`

	// How long it stays open before one probe is let through.
	Cooldown caddy.Duration `json:"cooldown"`

	// A share of failed attempts that opens it too, for a target that fails often without failing always. Default: none.
	Ratio *BreakerRatio `json:"ratio,omitempty"`
}

// BreakerRatio opens a breaker when too many of the latest attempts failed.
type BreakerRatio struct {
	// The share that opens it, above 0 and at most 1.
	Share float64 `json:"share"`

	// How many attempts there must have been within the window.
	Of int `json:"of"`

	// How far back attempts count.
	Within caddy.Duration `json:"within"`
}
