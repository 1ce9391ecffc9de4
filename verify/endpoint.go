// Package verify decides who may call: it matches the credentials of a request with those of a connector's
// endpoints, its signature with their secrets, and its origin with the list of allowed ones.
//
// It knows headers, bodies and the time, nothing else: neither where tokens come from, nor what a connector does, nor how a
// refusal reaches the caller. It imports nothing of Caddy.
package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/krosyn/gateway/verify/signature"
)

// maxPresented bounds how many values of one header are tried, and so the work that a request can ask for. A request
// with more values is refused as a whole, since to skip some would let their order decide.
const maxPresented = 16

// Endpoint is a way into a connector and the credentials that open it. It is read-only once requests use it, but for
// its Issued tokens.
type Endpoint struct {
	// Name is the endpoint's name, for events.
	Name string
	// BearerTokens are accepted as `Authorization: Bearer …`. Any one of these and the SecretTokens suffices.
	BearerTokens []Token
	// SecretTokens are accepted as `X-Secret-Token: …`.
	SecretTokens []Token
	// Issued are further tokens of both kinds, each with its own end. It is nil where the endpoint takes none; where it
	// is not, a token is required, even while there is none.
	Issued *Issued
	// SecretHeaders must all match, beside a token where tokens are declared.
	SecretHeaders []SecretHeader
	// AuthNone declares that the endpoint accepts anybody whom no other endpoint accepts. It has no credentials.
	AuthNone bool
	// Expires is the first instant at which the credentials no longer hold, but for the Issued ones; zero is never.
	Expires time.Time
	// Origins are the allowed origins; nil allows any. See CheckOrigin.
	Origins *Origins
	// Signature must hold beside a token where tokens are declared, and is the authentication where none are; nil is
	// none. See Admission.
	Signature signature.Verifier
	// Handshakes answer the requests by which senders check the address.
	Handshakes []signature.Handshake
}

// SecretHeader is a header whose value authenticates.
type SecretHeader struct {
	Name  string
	Token Token
}

// Match is what the credentials of a request open.
type Match struct {
	Endpoint *Endpoint
	// Token is the issued token that did it; nil where it was a configured credential, or none was asked for.
	Token *IssuedToken
}

// Authenticate selects the endpoint that the credentials in header open, or says why there is none: no credentials,
// none that match, or matching ones that have expired. Of several endpoints that match, the first that has not
// expired is selected; an AuthNone endpoint only where no credentials match.
//
// Every value presented is compared with every token, configured or issued, over digests and in constant time, whatever
// matched before: how long it takes tells nothing about the tokens.
func Authenticate(endpoints []*Endpoint, header http.Header, now time.Time) (Match, *Rejection) {
	var p presented
	p.read(header)
	return p.selectEndpoint(endpoints, now)
}

// presented is what one request presents as credentials.
type presented struct {
	header http.Header
	bearer digests
	secret digests
	// any tells whether anything was presented at all.
	any bool
	// comparisons counts the comparisons of two digests.
	comparisons int
}

func (p *presented) read(header http.Header) {
	p.header = header
	for _, value := range header["Authorization"] {
		p.bearer.add(bearerToken(value))
	}
	for _, value := range header["X-Secret-Token"] {
		p.secret.add(value)
	}
	p.any = p.bearer.presented() || p.secret.presented()
}

func (p *presented) selectEndpoint(endpoints []*Endpoint, now time.Time) (Match, *Rejection) {
	var (
		selected Match
		open     *Endpoint
		outdated bool
	)
	overflow := p.bearer.overflow || p.secret.overflow
	for _, e := range endpoints {
		if e.AuthNone {
			if open == nil {
				open = e
			}
			continue
		}
		found, token, tooMany := p.match(e, now)
		overflow = overflow || tooMany
		outdated = outdated || found == outdatedCredentials
		if found == validCredentials && selected.Endpoint == nil {
			selected = Match{e, token}
		}
	}
	switch {
	case overflow:
		return Match{}, invalidToken
	case selected.Endpoint != nil:
		return selected, nil
	case outdated:
		return Match{}, expiredToken
	case open != nil && open.expiredAt(now):
		return Match{}, expiredToken
	case open != nil:
		return Match{Endpoint: open}, nil
	case p.any:
		return Match{}, invalidToken
	}
	return Match{}, missingToken
}

