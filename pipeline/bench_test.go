package pipeline

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/outbound"
)

// BenchmarkTrust is what it costs per event of 2 KB, with 50 secrets, that nothing goes where it must not: the escaping
// of the URL, the judgement of its host, and the redaction of the whole event.
func BenchmarkTrust(b *testing.B) {
	declared := map[string]string{}
	for i := range 50 {
		declared[fmt.Sprintf("S%d", i)] = fmt.Sprintf("sk_live_%032d/+%d", i*7919, i)
	}
	redactor := event.NewRedactor(declared, nil)
	env := environment(b, "*.internal.example.com")
	env.Secrets = declared
	guard, err := outbound.NewGuard([]string{"*.internal.example.com"}, []string{"203.0.113.0/24", "*.denied.example"})
	if err != nil {
		b.Fatal(err)
	}
	target, err := compiled(b, "https://api.example.com/orders/$payload.id/lines?email=$payload.email", env)
	if err != nil {
		b.Fatal(err)
	}
	text := `{"id":"ORD/12345","email":"jane+news@example.com","lines":[` +
		strings.Repeat(`{"sku":"ABC-123","name":"A thing of some beauty","price":49.5},`, 29) + `{}]}`
	ctx := payload(b, text)
	ctx.Secrets = declared
	e := &event.Event{
		Payload: []byte(text), Processed: []byte(`{"full_name":"Jane Doe"}`),
		Request: &event.Request{Method: "POST", Path: "/api/v1/connectors/orders/trigger", Headers: http.Header{
			"Content-Type": {"application/json"}, "User-Agent": {"Shop/1.0"},
			"X-Shop-Delivery": {"0199f0c4-0000-7000-8000-000000000000"},
		}},
		Outbound: &event.Outbound{
			Method: "POST", URL: "https://api.example.com/orders/ORD%2F12345/lines?email=jane%2Bnews%40example.com",
			Headers: http.Header{"Content-Type": jsonType, "User-Agent": userAgent}, Body: []byte(text[:len(text)/2]),
		},
		Response: &event.Response{
			Status: 200, Headers: http.Header{"Content-Type": jsonType}, Body: []byte(`{"ok":true}`),
		},
	}
	b.Run("escaping", func(b *testing.B) { benchBuild(b, target, ctx) })
	b.Run("guard", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			guard.AllowsHost("api.example.com")
		}
	})
	b.Run("redaction", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			redactor.Event(e)
		}
	})
	b.Run("together", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := target.build(ctx); err != nil {
				b.Fatal(err)
			}
			guard.AllowsHost("api.example.com")
			redactor.Event(e)
		}
	})
}

func benchBuild(b *testing.B, target *target, ctx *expression.Context) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := target.build(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
