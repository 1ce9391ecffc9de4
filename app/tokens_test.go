package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
	"github.com/krosyn/gateway/token"
	"github.com/krosyn/gateway/verify"
)

const tokenEndpoints = `{"name":"a","endpoint":[
	{"auth":"tokens"},
	{"name":"configured","bearer_token":["a-token-of-some-length"]},
	{"name":"keyed","secret_header":[{"header":"X-Key","value":"a-key-of-some-length"}]},
	{"name":"keyed-tokens","auth":"tokens","secret_header":[{"header":"X-Other","value":"a-key-of-some-length"}],
		"expires":"2099-01-01T00:00:00Z"},
	{"name":"open","auth":"none"}
]}`

func TestTokensOfEndpoints(t *testing.T) {
	gateway := started(t, nil)
	c := register(t, gateway, tokenEndpoints)
	for endpoint, want := range map[string]error{
		"default": nil, "configured": nil, "keyed-tokens": nil,
		"keyed": app.ErrTakesNoTokens, "open": app.ErrTakesNoTokens, "nobody": app.ErrUnknownEndpoint,
	} {
		made, err := gateway.CreateToken(t.Context(), "a", endpoint, token.Request{Life: time.Hour})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", endpoint, err, want)
		}
		if err != nil {
			continue
		}
		list, err := gateway.Tokens(t.Context(), "a", endpoint)
		if err != nil || len(list) != 1 || list[0].ID != made.ID || list[0].Endpoint != endpoint ||
			list[0].Status != token.Active {
			t.Errorf("%s: %+v, %v", endpoint, list, err)
		}
		header := http.Header{"X-Secret-Token": {made.SecretToken}, "X-Other": {"a-key-of-some-length"}}
		match, rejection := verify.Authenticate(c.Authenticators(), header, time.Now())
		if rejection != nil || match.Token == nil || match.Endpoint.Name != endpoint {
			t.Errorf("%s: opened %+v, %+v", endpoint, match, rejection)
		}
	}
	for what, err := range map[string]error{
		"create": second(gateway.CreateToken(t.Context(), "b", "default", token.Request{})),
		"list":   second(gateway.Tokens(t.Context(), "b", "default")),
		"revoke": gateway.RevokeToken(t.Context(), "b", "default", "x"),
	} {
		if !errors.Is(err, app.ErrUnknownConnector) {
			t.Errorf("%s at an unknown connector: %v", what, err)
		}
	}
	for _, r := range []token.Request{
		{Life: -1}, {Life: token.MaxLife + 1}, {Overlap: -1}, {Overlap: token.MaxLife + 1},
	} {
		if _, err := gateway.CreateToken(t.Context(), "a", "default", r); err == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTokenConfigurationFaults(t *testing.T) {
	gateway := started(t, nil)
	for endpoint, part := range map[string]string{
		`{"auth":"tokens","secret_token":["a-token-of-some-length"]}`: "exclude each other",
		`{"auth":"tokens","expires":"2099-01-01T00:00:00Z"}`:          "has an end of its own",
		`{"auth":"token"}`: "allowed are none and tokens",
		`{}`:               "`auth tokens`",
	} {
		c := new(app.Connector)
		if err := json.Unmarshal([]byte(`{"name":"a","endpoint":[`+endpoint+`]}`), c); err != nil {
			t.Fatal(err)
		}
		if err := gateway.Register(c, "/x"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want an error with %q", endpoint, err, part)
		}
	}
}

// TestTokensOverReload has a token that is made by one configuration hold in the next one and in the one before, and
// be there when the store is opened again.
func TestTokensOverReload(t *testing.T) {
	folder := t.TempDir()
	load := func() (*app.App, *app.Connector) {
		t.Helper()
		gateway, err := provision(t, folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		return gateway, register(t, gateway, tokenEndpoints)
	}
	opens := func(c *app.Connector, value string) bool {
		match, rejection := verify.Authenticate(c.Authenticators(), http.Header{"X-Secret-Token": {value}}, time.Now())
		if rejection != nil || match.Token == nil {
			return false
		}
		match.Token.MarkUsed(time.Now())
		return true
	}
	old, oldConnector := load()
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	before, err := old.CreateToken(t.Context(), "a", "default", token.Request{})
	if err != nil {
		t.Fatal(err)
	}
	next, nextConnector := load()
	if !opens(nextConnector, before.SecretToken) {
		t.Error("a token from before the reload does not hold")
	}
	during, err := next.CreateToken(t.Context(), "a", "default", token.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if !opens(oldConnector, during.SecretToken) || !opens(nextConnector, during.SecretToken) {
		t.Error("a token from during the reload does not hold everywhere")
	}
	if err := next.RevokeToken(t.Context(), "a", "default", before.ID); err != nil {
		t.Fatal(err)
	}
	if opens(oldConnector, before.SecretToken) || opens(nextConnector, before.SecretToken) {
		t.Error("a token that was revoked during the reload still holds")
	}
	for _, gateway := range []*app.App{old, next} {
		if err := gateway.Cleanup(); err != nil {
			t.Fatal(err)
		}
	}

	last, lastConnector := load()
	if opens(lastConnector, during.SecretToken) {
		t.Error("a token holds before it was read")
	}
	if err := last.LoadTokens(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := last.Tokens(t.Context(), "a", "default")
	if err != nil || len(list) != 2 || list[0].LastUsedAt == nil || list[1].LastUsedAt == nil {
		t.Errorf("the last uses were not written when the store was closed: %+v, %v", list, err)
	}
	if !opens(lastConnector, during.SecretToken) || opens(lastConnector, before.SecretToken) {
		t.Error("the tokens did not survive that the store was closed")
	}
}

// plain is a store module that keeps events alone.
type plain struct {
	Path string `json:"path,omitempty"`
}

func init() { caddy.RegisterModule(new(plain)) }

func (*plain) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "krosyn.stores.plain", New: func() caddy.Module { return new(plain) }}
}

func (p *plain) Key() string { return p.Path }

func (p *plain) Options() string { return "plain" }

func (p *plain) Open(*zap.Logger) (store.Store, error) {
	return struct{ store.Store }{memory.New()}, nil
}

// TestTokensWithoutState starts with a store that keeps no tokens, unless an endpoint needs them.
func TestTokensWithoutState(t *testing.T) {
	for auth, starts := range map[string]bool{"none": true, "tokens": false} {
		ctx, err := caddy.ProvisionContext(&caddy.Config{
			Admin: &caddy.AdminConfig{Disabled: true},
			AppsRaw: caddy.ModuleMap{
				"krosyn": json.RawMessage(`{"store":{"engine":"plain","path":"` + auth + `"}}`),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		module, err := ctx.App("krosyn")
		if err != nil {
			t.Fatal(err)
		}
		gateway := module.(*app.App)
		register(t, gateway, `{"name":"a","endpoint":[
			{"auth":"`+auth+`"},{"name":"b","bearer_token":["a-token-of-some-length"]}]}`)
		err = gateway.Start()
		if starts && err != nil || !starts && !errors.Is(err, token.ErrNoState) {
			t.Errorf("auth %s: %v", auth, err)
		}
		if _, err := gateway.CreateToken(t.Context(), "a", "b", token.Request{}); !errors.Is(err, token.ErrNoState) {
			t.Errorf("auth %s: created: %v", auth, err)
		}
		if changed, err := gateway.SetDisabled(t.Context(), "a", true); changed || !errors.Is(err, app.ErrNoState) {
			t.Errorf("auth %s: disabled: %v, %v", auth, changed, err)
		}
		if err := gateway.Cleanup(); err != nil {
			t.Error(err)
		}
	}
}
