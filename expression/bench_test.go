package expression

import (
	"testing"

	"github.com/krosyn/gateway/expression/value"
)

// order is a body of 1 KB as a shop sends it.
const order = `{"event_type":"order.created","event_id":"evt_01HZX5Q8M3T7","created_at":"2026-11-22T10:00:00.123Z",
"livemode":true,"api_version":"2026-04","order":{"id":12345678,"number":"ORD-12345","currency":"EUR","total":129.95,
"subtotal":109.2,"tax":20.75,"paid":true,"note":null,"customer":{"id":987654,"first_name":"Jane","last_name":"Doe",
"email":"jane.doe@example.com","phone":"+49 30 1234567","tags":["vip","newsletter"],"address":{"street":"Main St 5",
"city":"Berlin","zip":"10115","country":"DE"}},"items":[{"sku":"A-100","name":"Coffee beans","quantity":2,"price":14.5,
"options":{"size":"1kg","roast":"dark"}},{"sku":"B-200","name":"Paper filters","quantity":1,"price":3.95,"options":{}},
{"sku":"C-300","name":"Grinder","quantity":1,"price":97,"options":{"colour":"black"}}],"shipping":{"method":"express",
"cost":4.9,"carrier":"DHL","tracking":null}},"metadata":{"source":"web","campaign":"autumn","ip":"203.0.113.9",
"user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}}`

const (
	orderTrigger = `and(equals($payload.event_type, "order.created"), equals($payload.order.currency, "EUR"))`
	orderName    = `concat($payload.order.customer.first_name, " ", $payload.order.customer.last_name)`
)

func orderContext(tb testing.TB) *Context {
	tb.Helper()
	payload, err := value.NewDocument([]byte(order))
	if err != nil {
		tb.Fatal(err)
	}
	return &Context{Payload: payload}
}

func mustExpression(tb testing.TB, source string) *Program {
	tb.Helper()
	program, err := NewCompiler(nil).Expression(source, ScopePerform)
	if err != nil {
		tb.Fatal(err)
	}
	return program
}

func mustValue(tb testing.TB, source string) *Program {
	tb.Helper()
	program, err := NewCompiler(nil).Value(source, ScopePerform)
	if err != nil {
		tb.Fatal(err)
	}
	return program
}

func BenchmarkEval(b *testing.B) {
	ctx := orderContext(b)
	for _, bench := range []struct{ name, source string }{
		{"trigger of two equals", orderTrigger},
		{"native equality", `$payload.event_type == "order.created"`},
		{"path of three", `$payload.order.customer.email`},
		{"accessor", `$payload.order.customer.email.lowercase`},
		{"concat of three", orderName},
		{"text with two references", `"New order $payload.order.number from $payload.order.customer.first_name"`},
		{"filter of three", `filter($payload.order.items, .price > 10)`},
		{"arithmetic", `$payload.order.total * 1.2`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			program := mustExpression(b, bench.source)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := program.Eval(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkExplain is a trigger, with the values of its parts.
func BenchmarkExplain(b *testing.B) {
	ctx := orderContext(b)
	program := mustExpression(b, orderTrigger)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := program.Explain(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	compiler := NewCompiler(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compiler.Expression(orderTrigger, ScopeTrigger); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMapping is what one event costs: decoding its body, a trigger and three mappings.
func BenchmarkMapping(b *testing.B) {
	trigger := mustExpression(b, orderTrigger)
	name, text := mustValue(b, orderName), mustValue(b, "New order $payload.order.number")
	id := mustValue(b, "$payload.order.id")
	b.ReportAllocs()
	for b.Loop() {
		payload, err := value.NewDocument([]byte(order))
		if err != nil {
			b.Fatal(err)
		}
		ctx := &Context{Payload: payload}
		if holds, err := trigger.Truthy(ctx); err != nil || !holds {
			b.Fatal(holds, err)
		}
		for _, mapping := range []struct {
			name    string
			program *Program
		}{{"name", name}, {"text", text}, {"id", id}} {
			if err := mapping.program.Set(ctx, mapping.name); err != nil {
				b.Fatal(err)
			}
		}
	}
}
