package event

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRedactJSON(t *testing.T) {
	r := NewRedactor(map[string]string{
		"TOKEN": token, "DIGITS": "1234567890", "QUOTES": `say "hi" \ now`, "SYNTAX": `left","right`,
		"LIST": "11,22,33,44", "BRACKETS": "}]}]}]}]}",
		"ESCAPED": `line\none`, "FOREIGN": "Schlüssel\n", "LITERALS": "true,null",
	}, nil)
	for _, test := range []struct{ name, raw, want string }{
		{"nothing", ``, ``},
		{"no secret", "{ \"a\" : [1.50, \"\\u00e9\\n\"] }\n", "{ \"a\" : [1.50, \"\\u00e9\\n\"] }\n"},
		{"a value", `{"b":1.0, "a":"Bearer s3cr3t-t0ken"}`, `{"b":1.0, "a":"Bearer [REDACTED]"}`},
		{"a key", `{"s3cr3t-t0ken": 1}`, `{"[REDACTED]": 1}`},
		{"beside another string", `["\u00e9", "s3cr3t-t0ken"]`, `["\u00e9", "[REDACTED]"]`},
		{"needless escapes", `"\u00733cr3t\u002dt0ken\/"`, `"[REDACTED]/"`},
		{"capitals in escapes", `"\u0073\u0033cr3t\u002Dt0ken"`, `"[REDACTED]"`},
		{"quotes and backslashes", `{"a":"say \"hi\" \\ now"}`, `{"a":"[REDACTED]"}`},
		{"JSON in JSON", `{"a":"{\"b\":\"say \\\"hi\\\" \\\\ now\"}"}`, `{"a":"{\"b\":\"[REDACTED]\"}"}`},
		{"a number", `{"a":1234567890}`, `{"a":"[REDACTED]"}`},
		{"in a number", `[-91234567890.5e3 ,7]`, `["[REDACTED]" ,7]`},
		{"over two strings", `{"a":["left","right",1]}`, `{"a":["[REDACTED]","[REDACTED]",1]}`},
		{"over a list of numbers", `[10,11,22,33,44,55]`, `[10,"[REDACTED]","[REDACTED]","[REDACTED]","[REDACTED]",55]`},
		{"over literals", `[1,true,null]`, `[1,"[REDACTED]","[REDACTED]"]`},
		{"of nothing but brackets", `{"a":[{"a":[{"a":[{"a":[{"a":1}]}]}]}]}`, `"[REDACTED]"`},
		{"as it is escaped", `{"a":"line\none","b":2}`, `{"a":"[REDACTED]","b":2}`},
		{"letters of other alphabets", `"Schl\u00fcssel"`, `"[REDACTED]"`},
		{"malformed", `{"a":"s3cr3t-t0ken"`, `"[REDACTED]"`},
		{"malformed escape", `"\u00zzs3cr3t-t0ken"`, "\"\ufffd[REDACTED]\""},
		{"malformed, no secret", `{"a":`, `{"a":`},
	} {
		got := r.JSON(json.RawMessage(test.raw))
		if string(got) != test.want {
			t.Errorf("%s: %s is redacted to %s, want %s", test.name, test.raw, got, test.want)
		}
	}
}

func TestRedactJSONInPlace(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	raw := json.RawMessage(`"s3cr3t-t0ken"`)
	if got := r.JSON(raw); string(raw) != `"s3cr3t-t0ken"` || string(got) != `"[REDACTED]"` {
		t.Errorf("%s is redacted to %s", raw, got)
	}
	// A caller may write to what it got.
	copy(r.JSON(json.RawMessage(`{"s3cr3t-t0ken"`)), "##########")
	if got := r.JSON(json.RawMessage(`{"s3cr3t-t0ken"`)); string(got) != `"[REDACTED]"` {
		t.Errorf("the mask has become %s", got)
	}
	clean := json.RawMessage(`{"a":"b\n"}`)
	if got := r.JSON(clean); &got[0] != &clean[0] {
		t.Error("a text without a secret is copied")
	}
}