// credentials is what a request has of an endpoint's credentials.
type credentials int

const (
	wrongCredentials credentials = iota
	// outdatedCredentials would open the endpoint, had they not expired.
	outdatedCredentials
	validCredentials
)

// match tells what the request has of e's credentials, with the issued token that was valid, and whether one of e's
// headers has too many values.
func (p *presented) match(e *Endpoint, now time.Time) (found credentials, token *IssuedToken, overflow bool) {
	configured := 0
	for i := range e.BearerTokens {
		configured |= p.compare(&p.bearer, &e.BearerTokens[i])
	}
	for i := range e.SecretTokens {
		configured |= p.compare(&p.secret, &e.SecretTokens[i])
	}
	token, outdated := p.matchIssued(e.Issued.tokens(), now)
	if len(e.BearerTokens)+len(e.SecretTokens) == 0 && e.Issued == nil && len(e.SecretHeaders) > 0 {
		configured = 1
	}
	headers := 1
	for i := range e.SecretHeaders {
		var values digests
		for _, value := range p.header.Values(e.SecretHeaders[i].Name) {
			values.add(value)
		}
		p.any = p.any || values.presented()
		overflow = overflow || values.overflow
		headers &= p.compare(&values, &e.SecretHeaders[i].Token)
	}
	ended := e.expiredAt(now)
	// An issued token has its own end; what the configuration asks for beside it has the endpoint's.
	endedBeside := ended && (len(e.SecretHeaders) > 0 || e.Signature != nil)
	switch {
	case headers == 0:
		return wrongCredentials, nil, overflow
	case token != nil && !endedBeside:
		return validCredentials, token, overflow
	case configured == 1 && !ended:
		return validCredentials, nil, overflow
	case configured == 1, token != nil, outdated:
		return outdatedCredentials, nil, overflow
	}
	return wrongCredentials, nil, overflow
}

// compare gives 1 if one of the values is the token, else 0, in a time that does not depend on which.
func (p *presented) compare(values *digests, token *Token) int {
	equal := 0
	for i := range values.count {
		p.comparisons++
		equal |= subtle.ConstantTimeCompare(values.digest[i][:], token.digest[:])
	}
	return equal
}

func (e *Endpoint) expiredAt(now time.Time) bool { return expired(e.Expires, now) }

// expired tells whether what ends at an instant has ended; a zero end is never.
func expired(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// digests are the values presented in one header, in a fixed array so that a request costs no allocation.
type digests struct {
	digest [maxPresented][sha256.Size]byte
	count  int
	// overlong tells that a value was too long to be a token: presented, and matching none.
	overlong bool
	// overflow tells that there were more values than are tried.
	overflow bool
}

func (d *digests) presented() bool { return d.count > 0 || d.overlong }

func (d *digests) add(value string) {
	value = strings.Trim(value, " \t")
	switch {
	case value == "":
	case len(value) > maxTokenLength:
		d.overlong = true
	case d.count == maxPresented:
		d.overflow = true
	default:
		d.digest[d.count] = digestOf(value)
		d.count++
	}
}

// bearerToken is the token of an Authorization header, "" where it has another scheme (RFC 6750, section 2.1). The
// scheme's case does not matter (RFC 9110, section 11.1).
func bearerToken(value string) string {
	const scheme = "Bearer"
	value = strings.Trim(value, " \t")
	if len(value) <= len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return ""
	}
	if c := value[len(scheme)]; c != ' ' && c != '\t' {
		return ""
	}
	return value[len(scheme)+1:]
}
