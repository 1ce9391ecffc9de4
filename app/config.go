package app

import (
	"encoding/json"

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

	// How the sender signs its requests: a scheme by its provider's name, or `hmac`. A declared signature must hold
	// whatever tokens a request has; without tokens it is the authentication.
	SignatureRaw json.RawMessage `json:"signature,omitempty" caddy:"namespace=krosyn.verifiers inline_key=scheme"`

	// Challenges that are answered, by which a sender checks that it is meant to send here: `okta`, `dropbox`, `twitter`,
	// `graph`. Those of Slack, Meta and Discord come with their signature.
	Handshakes []string `json:"handshake,omitempty"`

	// `none` declares that the endpoint accepts anybody, `tokens` that all its tokens are made through the admin API.
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

// Deduplicate has a delivery executed once, however often it is sent.
type Deduplicate struct {
	// An expression that is the same for every repetition of a delivery and for no other; null never deduplicates.
	// Default: the delivery id of the endpoint's signature scheme.
	Key string `json:"key,omitempty"`

	// How long a delivery is remembered. At least twice the tolerance of a signature's timestamp.
	Window caddy.Duration `json:"window"`
}

// RateLimit refuses requests above a rate with 429.
type RateLimit struct {
	// How many requests are accepted per period.
	Requests int `json:"requests"`

	// The period.
	Per caddy.Duration `json:"per"`

	// A value; requests for which it differs are counted apart. Default: all requests of the connector together.
	By string `json:"by,omitempty"`
}

// Concurrency bounds how many executions run at the same time. A caller who waits for the answer gets 429 beyond it;
// asynchronous executions wait for their turn.
type Concurrency struct {
	// How many.
	Executions int `json:"executions"`

	// A value; executions for which it differs are counted apart. Asynchronous ones of which it is the same run one after
	// the other, in the order in which they were accepted, however often the first of them is repeated. Default: all
	// executions of the connector together, in no order.
	By string `json:"by,omitempty"`
}
