package app

import (
	"github.com/caddyserver/caddy/v2"
)

// Secret is a named value for use in expressions and values as `$secret.NAME`.
type Secret struct {
	// The value, or a placeholder such as `{env.CRM_TOKEN}` or `{file./run/secrets/crm}` that is resolved when the
	// configuration is loaded. The configuration keeps the placeholder; the value stays in memory.
	Value string `json:"value"`

	// What the secret is for. Shown by the admin API, never its value.
	Description string `json:"description,omitempty"`
}

// Egress widens or narrows where outbound requests may go. Without it, a host name must resolve to public addresses
// only, and an address or a local name written in the configuration is taken at its word.
type Egress struct {
	// Networks (CIDR), addresses and host names that may be targets beside the public ones. A host name here is one
	// that data may choose as the host of a URL; its addresses are judged all the same.
	Allow []string `json:"allow,omitempty"`

	// Networks (CIDR), addresses and host names that are never targets. Wins over everything else.
	Deny []string `json:"deny,omitempty"`
}

// Endpoint is a way into a connector: where it answers and who may call.
type Endpoint struct {
	// The endpoint's name, shown in events. Default: `default`.
	Name string `json:"name,omitempty"`

	// A path at which this endpoint answers beside `{base_path}/{connector}/trigger`.
	Path string `json:"path,omitempty"`

	// Accepted bearer tokens (`Authorization: Bearer …`): values, placeholders, or `sha256:` and the hex digest of the
	// token. Any one of the bearer and secret tokens suffices.
	BearerTokens []string `json:"bearer_token,omitempty"`

	// Accepted secret tokens (`X-Secret-Token: …`), written like bearer tokens.
	SecretTokens []string `json:"secret_token,omitempty"`

	// Headers that must carry a secret value; all of them must match.
	SecretHeaders []SecretHeader `json:"secret_header,omitempty"`

	// When the endpoint's credentials end, RFC 3339. Default: never.
	Expires string `json:"expires,omitempty"`

	// Origins (scheme, host and port; `https://*.example.org` for subdomains) that requests must come from, judged by
	// the Origin header or else the Referer. Default: any.
	AllowOrigins []string `json:"allow_origin,omitempty"`

	// `none` declares that the endpoint accepts anybody.
	Auth string `json:"auth,omitempty"`

	// credentials are the resolved values, which redaction has to find.
	credentials []string
}

// SecretHeader is a header that authenticates a request.
type SecretHeader struct {
	// The header's name.
	Header string `json:"header"`

	// Its value: written like a bearer token.
	Value string `json:"value"`
}

// Process prepares data for the outbound request.
type Process struct {
	// A GET request whose JSON answer is `$lookup` in what follows.
	Lookup *Lookup `json:"lookup,omitempty"`

	// Fields to compute, in this order; each is `$processed.NAME` in what follows.
	Set []Assignment `json:"set,omitempty"`
}

// Assignment names a value.
type Assignment struct {
	// The name; in a `field`, a path such as `meta.total`.
	Name string `json:"name"`

	// The value: text with references, a reference, a call, or `=` and an expression.
	Value string `json:"value"`
}

// Lookup is a GET request for data that the payload lacks.
type Lookup struct {
	// The URL; references in it are escaped for the place where they stand.
	URL string `json:"url"`

	// Request headers: values by name.
	Headers map[string][]string `json:"header,omitempty"`

	// Query parameters, added to the URL's own.
	Query []Assignment `json:"query,omitempty"`

	// How long it may take. Default: 5s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// What a failure means: `fail` the event, or `continue` with `$lookup` null. Default: `fail`.
	OnError string `json:"on_error,omitempty"`
}

// Perform is the outbound request.
type Perform struct {
	// POST, PUT, PATCH or DELETE.
	Method string `json:"method"`

	// The URL; references in it are escaped for the place where they stand.
	URL string `json:"url"`

	// Request headers: values by name.
	Headers map[string][]string `json:"header,omitempty"`

	// Fields of a JSON object to send, in this order; a dot in a name nests. Default: the payload as it was received.
	Fields []Assignment `json:"field,omitempty"`

	// A value to send as the whole JSON body, in place of fields.
	Body string `json:"body,omitempty"`

	// How long one attempt may take, to the last byte of the answer. Default: 10s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// When and how often to try again. Default: one attempt.
	Retry *Retry `json:"retry,omitempty"`

	// When to stop trying for a while. Default: never.
	Breaker *Breaker `json:"breaker,omitempty"`
}

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
}