func TestRedactCleanWithoutAllocation(t *testing.T) {
	r := NewRedactor(keys(50), nil)
	e := sample()
	r.Event(e)
	text := strings.Repeat("nothing to hide, ", 100)
	escaped := json.RawMessage(`{"text":"a \"quoted\" line\n","list":["\u00e9",1,2,3]}`)
	if n := testing.AllocsPerRun(100, func() {
		r.Event(e)
		r.JSON(escaped)
		if r.String(text) != text {
			t.Error("a text without a secret is redacted")
		}
	}); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestRedactBody(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	for _, test := range []struct {
		name      string
		data      string
		truncated bool
		want      string
	}{
		{"nothing", "", true, ""},
		{"JSON", `{"a":"s3cr3t-t0ken"}`, false, `{"a":"[REDACTED]"}`},
		{"text", "<b>s3cr3t-t0ken</b>", false, `"<b>[REDACTED]</b>"`},
		{"text that ends like a secret begins", "the s3cr3t", false, `"the s3cr3t"`},
		{"cut in a secret", "the s3cr3t", true, `"the [REDACTED]"`},
		{"cut in a secret, in base64", "Basic czNjcjN0LX", true, `"Basic [REDACTED]"`},
		{"cut elsewhere", "s3cr3t-t0ken and", true, `"[REDACTED] and"`},
		{"binary", "\x00\xffs3cr3t-t0ken\xff", false,
			`"` + base64.StdEncoding.EncodeToString([]byte("\x00\xff[REDACTED]\xff")) + `"`},
		{"binary, escaped for a URL", "\xff?a=s3cr3t-t0ken", false,
			`"` + base64.StdEncoding.EncodeToString([]byte("\xff?a=[REDACTED]")) + `"`},
		{"binary, cut in a secret", "\x00\xffs3cr3t-t0", true,
			`"` + base64.StdEncoding.EncodeToString([]byte("\x00\xff[REDACTED]")) + `"`},
		{"binary, no secret", "\x00\xff", true, `"AP8="`},
	} {
		body, encoding := Capture([]byte(test.data), test.truncated)
		if got := r.body(body, encoding, test.truncated); string(got) != test.want {
			t.Errorf("%s: redacted to %s, want %s", test.name, got, test.want)
		}
	}
	for _, encoding := range []string{"base64", ""} {
		if got := r.body(json.RawMessage(`"s3cr3t-t0ken!"`), encoding, true); string(got) != `"[REDACTED]!"` {
			t.Errorf("a body that is not %q as it says is redacted to %s", encoding, got)
		}
		if got := r.body(json.RawMessage(`["s3cr3t-t0ken"]`), encoding, true); string(got) != `["[REDACTED]"]` {
			t.Errorf("a body that is no string is redacted to %s", got)
		}
	}
}

// Whatever JSON a secret is in, what comes out is JSON and has nothing of it, neither as stored nor as read.
func TestRedactJSONLeavesNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.OneOf(
			drawSecret(), rapid.StringMatching(`[1-9][0-9]{7,9}`), rapid.StringMatching(`[0-9",:{}a]{8,9}`),
		)
		secrets := rapid.MapOfN(rapid.StringMatching(`[A-Z]{1,3}`), secret, 1, 4).Draw(t, "secrets")
		checkRedactJSON(t, secrets, []byte(drawJSON(secrets, 3).Draw(t, "JSON")))
	})
}

