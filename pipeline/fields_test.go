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
		{"array", []Assignment{{"items[0].sku", "A"}, {"items[0].n", "1"}, {"items[1].sku", "B"}},
			`{"items":[{"sku":"A","n":1},{"sku":"B"}]}`},
		{"elements in the order of their indexes", []Assignment{{"a[1]", "1"}, {"z", "2"}, {"a[0]", "0"}},
			`{"a":[0,1],"z":2}`},
		{"arrays of arrays", []Assignment{{"m[0][0]", "1"}, {"m[0][1]", "2"}, {"m[1][0]", "$payload.o"}},
			`{"m":[[1,2],[{"z":1,"a":2}]]}`},
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
		if err := o.holes(); err != nil {
			t.Fatalf("%s: %v", row.name, err)
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
		{[]string{"items[]"}, "indexes in brackets"},
		{[]string{"items["}, "indexes in brackets"},
		{[]string{"items]"}, "indexes in brackets"},
		{[]string{"items[0"}, "indexes in brackets"},
		{[]string{"items[0]x"}, "indexes in brackets"},
		{[]string{"items[-1]"}, "indexes in brackets"},
		{[]string{"items[01]"}, "indexes in brackets"},
		{[]string{"items[name]"}, "indexes in brackets"},
		{[]string{"[0].a"}, "indexes in brackets"},
		{[]string{"items[1000]"}, "over 999"},
		{[]string{"items[1]"}, "field items[1] leaves a hole: element 0"},
		{[]string{"a.items[0]", "a.items[2].x"}, "field a.items[2].x leaves a hole: element 1"},
		{[]string{"m[0][1]"}, "element 0"},
		{[]string{"items[0]", "items[0]"}, "twice"},
		{[]string{"items[0]", "items[0].a"}, "field items[0] has a value"},
		{[]string{"items[0]", "items.a"}, "an array and an object: see field items[0]"},
		{[]string{"items.a", "items[0]"}, "an array and an object: see field items.a"},
		{[]string{"items", "items[0]"}, "field items has a value"},
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
		if err == nil {
			err = o.holes()
		}
		if err == nil || !strings.Contains(err.Error(), row.part) {
			t.Errorf("%v: %v, want an error with %q", row.fields, err, row.part)
		}
	}
}
