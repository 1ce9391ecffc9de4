package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
	_ "github.com/krosyn/gateway/store/badger"
)

// provision loads an app with a store in a folder, as Caddy does, without starting it.
func provision(t *testing.T, folder string, config map[string]any) (*app.App, error) {
	t.Helper()
	if config == nil {
		config = map[string]any{}
	}
	config["store"] = map[string]any{"engine": "badger", "path": folder}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := caddy.ProvisionContext(&caddy.Config{
		Admin:   &caddy.AdminConfig{Disabled: true},
		AppsRaw: caddy.ModuleMap{"krosyn": raw},
	})
	if err != nil {
		return nil, err
	}
	module, err := ctx.App("krosyn")
	if err != nil {
		return nil, err
	}
	gateway := module.(*app.App)
	t.Cleanup(func() { _ = gateway.Cleanup() })
	return gateway, nil
}

func started(t *testing.T, config map[string]any) *app.App {
	t.Helper()
	gateway, err := provision(t, t.TempDir(), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	return gateway
}

func register(t *testing.T, gateway *app.App, definition string) *app.Connector {
	t.Helper()
	c := new(app.Connector)
	if err := json.Unmarshal([]byte(definition), c); err != nil {
		t.Fatal(err)
	}
	if err := gateway.Register(c, "/api/v1/connectors"); err != nil {
		t.Fatal(err)
	}
	return c
}

func input(t *testing.T, text string) *pipeline.Input {
	t.Helper()
	document, err := value.NewDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: "default", Payload: document, Body: []byte(text),
		ContentType: "application/json", Request: &event.Request{Method: "POST", Path: "/", Headers: http.Header{}},
	}
}

func TestProvisionFaults(t *testing.T) {
	for name, row := range map[string]struct {
		config map[string]any
		part   string
	}{
		"unset variable":   {map[string]any{"secret": map[string]any{"A": map[string]any{"value": "{env.KROSYN_UNSET}"}}}, "secret A: "},
		"unknown":          {map[string]any{"secret": map[string]any{"A": map[string]any{"value": "{nope.x}"}}}, "secret A: "},
		"missing file":     {map[string]any{"secret": map[string]any{"A": map[string]any{"value": "{file./no/such}"}}}, "secret A: "},
		"empty secret":     {map[string]any{"secret": map[string]any{"A": map[string]any{"value": ""}}}, "secret A: "},
		"bad name":         {map[string]any{"secret": map[string]any{"a-b": map[string]any{"value": "x"}}}, `secret "a-b"`},
		"negative depth":   {map[string]any{"max_depth": -1}, "max_depth"},
		"negative capture": {map[string]any{"capture_body": -1}, "capture_body"},
		"egress":           {map[string]any{"egress": map[string]any{"allow": []string{"10.0.0.0/99"}}}, "egress"},
		"unknown field":    {map[string]any{"colour": "red"}, "colour"},
	} {
		if _, err := provision(t, t.TempDir(), row.config); err == nil || !strings.Contains(err.Error(), row.part) {
			t.Errorf("%s: %v, want an error with %q", name, err, row.part)
		}
	}
}

// TestProvisionOpensNothing is what lets a configuration be validated beside a running gateway.
func TestProvisionOpensNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "events")
	if _, err := provision(t, folder, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the store's folder was touched: %v", err)
	}
}

func TestConnectorFaults(t *testing.T) {
	gateway := started(t, nil)
	for definition, parts := range map[string][]string{
		`{"name":"Bad Name","endpoint":[{"auth":"none"}]}`:                         {"connector Bad Name: a name is"},
		`{"name":"` + strings.Repeat("x", 256) + `","endpoint":[{"auth":"none"}]}`: {"a name has 255 characters at most, and this one has 256"},
		`{"name":"a"}`: {"connector a: no token and no signature is declared", "`auth none`"},
		`{"name":"b","endpoint":[{"bearer_token":["{env.KROSYN_UNSET}"]},{"name":"default","auth":"maybe"}]}`: {
			"endpoint default: bearer_token: ", `auth "maybe"`, "the name is declared twice",
		},
		`{"name":"c","endpoint":[{"auth":"none","bearer_token":["x"],"path":"hooks","expires":"soon","allow_origin":["*"]}]}`: {
			"exclude each other", "must begin with /", "RFC 3339", "allow_origin",
		},
		`{"name":"d","endpoint":[{"auth":"none"}],"respond":"later","example":"{"}`: {`respond "later"`, "example: not JSON"},
		`{"name":"e","endpoint":[{"auth":"none"}],"example":"file:/no/such/file"}`:  {"example: "},
		`{"name":"f","endpoint":[{"auth":"none"}],"trigger":"{env.HOME} == 1","process":{"set":[{"name":"a","value":"x {env.HOME}"}]},
			"perform":{"method":"POST","url":"https://example.com/{env.KROSYN_UNSET}","retry":{"attempts":0,"on":["teapot"],"backoff":{"first":"2s","longest":"1s"}},"breaker":{"failures":0,"cooldown":0}}}`: {
			"trigger: {env.HOME} is not replaced", "set a: ", "perform: ", "0 attempts", "teapot", "longest pause", "breaker",
		},
		`{"name":"g","endpoint":[{"secret_header":[{"header":"a b","value":"x"}]}],"trigger":"nosuch()"}`: {"not a header name", "Unknown function: nosuch"},
	} {
		c := new(app.Connector)
		if err := json.Unmarshal([]byte(definition), c); err != nil {
			t.Fatalf("%s: %v", definition, err)
		}
		err := gateway.Register(c, "/x")
		for _, part := range parts {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s:\n%v\nlacks %q", definition, err, part)
			}
		}
	}
	if n := len(gateway.Connectors()); n != 0 {
		t.Errorf("%d faulty connectors were registered", n)
	}
}

