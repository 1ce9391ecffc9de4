package value

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nasty has texts at the borders of the grammar. What is accepted, and as what, is for encoding/json to say.
var nasty = []string{
	``, ` `, "\ufeff{}", `nul`, `nulll`, `null`, `True`, `tru`, `falsee`, ` true `, "\ttrue\r\n", "\vtrue",
	`NaN`, `Infinity`, `undefined`,
	`0`, `-0`, `-0.0`, `00`, `01`, `-01`, `-`, `+1`, `.5`, `5.`, `-.5`, `1.`, `1.5e`, `1e`, `1e+`, `1E-2`,
	`1e3`, `1.0`, `0e0`, `0x10`, `1_000`,
	`9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `-9223372036854775809`,
	`999999999999999999`,
	`12345678901234567890`, `1e999`, `-1e999`, `1e-999`, `1e308`, `1.7976931348623159e308`,
	`1` + strings.Repeat("0", 308),
	`1` + strings.Repeat("0", 309), `2` + strings.Repeat("0", 308), `0.` + strings.Repeat("0", 400) + `1`,
	`1 2`, `1,`, `1a`,
	`""`, `"`, `"\"`, `"\\"`, `"\""`, `"a`, "\"\n\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", `"\x41"`, `"\'"`,
	`"\/\b\f\n\r\t"`, `"\`, `"\u`, `"\u12`, `"\u123"`,
	`"\u12g4"`, `"\u00e9"`, `"\U0041"`, `"\u0000"`, `"\ud83d\ude00"`, `"\uD83D\uDE00"`, `"\ud83d"`, `"\ude00"`,
	`"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\u0041"`,
	`"\ud83d\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud800\u`, "\"\xff\"", "\"a\xc3\"", "\"\xed\xa0\x80\"",
	"\"\xf0\x9f\x98\x80\"", "\"\xc0\x80\"", "\"\xe2\x28\xa1\"",
	"\"\\\xff\"", "\"é\xff\\u00e9\"", "\"12345678\xff\"", "\"1234567\x80\"", "\"12345\x9f7890\"", "\"1234567\n\"", "\"12345678\\n90123456\"",
	"{\"\xff\":1,\"\ufffd\":2}",
	`[]`, `[ ]`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `[[]`, `[[],[]]`, `[null,true,false]`,
	`[1}`, "[\n1\t,\r2 ]",
	`{}`, `{ }`, `{`, `}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{"a",1}`, `{a:1}`,
	`{'a':1}`, `{1:1}`, `{null:1}`, `{"a":1 "b":2}`,
	`{"a":1]`, `{"a":1}}`, `{"a":1,"a":2}`, `{"a":{"b":1},"a":{"c":2}}`, `{"a":1,"\u0061":2}`, `{"":0}`,
	`{"a":[{"b":[{}]}]}`, `{,}`, `{"a"::1}`, `//x`, `{} //x`,
	`[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35]`,
	`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}`,
}

func TestDecodeLikeEncodingJSON(t *testing.T) {
	for _, text := range append(nasty, order) {
		compareWithEncodingJSON(t, []byte(text))
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range nasty {
		f.Add([]byte(text))
	}
	f.Fuzz(compareWithEncodingJSON)
}

// compareWithEncodingJSON checks that Decode accepts what encoding/json accepts, as the same value.
func compareWithEncodingJSON(t *testing.T, data []byte) {
	t.Helper()
	original := string(data)
	got, err := Decode(data)
	var want any
	wantErr := json.Unmarshal(data, &want)
	if string(data) != original {
		t.Fatalf("Decode(%q) changed its input", original)
	}
	if err != nil {
		checkSyntaxError(t, data, err)
		if wantErr == nil && !strings.Contains(err.Error(), "nested more than") {
			t.Fatalf("Decode(%q) = %v, encoding/json accepts it", data, err)
		}
		return
	}
	if wantErr != nil {
		t.Fatalf("Decode(%q) = %#v, encoding/json says %v", data, got, wantErr)
	}
	if widened := widen(t, got); !reflect.DeepEqual(widened, want) {
		t.Fatalf("Decode(%q):\n%s", data, cmp.Diff(want, widened))
	}
}

func checkSyntaxError(t *testing.T, data []byte, err error) {
	t.Helper()
	syntax, ok := errors.AsType[*SyntaxError](err)
	if !ok || syntax.Offset < 0 || syntax.Offset > len(data) || syntax.Message == "" || len(err.Error()) > 200 {
		t.Fatalf("Decode(%q) = %#v, want a *SyntaxError within the text", data, err)
	}
}

// widen makes of a value what encoding/json decodes into.
func widen(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case int64, float64, Number:
		if s, ok := v.(Number); ok {
			if _, err := json.Number(s).Int64(); err == nil {
				t.Fatalf("%s fits int64 and is a Number", s)
			}
		}
		return nearest(v)
	case []any:
		elements := make([]any, len(v))
		for i := range v {
			elements[i] = widen(t, v[i])
		}
		return elements
	case map[string]any:
		members := make(map[string]any, len(v))
		for key := range v {
			members[key] = widen(t, v[key])
		}
		return members
	}
	return v
}

