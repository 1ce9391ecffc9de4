package pipeline

import (
	"time"

	"github.com/krosyn/gateway/outbound"
)

// Definition is a connector as declared, with every placeholder resolved.
type Definition struct {
	Name string
	// Trigger is an expression; empty is always true.
	Trigger string
	Lookup  *Lookup
	Set     []Assignment
	// Perform is nil for a connector that cannot send yet; its events fail as not configured.
	Perform *Perform
	// Relay tells that the caller gets the target's answer, which is then read whole rather than as far as an event
	// keeps it.
	Relay bool
}

// Assignment is a name and the source of its value.
type Assignment struct{ Name, Value string }

// Lookup is the GET request of the process step.
type Lookup struct {
	URL     string
	Headers []Assignment
	// Remove are headers that the gateway would add by itself.
	Remove  []string
	Query   []Assignment
	Timeout time.Duration
	// Continue goes on with $lookup null when the lookup fails; otherwise the event fails.
	Continue bool
}

// Perform is the outbound request.
type Perform struct {
	Method string
	URL    string
	// Shown is the URL as configured, with the placeholders that URL has the values of; "" is URL.
	Shown   string
	Query   []Assignment
	Headers []Assignment
	// Remove are headers that the gateway would add by itself.
	Remove []string
	// At most one of these makes the body: Fields build a JSON object, Form a form, Body is a value that is the JSON
	// body, Raw a text. With none of them the payload is sent as received.
	Fields []Assignment
	Form   []Assignment
	Body   string
	Raw    *Raw
	// BasicAuth and OAuth2 exclude each other.
	BasicAuth *BasicAuth
	OAuth2    *outbound.TokenSettings
	Sign      *Signature
	// Success is an expression that the answer must meet; "" is none.
	Success string
	// Timeout bounds one attempt, Deadline all of them with their pauses.
	Timeout  time.Duration
	Deadline time.Duration
	Retry    outbound.Retry
	// Breaker is nil where the target has none.
	Breaker   *outbound.BreakerSettings
	Redirects int
	Route     outbound.Route
}

// Raw is a body of any kind; Value gives its text.
type Raw struct{ ContentType, Value string }

// BasicAuth is a user and a password (RFC 7617).
type BasicAuth struct{ User, Password string }

// Signature is how a request proves who sends it.
type Signature struct {
	// Scheme is one of the constants below.
	Scheme string
	// Secrets are the keys. Standard Webhooks makes a signature with each of them, so that the target can change over.
	Secrets []string

	// The rest is for SchemeHMAC alone.

	// Header takes the signature, with Prefix before it. Prefix and Signed, the text that is signed, may have
	// $timestamp, $id and, Signed alone, $body.
	Header, Prefix, Signed string
	// Algorithm is sha256, sha1 or sha512; Encoding is hex or base64.
	Algorithm, Encoding string
	// TimestampHeader and IDHeader take the time of the attempt, in seconds since 1970, and the event's id.
	TimestampHeader, IDHeader string
}

// The schemes of a Signature.
const (
	SchemeStandardWebhooks = "standard-webhooks"
	SchemeHMAC             = "hmac"
)

// Environment is what all connectors of a gateway share.
type Environment struct {
	// Secrets are the values of $secret by name.
	Secrets  map[string]string
	Client   *outbound.Client
	Guard    *outbound.Guard
	Breakers *outbound.Breakers
	// MaxDepth is how many executions may lead to each other.
	MaxDepth int
	// MaxAnswer is how many bytes of an answer are read where all of it is wanted: by a lookup or for the caller.
	MaxAnswer int64
	// CaptureBody is how many bytes of a body an event keeps.
	CaptureBody int64
}
