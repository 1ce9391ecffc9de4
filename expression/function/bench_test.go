package function

import (
	"strings"
	"testing"
)

func BenchmarkCall(b *testing.B) {
	items := make([]any, 100)
	for i := range items {
		items[i] = map[string]any{"price": float64(i * 7919 % 100), "sku": "SKU"}
	}
	for _, bench := range []struct {
		name string
		args []any
	}{
		{"equals", []any{"order.created", "order.created"}},
		{"and", []any{true, true}},
		{"concat", []any{"Jane", " ", "Doe"}},
		{"uppercase", []any{"jane doe"}},
		{"add", []any{int64(2), int64(40)}},
		{"formatDate", []any{"2026-11-22T10:00:00Z", "%Y-%m-%d", "Europe/Berlin"}},
		{"matches", []any{"ORD-12345", "^ORD-[0-9]+$"}},
		{"replaceRegex", []any{"[^0-9]+", "", "+49 (30) 1234"}},
		{"sortBy", []any{items, "price"}},
		{"unique", []any{items}},
		{"slug", []any{strings.Repeat("Café Größe ", 10)}},
	} {
		f, _ := Lookup(bench.name)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Call(bench.args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNearest(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Nearest("uppercsae")
	}
}
