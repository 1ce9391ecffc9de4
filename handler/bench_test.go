package handler_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/handler"
	_ "github.com/krosyn/gateway/store/badger"
)

// BenchmarkServeHTTP is the handler from end to end: 32 callers at a time, an event fsynced for each request, a target
// on loopback. The callers' side of HTTP is not in it; the target's is.
func BenchmarkServeHTTP(b *testing.B) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	b.Cleanup(target.Close)
	perform := fmt.Sprintf(`"perform":{"method":"POST","url":%q`, target.URL)
	h := provision(b, b.TempDir(), `{"connector":[
		{"name":"mapped","endpoint":[{"auth":"none"}],"trigger":"equals($payload.event_type, \"order.created\")",`+perform+`,
			"field":[{"name":"text","value":"New order $payload.order.id from $payload.customer.first_name"},
				{"name":"total","value":"= $payload.order.total * 1.2"},
				{"name":"customer","value":"concat($payload.customer.first_name, \" \", $payload.customer.last_name)"}]}},
		{"name":"plain","endpoint":[{"auth":"none"}],`+perform+`}},
		{"name":"skipped","endpoint":[{"auth":"none"}],"trigger":"false",`+perform+`}}
	]}`)
	order := `{"event_type":"order.created","order":{"id":"ORD-12345","total":49.5,"items":[` +
		strings.TrimSuffix(strings.Repeat(`{"sku":"A-1001","name":"A thing to buy","quantity":2,"price":12.25},`, 13), ",") +
		`]},"customer":{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}}`
	for _, name := range []string{"mapped", "plain", "skipped"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest(http.MethodPost, "/api/v1/connectors/"+name+"/trigger", strings.NewReader(order))
					r.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					if err := h.ServeHTTP(w, r, nil); err != nil || w.Code != http.StatusOK {
						b.Errorf("%d %s %v", w.Code, w.Body, err)
						return
					}
				}
			})
		})
	}
}

// provision loads a handler as Caddy does, with a store in a folder.
func provision(b *testing.B, folder, definition string) caddyhttp.MiddlewareHandler {
	b.Helper()
	config := json.RawMessage(fmt.Sprintf(`{"store":{"engine":"badger","path":%q}}`, folder))
	ctx, err := caddy.ProvisionContext(&caddy.Config{
		Admin: &caddy.AdminConfig{Disabled: true}, AppsRaw: caddy.ModuleMap{"krosyn": config},
	})
	if err != nil {
		b.Fatal(err)
	}
	loaded, err := ctx.App("krosyn")
	if err != nil {
		b.Fatal(err)
	}
	gateway := loaded.(*app.App)
	b.Cleanup(func() { _ = gateway.Cleanup() })
	module, err := ctx.LoadModuleByID("http.handlers.krosyn", json.RawMessage(definition))
	if err != nil {
		b.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		b.Fatal(err)
	}
	return module.(*handler.Handler)
}