func TestDecodeTypes(t *testing.T) {
	for text, want := range map[string]any{
		`7`:                     int64(7),
		`-0`:                    int64(0),
		`9223372036854775807`:   int64(9223372036854775807),
		`-9223372036854775808`:  int64(-9223372036854775808),
		`9223372036854775808`:   Number("9223372036854775808"),
		`-9223372036854775809`:  Number("-9223372036854775809"),
		`12345678901234567890`:  Number("12345678901234567890"),
		`123456789012345678`:    int64(123456789012345678),
		`1.0`:                   1.0,
		`1e3`:                   1000.0,
		`"\ud83d\ude00\ud83d!"`: "😀\ufffd!",
		`{"a":1,"a":[null]}`:    map[string]any{"a": []any{nil}},
		` [ ] `:                 []any{},
	} {
		got, err := Decode([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Decode(%s) = %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, test := range []struct {
		text, want string
		offset     int
	}{
		{``, "unexpected end of JSON input", 0},
		{`{"a":`, "unexpected end of JSON input", 5},
		{`{"a" 1}`, "unexpected character '1' where a colon should follow a key", 5},
		{`{"a":1 "b"}`, "unexpected character '\"' where a comma or } should follow a member", 7},
		{`{"a":1,}`, "unexpected character '}' where a key in double quotes should begin", 7},
		{`[1 2]`, "unexpected character '2' where a comma or ] should follow an element", 3},
		{`[1,]`, "unexpected character ']' where a value should begin", 3},
		{`[01]`, "unexpected character '1' where a comma or ] should follow an element", 2},
		{`[1.]`, "unexpected character ']' in a number", 3},
		{`[-]`, "unexpected character ']' in a number", 2},
		{`[1e999]`, "number 1e999 is out of range", 1},
		{`truly`, "unexpected character 'l' in the literal true", 3},
		{"\"a\n\"", "unexpected character '\\n' in a string: control characters must be escaped", 2},
		{"\"\\t\n\"", "unexpected character '\\n' in a string: control characters must be escaped", 3},
		{`"\x"`, "unexpected character 'x' in an escape sequence", 2},
		{`"\u12x4"`, "unexpected character 'x' in an escape sequence", 5},
		{`"\u12`, "unexpected end of JSON input", 5},
		{`1 x`, "unexpected character 'x' after the end of the value", 2},
	} {
		_, err := Decode([]byte(test.text))
		syntax, ok := errors.AsType[*SyntaxError](err)
		if !ok || syntax.Message != test.want || syntax.Offset != test.offset {
			t.Errorf("Decode(%q) = %#v, want %q at %d", test.text, err, test.want, test.offset)
		}
	}
}

func TestDecodeDepth(t *testing.T) {
	for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		inner := "1"
		text := strings.Repeat(brackets[0], MaxDepth) + inner + strings.Repeat(brackets[1], MaxDepth)
		if _, err := Decode([]byte(text)); err != nil {
			t.Errorf("nested as deep as allowed: %v", err)
		}
		if _, err := Decode([]byte(brackets[0] + text + brackets[1])); err == nil {
			t.Errorf("%s nested %d deep is accepted", brackets[0], MaxDepth+1)
		}
		if _, err := Decode([]byte(strings.Repeat(brackets[0], 1e6))); err == nil {
			t.Error("a million opening brackets are accepted")
		}
	}
}

// A decoder is used again: what one text left behind must not show in the next, nor in results given out before.
func TestDecodeAgain(t *testing.T) {
	first, err := Decode([]byte(`{"a":["x",{"b":1}],"c":2}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`[1,[2,[3,`, `{"z":{"y":`, `["p","q","r","s"]`} {
		_, _ = Decode([]byte(text))
	}
	want := map[string]any{"a": []any{"x", map[string]any{"b": int64(1)}}, "c": int64(2)}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeLeavesItsInputAlone(t *testing.T) {
	data := []byte(`{"name":"Jane"}`)
	v, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, strings.Repeat("#", len(data)))
	if diff := cmp.Diff(map[string]any{"name": "Jane"}, v); diff != "" {
		t.Error(diff)
	}
}
