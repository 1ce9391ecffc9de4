package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"

	"github.com/krosyn/gateway/event"
)

// Tokens has the access token of one OAuth2 client (RFC 6749, section 4.4): it fetches one when a call needs it, keeps
// it until shortly before it expires, and drops it when a target refuses it. Calls that need one at the same time
// share a fetch. A client's tokens go the same guarded way as its calls.
type Tokens struct {
	config clientcredentials.Config
	client *http.Client

	current atomic.Pointer[token]
	fetches singleflight.Group
}

// TokenSettings is a client of an authorization server.
type TokenSettings struct {
	// URL is the token endpoint. It stands in the configuration, so its host is the operator's word.
	URL                    string
	ClientID, ClientSecret string
	Scopes                 []string
	// Audience is the parameter of this name, which some servers ask for; "" is none.
	Audience string
}

// NewTokens makes the tokens of one client, which are fetched through the given one.
func NewTokens(client *Client, settings TokenSettings) *Tokens {
	t := &Tokens{config: clientcredentials.Config{
		ClientID: settings.ClientID, ClientSecret: settings.ClientSecret, TokenURL: settings.URL, Scopes: settings.Scopes,
	}}
	if settings.Audience != "" {
		t.config.EndpointParams = url.Values{"audience": {settings.Audience}}
	}
	t.client = &http.Client{
		Transport:     tokenTransport{client},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return t
}

// token is an access token with what is made of it once.
type token struct {
	authorization string
	// until is when it is not used any more, a little before it expires; zero where it does not say.
	until    time.Time
	redactor *event.Redactor
}

const (
	// earliest and earliestShare are how long before its end a token is renewed: the time that a request is under way.
	earliest      = 10 * time.Second
	earliestShare = 4
	// longestToken bounds what becomes a header of every request, in bytes.
	longestToken = 16 << 10
	fetchTimeout = 10 * time.Second
)

// TokenError tells why no access token could be had.
type TokenError struct {
	// Temporary tells that another try may succeed: the server did not answer, or not with a decision.
	Temporary bool
	Err       error
}

func (e *TokenError) Error() string { return "no access token: " + e.Err.Error() }

func (e *TokenError) Unwrap() error { return e.Err }

// get gives the current token, or fetches one.
func (t *Tokens) get(ctx context.Context) (*token, error) {
	if held := t.current.Load(); held != nil && (held.until.IsZero() || time.Now().Before(held.until)) {
		return held, nil
	}
	// Whoever began the fetch may leave: the others still wait for it.
	fetched := t.fetches.DoChan("", func() (any, error) { return t.fetch() })
	select {
	case <-ctx.Done():
		return nil, &TokenError{Temporary: true, Err: context.Cause(ctx)}
	case outcome := <-fetched:
		if outcome.Err != nil {
			return nil, outcome.Err
		}
		return outcome.Val.(*token), nil
	}
}

// drop forgets a token that a target refused, unless there is another one already.
func (t *Tokens) drop(refused *token) { t.current.CompareAndSwap(refused, nil) }

func (t *Tokens) fetch() (*token, error) {
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, t.client)
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	answered, err := t.config.Token(ctx)
	if err != nil {
		return nil, tokenError(err)
	}
	fresh := &token{
		authorization: answered.Type() + " " + answered.AccessToken,
		redactor:      event.NewRedactor(map[string]string{"access token": answered.AccessToken}, nil),
	}
	if len(fresh.authorization) > longestToken || !httpguts.ValidHeaderFieldValue(fresh.authorization) {
		return nil, &TokenError{Err: errors.New("what the server gave is too long or has control characters")}
	}
	if !answered.Expiry.IsZero() {
		fresh.until = answered.Expiry.Add(-min(earliest, time.Until(answered.Expiry)/earliestShare))
	}
	t.current.Store(fresh)
	return fresh, nil
}

// tokenError keeps of a failure what helps: never the whole answer, nor the endpoint's URL.
func tokenError(err error) *TokenError {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := answer.Response.StatusCode
		failure := &TokenError{Temporary: status >= http.StatusInternalServerError || status == http.StatusTooManyRequests}
		failure.Err = fmt.Errorf("the token endpoint answered with status %d", status)
		if answer.ErrorCode != "" {
			failure.Err = fmt.Errorf("%w: %s %s", failure.Err, clip(answer.ErrorCode), clip(answer.ErrorDescription))
		}
		return failure
	}
	if attempt, ok := errors.AsType[*AttemptError](err); ok {
		return &TokenError{Temporary: attempt.retried(), Err: attempt}
	}
	return &TokenError{Err: withoutURL(err)}
}

// tokenTransport sends the requests of the OAuth2 library as calls.
type tokenTransport struct{ client *Client }

// RoundTrip implements http.RoundTripper.
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	result := t.client.Do(req.Context(), &Call{
		Method: req.Method, URL: req.URL.String(), Header: req.Header, Body: body, OperatorHost: true,
	})
	if result.Err != nil {
		return nil, result.Err
	}
	return &http.Response{
		StatusCode: result.Response.Status, Header: result.Response.Header, Request: req,
		Body: io.NopCloser(bytes.NewReader(result.Response.Body)),
	}, nil
}