func TestNamesAreUnique(t *testing.T) {
	gateway := started(t, nil)
	const definition = `{"name":"a","endpoint":[{"auth":"none"}]}`
	first := register(t, gateway, definition)
	register(t, gateway, definition) // the same site at another address
	if found, ok := gateway.Connector("a"); !ok || found != first {
		t.Errorf("found %v", found)
	}
	other := new(app.Connector)
	if err := json.Unmarshal([]byte(`{"name":"a","endpoint":[{"auth":"none"}],"description":"x"}`), other); err != nil {
		t.Fatal(err)
	}
	if err := gateway.Register(other, "/api/v1/connectors"); err == nil || !strings.Contains(err.Error(), "declared twice") {
		t.Errorf("another definition of the name: %v", err)
	}
}

func TestPlaceholdersStayOutOfShownConfiguration(t *testing.T) {
	t.Setenv("KROSYN_TOKEN", "a-token-of-some-length")
	gateway := started(t, nil)
	c := register(t, gateway, `{"name":"a","endpoint":[{"bearer_token":["{env.KROSYN_TOKEN}","sha256:`+strings.Repeat("ab", 32)+`"]}]}`)
	detail, err := c.Detail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(detail)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "{env.KROSYN_TOKEN}") || strings.Contains(string(text), "a-token-of-some-length") {
		t.Errorf("shown as %s", text)
	}
}

// TestExecuteOnClosedStore answers an error, and sends nothing.
func TestExecuteOnClosedStore(t *testing.T) {
	sent := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent = true }))
	defer target.Close()
	gateway := started(t, nil)
	c := register(t, gateway, fmt.Sprintf(`{"name":"a","endpoint":[{"auth":"none"}],"perform":{"method":"POST","url":%q}}`, target.URL))
	if err := gateway.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Execute(t.Context(), input(t, `{}`)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("executed on a closed store: %v", err)
	}
	if sent {
		t.Error("a request was sent whose event could not be kept")
	}
}

// TestCallerLeaves has the request finished and recorded although its caller has gone.
func TestCallerLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		leave()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer target.Close()
	gateway := started(t, nil)
	c := register(t, gateway, fmt.Sprintf(`{"name":"a","endpoint":[{"auth":"none"}],"perform":{"method":"POST","url":%q}}`, target.URL))
	out, err := c.Execute(ctx, input(t, `{}`))
	if err != nil || out.Event.Status != event.Completed {
		t.Fatalf("%+v %v", out, err)
	}
	events, err := gateway.Store()
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := events.Get(t.Context(), out.Event.ID); err != nil || kept.Response.Status != http.StatusAccepted {
		t.Errorf("kept %+v %v", kept, err)
	}
}

func TestTry(t *testing.T) {
	t.Setenv("KROSYN_KEY", "the-secret-value")
	gateway := started(t, map[string]any{"secret": map[string]any{"KEY": map[string]any{"value": "{env.KROSYN_KEY}"}}})
	for _, row := range []struct {
		trial        app.Trial
		result, kind string
	}{
		{app.Trial{Expression: `$payload.a + 1`, Payload: json.RawMessage(`{"a":1}`)}, `2`, "number"},
		{app.Trial{Value: `Hi $payload.a`, Payload: json.RawMessage(`{"a":"you"}`)}, `"Hi you"`, "string"},
		{app.Trial{Value: `$secret.KEY`}, `"[REDACTED]"`, "string"},
		{app.Trial{Value: `$processed.x`, Processed: json.RawMessage(`{"x":[1]}`)}, `[1]`, "array"},
		{app.Trial{Value: `$lookup.x`, Lookup: json.RawMessage(`{"x":{"b":1,"a":2}}`)}, `{"b":1,"a":2}`, "object"},
		{app.Trial{Value: `$payload.none`}, `null`, "null"},
	} {
		got, err := gateway.Try(row.trial)
		if err != nil || string(got.Result) != row.result || got.Type != row.kind {
			t.Errorf("%+v: %+v %v, want %s %s", row.trial, got, err, row.result, row.kind)
		}
	}
	for source, message := range map[string]string{
		"uppercas(1)": "Unknown function: uppercas", "$secret.other": "Unknown secret: other",
		"split('a')": "split requires at least 2 argument(s), 1 given",
	} {
		_, err := gateway.Try(app.Trial{Expression: source})
		if e, ok := errors.AsType[*expression.Error](err); !ok || e.Message != message || e.Position.Line != 1 {
			t.Errorf("%s: %v, want %q", source, err, message)
		}
	}
	if _, err := gateway.Try(app.Trial{Expression: "1", Processed: json.RawMessage(`[1]`)}); err == nil {
		t.Error("processed was no object")
	}
}
