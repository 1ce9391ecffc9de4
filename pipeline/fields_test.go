package pipeline

import (
	"strings"
	"testing"

	"github.com/krosyn/gateway/expression"
)

func TestFields(t *testing.T) {
	for _, row := range []struct {
		name   string
		fields []Assignment
		want   string
	}{
		{"flat", []Assignment{{"text", "Hi $payload.name"}, {"n", "$payload.n"}}, `{"text":"Hi Jane","n":1.50}`},
		{"nested, in order of mention", []Assignment{{"b.x", "1"}, {"a", "2"}, {"b.y.z", "true"}, {"b.w", "x y"}},
			`{"b":{"x":1,"y":{"z":true},"w":"x y"},"a":2}`},
		{"types", []Assignment{{"o", "$payload.o"}, {"null", "$payload.missing"}, {"s", "'1'"}}, `{"o":{"z":1,"a":2},"null":null,"s":"1"}`},
		{"escaped name", []Assignment{{`a"b`, "1"}}, `{"a\"b":1}`},
	} {
		o := new(object)
		compiler := expression.NewCompiler(nil)
		for _, field := range row.fields {
			program, err := compiler.Value(field.Value, expression.ScopePerform)
			if err == nil {
				err = o.add(field.Name, program)
			}
			if err != nil {
				t.Fatalf("%s: field %s: %v", row.name, field.Name, err)
			}
		}
		got, err := o.appendJSON(nil, payload(t, `{"name":"Jane","n":1.50,"o":{"z":1,"a":2}}`))
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %s %v, want %s", row.name, got, err, row.want)
		}
	}
}

func TestFieldFaults(t *testing.T) {
	for _, row := range []struct {
		fields []string
		part   string
	}{
		{[]string{"a", "a"}, "twice"},
		{[]string{"a.b", "a"}, "fields of its own, such as a.b"},
		{[]string{"a", "a.b"}, "field a has a value"},
		{[]string{"a..b"}, "single dots"},
		{[]string{".a"}, "single dots"},
		{[]string{"items[0].sku"}, "brackets"},
	} {
		o := new(object)
		var err error
		for _, name := range row.fields {
			program, fault := expression.NewCompiler(nil).Value("1", expression.ScopePerform)
			if fault != nil {
				t.Fatal(fault)
			}
			err = o.add(name, program)
		}
		if err == nil || !strings.Contains(err.Error(), row.part) {
			t.Errorf("%v: %v, want an error with %q", row.fields, err, row.part)
		}
	}
}
