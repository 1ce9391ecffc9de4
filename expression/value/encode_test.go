package value

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAppendJSON(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, `null`},
		{true, `true`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{Number("12345678901234567890"), `12345678901234567890`},
		{0.1, `0.1`},
		{100.0, `100`},
		{math.Copysign(0, -1), `0`},
		{1e20, `100000000000000000000`},
		{1e21, `1e+21`},
		{1e-6, `0.000001`},
		{1e-7, `1e-7`},
		{`<a href="x">\&é`, `"<a href=\"x\">\\&é"`},
		{"\u2028\x00\x1f\x7f\b\f\n\r\t", "\"\u2028\\u0000\\u001f\x7f\\b\\f\\n\\r\\t\""},
		{"a\xffb\xed\xa0\x80", `"a` + "\ufffdb\ufffd\ufffd\ufffd" + `"`},
		{[]any{}, `[]`},
		{map[string]any{}, `{}`},
		{map[string]any{"b": []any{nil, "x"}, "a": map[string]any{"c": 1.5}}, `{"a":{"c":1.5},"b":[null,"x"]}`},
	} {
		got, err := AppendJSON([]byte("before "), test.v)
		if err != nil || string(got) != "before "+test.want {
			t.Errorf("AppendJSON(%#v) = %s, %v, want %s", test.v, got, err, test.want)
		}
	}
}

func TestAppendJSONErrors(t *testing.T) {
	for _, v := range []any{math.NaN(), math.Inf(1), math.Inf(-1), 5, []any{uint8(1)}, map[string]any{"a": struct{}{}}} {
		if got, err := AppendJSON(nil, v); err == nil {
			t.Errorf("AppendJSON(%#v) = %s, want an error", v, got)
		}
	}
}

// What is written reads back as the same value, and encoding/json finds nothing wrong with it.
func TestAppendJSONReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values().Draw(t, "value")
		text, err := AppendJSON(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil || compact.String() != string(text) {
			t.Fatalf("%s is not compact JSON: %v", text, err)
		}
		back, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if !Equal(v, back) || TypeOf(v) != TypeOf(back) {
			t.Fatalf("%#v is read back as %#v", v, back)
		}
		again, err := AppendJSON(nil, back)
		if err != nil || string(again) != string(text) {
			t.Fatalf("%s is written again as %s, %v", text, again, err)
		}
	})
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, ""},
		{true, "true"},
		{"<x>", "<x>"},
		{int64(-5), "-5"},
		{Number("12345678901234567890"), "12345678901234567890"},
		{1000.0, "1000"},
		{0.1, "0.1"},
		{math.Copysign(0, -1), "0"},
		{1e21, "1000000000000000000000"},
		{1e-7, "0.0000001"},
		{1e300, "1" + strings.Repeat("0", 300)},
		{[]any{int64(1), nil, "a"}, `[1,null,"a"]`},
		{map[string]any{"b": 1e21, "a": "<"}, `{"a":"<","b":1e+21}`},
		{struct{}{}, ""},
	} {
		if got := Text(test.v); got != test.want {
			t.Errorf("Text(%#v) = %q, want %q", test.v, got, test.want)
		}
		if got := string(AppendText([]byte("= "), test.v)); got != "= "+test.want {
			t.Errorf("AppendText(%#v) = %q, want %q", test.v, got, "= "+test.want)
		}
	}
}

func TestTruthyAndTypeOf(t *testing.T) {
	for _, test := range []struct {
		v      any
		truthy bool
		name   string
	}{
		{nil, false, "null"},
		{false, false, "boolean"},
		{true, true, "boolean"},
		{int64(0), false, "number"},
		{int64(-1), true, "number"},
		{0.0, false, "number"},
		{0.5, true, "number"},
		{Number("12345678901234567890"), true, "number"},
		{"", false, "string"},
		{"0", false, "string"},
		{"00", true, "string"},
		{"0.0", true, "string"},
		{"false", true, "string"},
		{" ", true, "string"},
		{[]any{}, false, "array"},
		{[]any{nil}, true, "array"},
		{map[string]any{}, false, "object"},
		{map[string]any{"a": nil}, true, "object"},
		{uint8(1), true, "uint8"},
	} {
		if got := Truthy(test.v); got != test.truthy {
			t.Errorf("Truthy(%#v) = %t", test.v, got)
		}
		if got := TypeOf(test.v); got != test.name {
			t.Errorf("TypeOf(%#v) = %s", test.v, got)
		}
	}
}

// values draws any value, not very deep.
func values() *rapid.Generator[any] { return nested(3) }

func nested(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return f != math.Trunc(f) }).AsAny(),
		rapid.Map(rapid.StringMatching(`-?[1-9][0-9]{19,40}`), func(s string) any { return Number(s) }),
		rapid.String().AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := nested(depth - 1)
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(inner, 0, 5).AsAny(),
		rapid.MapOfN(rapid.String(), inner, 0, 5).AsAny())...)
}
