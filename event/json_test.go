package event

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

var strangeStrings = []string{
	"", "plain", `"quoted" \ and /`, "<a href='x'>&amp;</a>", "\x00\x01\x1f\x7f", "\b\f\n\r\t",
	"\u2027\u2028\u2029\u202a", "é😀\ufffd\U0010ffff",
	"\xff", "a\xc3", "\xc3(", "\xed\xa0\x80", "\xf0\x9f\x98", "\xf0\x9f\x98\x80\x80", "\xe2\x80", "\xe2\x80\xa8",
}

func FuzzAppendString(f *testing.F) {
	for _, s := range strangeStrings {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := string(encodingJSON(t, s))
		if got := string(appendString([]byte("-"), s)); got != "-"+want {
			t.Fatalf("appended %s, encoding/json has %s", got, want)
		}
		if got := string(appendString(nil, []byte(s))); got != want {
			t.Fatalf("appended %s as bytes, encoding/json has %s", got, want)
		}
	})
}

// Of a well-formed string appendUnquoted makes what encoding/json makes of it; with any other it comes to an end.
func FuzzAppendUnquoted(f *testing.F) {
	for _, s := range strangeStrings {
		quoted, _ := json.Marshal(s)
		f.Add(quoted)
		f.Add([]byte(`"` + s + `"`))
	}
	for _, quoted := range []string{
		``, `"`, `"\`, `"\u`, `"\u00`, `"\u00e9"`, `"\u00E9\u00e9x"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`,
		`"\ud83d\n"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`,
		`"\b\f\n\r\t\/\\\""`, `"\x"`, "\"\\\x98\"", `no quotes`,
	} {
		f.Add([]byte(quoted))
	}
	f.Fuzz(func(t *testing.T, quoted []byte) {
		got := appendUnquoted([]byte("-"), quoted)
		if !utf8.Valid(got) || got[0] != '-' {
			t.Fatalf("%q says %q", quoted, got)
		}
		var want string
		if len(quoted) > 0 && quoted[0] == '"' && json.Unmarshal(quoted, &want) == nil && string(got) != "-"+want {
			t.Fatalf("%q says %q, encoding/json reads %q", quoted, got[1:], want)
		}
	})
}

func TestAppendFloat(t *testing.T) {
	for _, f := range []float64{
		0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e-6, 9.9e-7, 1e-7, 1e-10, 1e-300, 1e20, 1e21, 1.5e22, 1e300,
		math.MaxFloat64, math.SmallestNonzeroFloat64,
	} {
		if got, want := string(appendFloat(nil, f)), string(encodingJSON(t, f)); got != want {
			t.Errorf("appended %s, encoding/json has %s", got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(appendFloat(nil, f)); got != "0" {
			t.Errorf("%g is appended as %s", f, got)
		}
	}
}

func TestNextScalar(t *testing.T) {
	for text, want := range map[string]string{
		``:                                  ``,
		` [ ] `:                             ``,
		`{"a":-1.5e+3,"b":[true,null,"c"]}`: `"a"|-1.5e+3|"b"|true|null|"c"`,
		`"a\"b\\"`:                          `"a\"b\\"`,
		`"open`:                             `"open`,
		`"open\`:                            `"open\`,
		`1`:                                 `1`,
	} {
		var got []string
		for start, end := nextScalar([]byte(text), 0); start < len(text); start, end = nextScalar([]byte(text), end) {
			got = append(got, text[start:end])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s has %s, want %s", text, strings.Join(got, "|"), want)
		}
	}
}
