package command

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"Jäne 日本 😀 a\u00a0b":        "Jäne 日本 😀 a\u00a0b",
		"\x1b[2J":                   `\u001b[2J`,
		"\x1b]0;title\x07":          `\u001b]0;title\u0007`,
		"\u009b31m":                 `\u009b31m`,
		"a\r\nb\tc\x00\x7f":         `a\u000d\nb\tc\u0000\u007f`,
		"user\u202egnp.exe":         `user\u202egnp.exe`,
		"zero\u200bwidth\ufeff":     `zero\u200bwidth\ufeff`,
		"line\u2028end\u2029":       `line\u2028end\u2029`,
		"tag \U000e0041":            `tag \udb40\udc41`,
		"broken \xff\xfe utf8":      `broken \ufffd\ufffd utf8`,
		"a real \ufffd replacement": "a real \ufffd replacement",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := printableText("a\n\tb\r\x1b"); got != "a\n\tb"+`\u000d\u001b` {
		t.Errorf("%q", got)
	}
	if got := printableJSON([]byte("{\"a\":1,\r\"b\":\"\x7f\"}")); got != `{"a":1, "b":"\u007f"}` {
		t.Errorf("%q", got)
	}
}

// FuzzPrintable lets nothing through that a terminal would take for a command, and changes no JSON.
func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "a\x1b[31m", `{"a":"` + "\u009b\u202e\U000e0041" + `","b":[1,"\u001b"]}`, "\xff", "\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kept, got := range map[string]string{"": printable(text), "\n\t": printableText(text)} {
			if !utf8.ValidString(got) {
				t.Errorf("%q: %q is not UTF-8", text, got)
			}
			for _, r := range got {
				if (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) && !strings.ContainsRune(kept, r) {
					t.Errorf("%q: %q has %U", text, got, r)
				}
			}
		}
		var before, after any
		if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(printableJSON([]byte(text))), &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q: %v, %v became %v", text, err, before, after)
		}
	})
}
