// Package signature verifies the signatures of webhook senders and answers the challenges by which they check who owns
// an address.
//
// There is one engine (verifier.go). What GitHub, Stripe and the others do is data for it (presets.go), beside a few
// small functions where a sender signs something that no other does. The package knows requests as bytes, keys and the
// time: neither connectors nor configuration nor how a refusal reaches the caller. It never guesses from a request who
// sent it, and imports nothing of Caddy.
package signature

import (
	"net/http"
	"strings"
	"time"
)

// Verifier checks the signatures of one sender's scheme. It is safe for concurrent use.
type Verifier interface {
	// Verify tells what was delivered, or why the signature does not hold: an error for logs, never for the caller.
	Verify(r *Request, now time.Time) (Delivery, error)

	// Presented tells whether a request with these headers can carry a signature of this scheme at all. It is true for
	// every request where a scheme puts its signature into the body.
	Presented(header http.Header) bool

	// Traits says what else the scheme has.
	Traits() Traits
}

// Request is what signatures are made of.
type Request struct {
	Method string
	// URL is the absolute URL at which this server got the request. A verifier with a public URL puts that in place of
	// scheme and host.
	URL    string
	Header http.Header
	// Body has the bytes as they were received, before any decoding.
	Body []byte
}

// NewRequest makes the Request of r, of which body is the raw body. Where a server rewrites paths, r has to be the
// request as it was before that: senders sign the URL that they know.
func NewRequest(r *http.Request, body []byte) *Request {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI()
	}
	return &Request{Method: r.Method, URL: scheme + "://" + r.Host + target, Header: r.Header, Body: body}
}

// Delivery is what a verified signature tells beside that it holds.
type Delivery struct {
	// ID is the sender's id of the delivery or of its event, the same when it is sent again; "" if there is none.
	ID string
	// Timestamp is when it was signed; zero where the scheme signs no time.
	Timestamp time.Time
}

// Traits describe a scheme.
type Traits struct {
	// Headers are the names of the headers that hold signatures: credentials, which are not to be stored.
	Headers []string
	// Identifies tells whether deliveries carry an ID.
	Identifies bool
	// Tolerance is how far from now, on both sides, a Timestamp may be; zero where the scheme signs no time.
	Tolerance time.Duration
}

// Handshake answers the requests by which a sender checks that an address is meant to receive its deliveries.
type Handshake interface {
	// Answer gives the answer to r if it is such a request, which is then not a delivery. It is to be asked before r is
	// taken for one, whatever its method; verified tells whether r's signature was verified.
	Answer(r *Request, verified bool, now time.Time) (*Answer, bool)
}

// Answer is the whole answer to a handshake. It is to be sent with `X-Content-Type-Options: nosniff`: a part of it
// repeats what the request said.
type Answer struct {
	Status int
	// ContentType is "" where there is no Body.
	ContentType string
	Body        []byte
}

// Provider is what a guest module of the namespace `krosyn.verifiers` is, once provisioned.
type Provider interface {
	Verifier() Verifier
	// Handshake is the one that comes with the scheme, nil if none does.
	Handshake() Handshake
	// Credentials are the values that must not be stored or logged.
	Credentials() []string
}

// Reason is why a signature does not hold. It is for logs: whoever calls learns only that it does not.
type Reason string

// Error implements error.
func (r Reason) Error() string { return string(r) }

const (
	// Missing is a request without the scheme's signature, or without what must go with it.
	Missing Reason = "the request has no signature"
	// Ambiguous is a header of the scheme that occurs more than once.
	Ambiguous Reason = "a header of the signature is repeated"
	// Malformed is a signature that no sender of the scheme makes.
	Malformed Reason = "the signature is malformed"
	// Mismatch is a signature that was made with another secret, of other bytes, or not at all.
	Mismatch Reason = "the signature does not match"
	// Stale is a signature made too long before or after now.
	Stale Reason = "the signature's timestamp is outside the tolerance"
	// NoKey is a verifier none of whose secrets is valid now.
	NoKey Reason = "no secret is valid at this time"
)
