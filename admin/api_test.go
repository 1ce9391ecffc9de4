package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	_ "github.com/krosyn/gateway/handler"
	"github.com/krosyn/gateway/pipeline"
	_ "github.com/krosyn/gateway/store/badger"
)

// api is a running gateway with its admin API, in this process.
type api struct {
	t      *testing.T
	server *httptest.Server
	target *httptest.Server
}

// newAPI runs a configuration with the connectors `orders`, `broken` (whose target is down) and `off`.
func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{t: t}
	a.target = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"name":"Jane"}`)
	}))
	t.Cleanup(a.target.Close)
	connectors := `[
		{"name":"orders","description":"Orders","example":"{\"n\":1}","endpoint":[{"bearer_token":["{env.KROSYN_TEST_TOKEN}"]}],
			"trigger":"greaterThan($payload.n, 0)",
			"process":{"lookup":{"url":"` + a.target.URL + `/people"},"set":[{"name":"who","value":"$lookup.name"}]},
			"perform":{"method":"POST","url":"` + a.target.URL + `/in","field":[{"name":"text","value":"$payload.n $processed.who"}]}},
		{"name":"broken","endpoint":[{"auth":"none"}],
			"perform":{"method":"POST","url":"http://127.0.0.1:1/","breaker":{"failures":1,"cooldown":"1h"}}},
		{"name":"off","disabled":true,"endpoint":[{"auth":"none"}],"perform":{"method":"POST","url":"` + a.target.URL + `/"}}]`
	t.Setenv("KROSYN_TEST_TOKEN", "a-token-of-some-length")
	config := new(caddy.Config)
	folder, err := json.Marshal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal([]byte(`{"admin":{"disabled":true},"logging":{"logs":{"default":{"level":"ERROR"}}},"apps":{
		"krosyn":{"store":{"engine":"badger","path":`+string(folder)+`,"durability":"os"},
			"secret":{"KEY":{"value":"{env.KROSYN_TEST_TOKEN}"}}},
		"http":{"servers":{"site":{"listen":["127.0.0.1:0"],"automatic_https":{"disable":true},
			"routes":[{"handle":[{"handler":"krosyn","connector":`+connectors+`}]}]}}}}}`), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Run(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	mux := http.NewServeMux()
	for _, route := range new(API).Routes() {
		mux.Handle(route.Pattern, answered(route.Handler))
	}
	a.server = httptest.NewServer(mux)
	t.Cleanup(a.server.Close)
	return a
}

// answered is a handler whose errors are answered as Caddy's admin endpoint does.
func answered(h caddy.AdminHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h.ServeHTTP(w, r)
		if err == nil {
			return
		}
		fault, ok := errors.AsType[caddy.APIError](err)
		if !ok {
			fault = caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
		}
		if fault.Message == "" {
			fault.Message = fault.Err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(fault.HTTPStatus)
		_ = json.NewEncoder(w).Encode(fault)
	})
}

func (a *api) gateway() *app.App {
	a.t.Helper()
	running, err := caddy.ActiveContext().AppIfConfigured("krosyn")
	if err != nil {
		a.t.Fatal(err)
	}
	return running.(*app.App)
}

// execute runs a connector on a payload, and gives the event.
func (a *api) execute(connector, payload string) *event.Event {
	a.t.Helper()
	c, _ := a.gateway().Connector(connector)
	document, err := value.NewDocument([]byte(payload))
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := c.Execute(a.t.Context(), &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: "default", Payload: document, Body: []byte(payload),
		ContentType: "application/json", Request: &event.Request{Method: "POST", Path: "/", Headers: http.Header{"A": {"b"}}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Event
}

// call sends a request; headers are "Name: value".
func (a *api) call(method, path, body string, headers ...string) (*http.Request, *http.Response, string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r, w, string(text)
}