func FuzzRedactJSON(f *testing.F) {
	f.Add(token, slashed, []byte(`{"s3cr3t-t0ken":["\u00733cr3t-t0ken",1],"a":"T0123\/B4567\/q+w=e&r<t>"}`))
	f.Add("1234567890", "11,22,33", []byte(`[1234567890,11,22,33]`))
	f.Add(`a","b":"c`, `line\none`, []byte(`{"x":"a","b":"c","d":"line\none"}`))
	f.Add("}]}]}]}]", "        x", []byte(`[{"a":[{"a":[{"a":[{"a":1}]}]}]}]`))
	f.Add("ab\"\\\ncd€", "\u2028<>&'\u2029//", []byte(`"ab\"\\\ncd\u20ac \u2028\u003c>\u0026'\u2029\/\/"`))
	f.Fuzz(func(t *testing.T, first, second string, raw []byte) {
		secrets := map[string]string{"FIRST": first, "SECOND": second}
		skipMasks(t, secrets)
		checkRedactJSON(t, secrets, raw)
	})
}

func checkRedactJSON(t rapid.TB, secrets map[string]string, raw []byte) {
	t.Helper()
	r := NewRedactor(secrets, nil)
	before := string(raw)
	redacted := r.JSON(raw)
	if string(raw) != before {
		t.Fatalf("%q was changed to %q", before, raw)
	}
	if !json.Valid(raw) {
		return
	}
	if !json.Valid(redacted) {
		t.Fatalf("%q is redacted to %q, which is not JSON", raw, redacted)
	}
	found := false
	for name, secret := range looked(r, secrets) {
		found = found || inJSONText(t, raw, patternsOf(secret))
		if strings.Contains(string(redacted), secret) {
			t.Fatalf("%q is redacted to %q and has %s in its text", raw, redacted, name)
		}
		for _, text := range strs(t, redacted) {
			if leak := findSecret(text, secret); leak != "" {
				t.Fatalf("%q is redacted to %q and leaks %s as %s in %q", raw, redacted, name, leak, text)
			}
		}
	}
	if !found && string(redacted) != before {
		t.Fatalf("%q, which has no secret, is redacted to %q", raw, redacted)
	}
}

func inJSONText(t rapid.TB, raw []byte, patterns []pattern) bool {
	texts := append(strs(t, raw), string(raw))
	for _, p := range patterns {
		for _, text := range texts {
			if strings.Contains(text, p.text) {
				return true
			}
		}
	}
	return false
}

// strs gives all strings, keys too, and numbers of a JSON text.
func strs(t rapid.TB, raw []byte) (list []string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return list
		}
		if _, ok := token.(json.Delim); !ok {
			list = append(list, fmt.Sprint(token))
		}
	}
}

// drawJSON draws JSON with secrets in strings, keys, numbers and across them.
func drawJSON(secrets map[string]string, depth int) *rapid.Generator[string] {
	str := rapid.Custom(func(t *rapid.T) string {
		text := drawText(secrets).Draw(t, "text")
		var quoted strings.Builder
		quoted.WriteByte('"')
		for _, unit := range text {
			if rapid.IntRange(0, 9).Draw(t, "escape") == 0 && unit < 0x10000 {
				fmt.Fprintf(&quoted, `\u%04X`, unit)
			} else {
				inside := encodingJSON(t, string(unit))
				quoted.Write(inside[1 : len(inside)-1])
			}
		}
		return quoted.String() + `"`
	})
	number := rapid.Map(rapid.SampledFrom(values(secrets)), func(secret string) string {
		if json.Valid([]byte("1" + secret)) {
			return "1" + secret
		}
		return "12345678"
	})
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 3).Draw(t, "kind")
		switch {
		case kind == 0 || depth == 0:
			return str.Draw(t, "string")
		case kind == 1:
			return number.Draw(t, "number")
		}
		var items []string
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			item := drawJSON(secrets, depth-1).Draw(t, "item")
			if kind == 2 {
				item = str.Draw(t, "key") + ":" + item
			}
			items = append(items, item)
		}
		if kind == 2 {
			return "{" + strings.Join(items, ", ") + "}"
		}
		return "[" + strings.Join(items, ",") + "]"
	})
}
