package event

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCapture(t *testing.T) {
	deep := strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting)
	for _, test := range []struct {
		name      string
		data      string
		truncated bool
		body      string
		encoding  string
	}{
		{"nothing", "", false, "", ""},
		{"nothing of more", "", true, "", ""},
		{"JSON", "{\"b\": 1.0,\n \"a\":[]}\n", false, "{\"b\": 1.0,\n \"a\":[]}\n", ""},
		{"a JSON string", `"x"`, false, `"x"`, ""},
		{"truncated JSON", `{"a":1}`, true, `"{\"a\":1}"`, ""},
		{"text", "ok <b>&", false, `"ok <b>&"`, ""},
		{"two values", "1 2", false, `"1 2"`, ""},
		{"a text with characters of several bytes", "é😀", false, `"é😀"`, ""},
		{"cut in a character of two bytes", "aé\xc3", true, `"aé"`, ""},
		{"cut in a character of four bytes", "a\xf0\x9f\x98", true, `"a"`, ""},
		{"cut behind a character", "aé", true, `"aé"`, ""},
		{"half a character that was not cut", "a\xc3", false, `"YcM="`, "base64"},
		{"binary", "\x89PNG\xff", false, `"iVBOR/8="`, "base64"},
		{"truncated binary", "\x89PNG\xf0", true, `"iVBOR/A="`, "base64"},
		{"text with a NUL", "a\x00b", false, `"YQBi"`, "base64"},
		{"continuation bytes alone", "\x80\x80\x80\x80\x80", true, `"gICAgIA="`, "base64"},
		{"nested as deep as allowed", deep, false, deep, ""},
		{"nested deeper", "[" + deep + "]", false, `"[` + deep + `]"`, ""},
		{"many brackets, not deep", "[" + strings.Repeat("[],", 2000) + `"[["]`, false,
			"[" + strings.Repeat("[],", 2000) + `"[["]`, ""},
	} {
		body, encoding := Capture([]byte(test.data), test.truncated)
		if string(body) != test.body || encoding != test.encoding {
			t.Errorf("%s: %s, %q, want %s, %q", test.name, body, encoding, test.body, test.encoding)
		}
	}
}

func TestCaptureKeepsNothingOfItsInput(t *testing.T) {
	data := []byte(`{"a":1}`)
	body, _ := Capture(data, false)
	data[2] = 'b'
	if string(body) != `{"a":1}` {
		t.Errorf("the record changed to %s with the buffer", body)
	}
}

// Whatever the body was, its record is JSON from which it can be had again, up to a character that the cut split.
func TestCaptureIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkCapture(t, drawBody().Draw(t, "data"), rapid.Bool().Draw(t, "truncated"))
	})
}

func FuzzCapture(f *testing.F) {
	for _, data := range []string{
		"", "{}", `{"a":[1]}`, "text", "a\xc3", "\x80\x80", "\xf0\x9f\x98\x80", "a\x00", "\"\xff\"", " 1 ",
	} {
		f.Add([]byte(data), false)
		f.Add([]byte(data), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, truncated bool) { checkCapture(t, data, truncated) })
}

func drawBody() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.SliceOf(rapid.Byte()),
		rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
		rapid.Map(rapid.String(), func(s string) []byte { return []byte(s + "😀"[:len(s)%4]) }),
		rapid.SampledFrom([][]byte{[]byte(`{"a":"b"}`), []byte(` [1, 2] `), []byte("\"a\xffb\"")}),
	)
}

func checkCapture(t rapid.TB, data []byte, truncated bool) {
	t.Helper()
	body, encoding := Capture(data, truncated)
	if len(data) == 0 {
		if body != nil || encoding != "" {
			t.Fatalf("nothing is recorded as %s, %q", body, encoding)
		}
		return
	}
	if !json.Valid(body) {
		t.Fatalf("%q is recorded as %q", data, body)
	}
	if string(body) == string(data) && encoding == "" && !truncated {
		return
	}
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		t.Fatalf("%q is recorded as %s: %v", data, body, err)
	}
	if encoding == "base64" {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		text = string(decoded)
	}
	lost := len(data) - len(text)
	splitRune := truncated && lost < utf8.UTFMax && !utf8.FullRune(data[len(text):])
	if !strings.HasPrefix(string(data), text) || lost > 0 && !splitRune {
		t.Fatalf("%q is recorded as %q", data, text)
	}
}
