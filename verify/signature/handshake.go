package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxChallenge bounds the bytes of a challenge that is repeated.
const maxChallenge = 1 << 10

// Handshakes are the names that NewHandshake knows.
func Handshakes() []string { return slices.Sorted(maps.Keys(declared)) }

// declared are the handshakes that come with no scheme.
var declared = map[string]func(Verifier) (Handshake, error){
	"dropbox": func(Verifier) (Handshake, error) { return dropboxHandshake{}, nil },
	"graph":   func(Verifier) (Handshake, error) { return graphHandshake{}, nil },
	"okta":    func(Verifier) (Handshake, error) { return oktaHandshake{}, nil },
	"twitter": newTwitterHandshake,
}

// NewHandshake makes the handshake of a name. Twitter's answers with a signature, so it takes the endpoint's verifier,
// which has to be one of this package with an HMAC-SHA256 secret; the others take nil or any.
func NewHandshake(name string, v Verifier) (Handshake, error) {
	made, ok := declared[name]
	if !ok {
		return nil, fmt.Errorf("unknown handshake %q; there are %s", name, strings.Join(Handshakes(), ", "))
	}
	return made(v)
}

// dropboxHandshake repeats the parameter of a GET: https://www.dropbox.com/developers/reference/webhooks
type dropboxHandshake struct{}

// Answer implements Handshake.
func (dropboxHandshake) Answer(r *Request, _ bool, _ time.Time) (*Answer, bool) {
	challenge, ok := parameter(r, http.MethodGet, "challenge")
	if !ok || !isChallenge(challenge, isTokenByte) {
		return nil, false
	}
	return text(challenge), true
}

// graphHandshake repeats the parameter of a POST without a body:
// https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks#notificationurl-validation
type graphHandshake struct{}

// Answer implements Handshake.
func (graphHandshake) Answer(r *Request, _ bool, _ time.Time) (*Answer, bool) {
	token, ok := parameter(r, http.MethodPost, "validationToken")
	// The token is a sentence. What would be markup in it is no token, whatever a browser made of plain text.
	if !ok || len(r.Body) > 0 || !isChallenge(token, func(c byte) bool {
		return ' ' <= c && c <= '~' && !strings.ContainsRune(`<>"'&\`+"`", rune(c))
	}) {
		return nil, false
	}
	return text(token), true
}

// oktaHandshake repeats a header of a GET:
// https://developer.okta.com/docs/concepts/event-hooks/#one-time-verification-request
type oktaHandshake struct{}

// Answer implements Handshake.
func (oktaHandshake) Answer(r *Request, _ bool, _ time.Time) (*Answer, bool) {
	if r.Method != http.MethodGet {
		return nil, false
	}
	challenge, err := single(r.Header, "X-Okta-Verification-Challenge")
	if err != nil || !isChallenge(challenge, isTokenByte) {
		return nil, false
	}
	return object("verification", challenge), true
}

// twitterHandshake signs the parameter of a GET: https://docs.x.com/x-api/webhooks/quickstart
//
// Its answer is made as the signature of a body is. Whoever could choose that body freely would have X's signature
// below whatever he likes; so it signs nothing but tokens, and no body that looks like one is let in.
type twitterHandshake struct{ verifier *verifier }

func newTwitterHandshake(v Verifier) (Handshake, error) {
	own, ok := v.(*verifier)
	if !ok || !slices.ContainsFunc(own.keys, func(k *key) bool { return k.sums != nil && k.algorithm == hmacSHA256 }) {
		return nil, errors.New("handshake twitter answers with a signature: it needs `signature twitter` with a secret")
	}
	return twitterHandshake{own}, nil
}

// Answer implements Handshake.
func (h twitterHandshake) Answer(r *Request, _ bool, now time.Time) (*Answer, bool) {
	if r.Method != http.MethodGet {
		if !isTwitterToken(strings.TrimSpace(string(r.Body[:min(len(r.Body), maxChallenge)]))) {
			return nil, false
		}
		refused := object("error", "Invalid webhook signature")
		refused.Status = http.StatusUnauthorized
		return refused, true
	}
	token, ok := parameter(r, http.MethodGet, "crc_token")
	if !ok || !isTwitterToken(token) {
		return nil, false
	}
	signature, ok := h.verifier.sign(token, now)
	if !ok {
		return nil, false
	}
	return object("response_token", "sha256="+base64.StdEncoding.EncodeToString(signature)), true
}

// isTwitterToken tells whether s is of the form of a crc_token: a short text in the alphabets of base64.
func isTwitterToken(s string) bool {
	const longest = 128
	body := strings.TrimRight(s, "=")
	return len(s) <= longest && len(s)-len(body) <= 2 && isChallenge(body, func(c byte) bool {
		return isTokenByte(c) || c == '+' || c == '/'
	})
}

// metaHandshake repeats a parameter of a GET that knows the token:
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
type metaHandshake struct{ token [sha256.Size]byte }

func newMetaHandshake(token string) *metaHandshake {
	return &metaHandshake{sha256.Sum256([]byte(token))}
}

// Answer implements Handshake.
func (h metaHandshake) Answer(r *Request, _ bool, _ time.Time) (*Answer, bool) {
	mode, ok := parameter(r, http.MethodGet, "hub.mode")
	if !ok || mode != "subscribe" {
		return nil, false
	}
	token, _ := parameter(r, http.MethodGet, "hub.verify_token")
	digest := sha256.Sum256([]byte(token))
	challenge, ok := parameter(r, http.MethodGet, "hub.challenge")
	if subtle.ConstantTimeCompare(digest[:], h.token[:]) != 1 || !ok || !isChallenge(challenge, isTokenByte) {
		return nil, false
	}
	return text(challenge), true
}

// parameter is the value of a query parameter that occurs once in a request of method.
func parameter(r *Request, method, name string) (string, bool) {
	const longestQuery = 4 << 10
	_, query, found := strings.Cut(r.URL, "?")
	if !found || r.Method != method || len(query) > longestQuery {
		return "", false
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values[name]) != 1 {
		return "", false
	}
	return values[name][0], true
}

// isChallenge tells whether s is short enough to be repeated, and of the characters allowed.
func isChallenge(s string, allowed func(c byte) bool) bool {
	for i := range len(s) {
		if !allowed(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxChallenge
}

// isTokenByte accepts the characters that need no escape in a URL (RFC 3986, section 2.3).
func isTokenByte(c byte) bool {
	lower := c | 0x20
	return 'a' <= lower && lower <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func text(body string) *Answer {
	return &Answer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(body)}
}

func object(name, value string) *Answer {
	body, _ := json.Marshal(map[string]string{name: value}) // never fails
	return &Answer{Status: http.StatusOK, ContentType: "application/json", Body: body}
}
