package admin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/token"
)

// tokenRequest is the request of a new token.
type tokenRequest struct {
	// ExpiresIn is its life, such as "90d"; without it the token does not end by itself.
	ExpiresIn *string `json:"expires_in"`
	// Replace is the id of the token that ends in its favour, at once or when Overlap has passed.
	Replace *string `json:"replace"`
	Overlap *string `json:"overlap"`
}

func createToken(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	var asked tokenRequest
	if err := readBody(w, r, &asked, "expires_in", "replace", "overlap"); err != nil {
		return err
	}
	request, err := asked.read()
	if err != nil {
		return err
	}
	connector, endpoint := r.PathValue("name"), r.PathValue("endpoint")
	made, err := gateway.CreateToken(r.Context(), connector, endpoint, request)
	if err != nil {
		return tokenFailed(err)
	}
	changed(r, gateway, audit.TokenCreate, tokenSubject(connector, endpoint, made.ID), nil, struct {
		ExpiresAt *event.Time `json:"expires_at"`
		Replaces  string      `json:"replaces,omitempty"`
	}{made.ExpiresAt, request.Replace})
	// The only answer that ever has the values is not for a cache to keep.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", "/krosyn/"+tokenSubject(connector, endpoint, made.ID))
	return write(w, http.StatusCreated, made)
}

func (asked *tokenRequest) read() (token.Request, error) {
	var request token.Request
	switch {
	case asked.Replace != nil && *asked.Replace == "":
		return request, badRequest("replace is empty: give the id of a token")
	case asked.Replace != nil:
		request.Replace = *asked.Replace
	case asked.Overlap != nil:
		return request, badRequest("overlap is how long the replaced token still holds: give replace too, the id of a token")
	}
	for _, d := range []struct {
		field string
		text  *string
		to    *time.Duration
	}{{"expires_in", asked.ExpiresIn, &request.Life}, {"overlap", asked.Overlap, &request.Overlap}} {
		if d.text == nil {
			continue
		}
		parsed, err := caddy.ParseDuration(*d.text)
		if err != nil || parsed <= 0 || parsed > token.MaxLife {
			return request, badRequest("%s %q is not a duration above zero and up to %dd, such as 90d or 12h", d.field, *d.text,
				int(token.MaxLife.Hours()/24))
		}
		*d.to = parsed
	}
	return request, nil
}

func listTokens(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	list, err := gateway.Tokens(r.Context(), r.PathValue("name"), r.PathValue("endpoint"))
	if err != nil {
		return tokenFailed(err)
	}
	return write(w, http.StatusOK, struct {
		Tokens []token.Token `json:"tokens"`
	}{list})
}

func revokeToken(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	connector, endpoint, id := r.PathValue("name"), r.PathValue("endpoint"), r.PathValue("id")
	if err := gateway.RevokeToken(r.Context(), connector, endpoint, id); err != nil {
		return tokenFailed(err)
	}
	changed(r, gateway, audit.TokenRevoke, tokenSubject(connector, endpoint, id), nil, nil)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tokenSubject is the path of a token below the API's own.
func tokenSubject(connector, endpoint, id string) string {
	return "connectors/" + url.PathEscape(connector) + "/endpoints/" + url.PathEscape(endpoint) + "/tokens/" + id
}

// tokenFailed answers an error of the app. The texts of these say what to do.
func tokenFailed(err error) error {
	switch {
	case errors.Is(err, token.ErrNoState):
		return fail(http.StatusNotImplemented, err)
	case errors.Is(err, app.ErrTakesNoTokens), errors.Is(err, token.ErrTooMany):
		return fail(http.StatusConflict, err)
	}
	return failed(err)
}
