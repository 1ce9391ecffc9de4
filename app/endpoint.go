package app

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"golang.org/x/net/http/httpguts"

	"github.com/krosyn/gateway/verify"
)

// DefaultEndpoint is the name of an endpoint that has none.
const DefaultEndpoint = "default"

// The values of Endpoint.Auth.
const (
	// authNone lets anybody in.
	authNone = "none"
	// authTokens declares that all tokens come from the admin API.
	authTokens = "tokens"
)

var errNoCredentials = errors.New("no token and no signature is declared; a connector that accepts anybody says so with " +
	"`auth none`, one whose tokens all come from the admin API with `auth tokens`")

func (e *Endpoint) name() string {
	if e.Name == "" {
		return DefaultEndpoint
	}
	return e.Name
}

// provision resolves the credentials and makes the verifier's endpoint, with all the faults there are.
func (e *Endpoint) provision(ctx caddy.Context, logger *zap.Logger) (*verify.Endpoint, []error) {
	var faults []error
	checked := &verify.Endpoint{Name: e.name()}
	token := func(directive, configured string) verify.Token {
		warnLiteral(logger, directive, configured)
		value, err := resolve(configured)
		if err == nil {
			var token verify.Token
			if token, err = verify.NewToken(value); err == nil {
				e.credentials = append(e.credentials, value)
				return token
			}
		}
		faults = append(faults, fmt.Errorf("%s: %w", directive, err))
		return verify.Token{}
	}
	for _, configured := range e.BearerTokens {
		checked.BearerTokens = append(checked.BearerTokens, token("bearer_token", configured))
	}
	for _, configured := range e.SecretTokens {
		checked.SecretTokens = append(checked.SecretTokens, token("secret_token", configured))
	}
	for _, h := range e.SecretHeaders {
		if !httpguts.ValidHeaderFieldName(h.Header) {
			faults = append(faults, fmt.Errorf("secret_header: %q is not a header name", h.Header))
		}
		checked.SecretHeaders = append(checked.SecretHeaders, verify.SecretHeader{
			Name: textproto.CanonicalMIMEHeaderKey(h.Header), Token: token("secret_header "+h.Header, h.Value),
		})
	}
	faults = append(faults, e.provisionSignature(ctx, checked)...)
	if err := e.checkAuth(checked); err != nil {
		faults = append(faults, err)
	}
	if e.Path != "" && !strings.HasPrefix(e.Path, "/") {
		faults = append(faults, fmt.Errorf("path %q must begin with /", e.Path))
	}
	if e.Expires != "" {
		expires, err := time.Parse(time.RFC3339, e.Expires)
		if err != nil {
			faults = append(faults, fmt.Errorf("expires %q is not an RFC 3339 time such as 2027-06-30T00:00:00Z", e.Expires))
		}
		checked.Expires = expires
	}
	if len(e.AllowOrigins) > 0 {
		origins, err := verify.ParseOrigins(e.AllowOrigins)
		if err != nil {
			faults = append(faults, fmt.Errorf("allow_origin: %w", err))
		}
		checked.Origins = origins
	}
	return checked, faults
}

// checkAuth has an endpoint say how it is protected, or that it is not.
func (e *Endpoint) checkAuth(checked *verify.Endpoint) error {
	tokens := len(e.BearerTokens) + len(e.SecretTokens) + len(e.SecretHeaders)
	switch {
	case e.Auth == "" && tokens == 0 && !e.declaresSignature(checked):
		return errNoCredentials
	case e.Auth == "":
		return nil
	case e.Auth == authTokens:
		return e.checkAuthTokens(checked)
	case e.Auth != authNone:
		return fmt.Errorf("auth %q: allowed are none and tokens", e.Auth)
	case tokens > 0:
		return errors.New("`auth none` and tokens exclude each other")
	}
	checked.AuthNone = true
	return nil
}

// checkAuthTokens refuses what has no meaning where the configuration has no tokens.
func (e *Endpoint) checkAuthTokens(checked *verify.Endpoint) error {
	switch {
	case len(e.BearerTokens)+len(e.SecretTokens) > 0:
		return errors.New("`auth tokens` and configured tokens exclude each other; without it the endpoint takes both kinds")
	case e.Expires != "" && len(e.SecretHeaders) == 0 && !e.declaresSignature(checked):
		return errors.New("expires is the end of configured credentials, and `auth tokens` leaves none: " +
			"a token of the admin API has an end of its own")
	}
	return nil
}

// declaresSignature tells whether the endpoint has a signature, if only one that is wrong, which is its own fault: what
// could not be loaded still stands in the configuration.
func (e *Endpoint) declaresSignature(checked *verify.Endpoint) bool {
	return checked.Signature != nil || e.SignatureRaw != nil
}
