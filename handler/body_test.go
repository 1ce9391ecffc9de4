package handler

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDecode(t *testing.T) {
	for _, row := range []struct {
		contentType, body string
		status            int
		payload           string
	}{
		{"", `{"a":1}`, 0, `{"a":1}`},
		{"", ``, 0, `null`},
		{"application/json", "\xef\xbb\xbf[1.50]", 0, `[1.50]`},
		{"application/json; charset=utf-8", `"x"`, 0, `"x"`},
		{"APPLICATION/JSON", `1`, 0, `1`},
		{"application/cloudevents+json", `{}`, 0, `{}`},
		{"application/x-www-form-urlencoded", "a=1&b=x+y%21", 0, `{"a":"1","b":"x y!"}`},
		{"application/x-www-form-urlencoded", "a=1&a=2&a=3", 0, `{"a":["1","2","3"]}`},
		{"application/x-www-form-urlencoded", "", 0, `{}`},
		{"application/x-www-form-urlencoded", "a=%zz", 400, ""},
		{"application/json", `{"a":`, 400, ""},
		{"application/json", "\x00", 400, ""},
		{"text/plain", `{}`, 415, ""},
		{"application/xml", `<a/>`, 415, ""},
		{"application/jsonx", `{}`, 415, ""},
		{"nonsense;;", `{}`, 415, ""},
		{"multipart/form-data; boundary=x", `--x--`, 415, ""},
	} {
		header := http.Header{}
		if row.contentType != "" {
			header.Set("Content-Type", row.contentType)
		}
		got, refused := decode(header, []byte(row.body))
		if refused != nil {
			if refused.status != row.status || refused.message == "" {
				t.Errorf("%q %q: refused with %d %q, want %d", row.contentType, row.body, refused.status, refused.message, row.status)
			}
			continue
		}
		if row.status != 0 || string(got.payload.Raw()) != row.payload {
			t.Errorf("%q %q: %s, want %d %s", row.contentType, row.body, got.payload.Raw(), row.status, row.payload)
		}
	}
}

func TestDecodeRefusesEncodings(t *testing.T) {
	if _, refused := decode(http.Header{"Content-Encoding": {"gzip"}}, nil); refused == nil || refused.status != 415 {
		t.Errorf("gzip: %+v", refused)
	}
	if _, refused := decode(http.Header{"Content-Encoding": {"identity"}}, []byte("1")); refused != nil {
		t.Errorf("identity: %+v", refused)
	}
}

func TestReadBody(t *testing.T) {
	const limit = 10
	for _, row := range []struct {
		name   string
		body   io.Reader
		keep   bool
		status int
	}{
		{"fits", strings.NewReader("0123456789"), true, 0},
		{"fits, counted", strings.NewReader("0123456789"), false, 0},
		{"too long", strings.NewReader("0123456789+"), true, 413},
		{"too long, counted", strings.NewReader("0123456789+"), false, 413},
		{"too long, length unknown", io.MultiReader(strings.NewReader("0123456789"), strings.NewReader("+")), true, 413},
		{"one byte at a time", iotest.OneByteReader(strings.NewReader("0123456789")), true, 0},
		{"broken", io.MultiReader(strings.NewReader("012"), iotest.ErrReader(errors.New("reset"))), true, 400},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", row.body)
		body, refused := readBody(httptest.NewRecorder(), r, limit, row.keep)
		switch {
		case row.status == 0 && refused != nil, row.status != 0 && (refused == nil || refused.status != row.status):
			t.Errorf("%s: %+v, want status %d", row.name, refused, row.status)
		case row.status == 0 && row.keep && string(body) != "0123456789":
			t.Errorf("%s: read %q", row.name, body)
		case !row.keep && len(body) > 0:
			t.Errorf("%s: a stranger's body was kept", row.name)
		}
	}
}

func TestAnnouncedLengthIsEnough(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("was read")))
	r.ContentLength = 11
	if _, refused := readBody(httptest.NewRecorder(), r, 10, true); refused == nil || refused.status != 413 {
		t.Errorf("%+v, want a 413 without reading", refused)
	}
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "0": 0, "3": 3, "-7": 0, "x": 0, "99999999999999999999": 0, "1.5": 0} {
		if got := depth(http.Header{"X-Krosyn-Depth": {text}}); got != want {
			t.Errorf("%q is depth %d, want %d", text, got, want)
		}
	}
}

// FuzzDecode has a payload or a refusal for any body, and never both.
func FuzzDecode(f *testing.F) {
	f.Add("application/json", []byte(`{"a":[1,2.5e3,"\u00e9"]}`), "")
	f.Add("application/x-www-form-urlencoded", []byte("a=1&b=%F0%9F"), "")
	f.Add("multipart/form-data", []byte("--"), "gzip")
	f.Fuzz(func(t *testing.T, contentType string, body []byte, encoding string) {
		header := http.Header{"Content-Type": {contentType}, "Content-Encoding": {encoding}}
		got, refused := decode(header, body)
		if (got.payload == nil) == (refused == nil) {
			t.Fatalf("%q %q: payload %v, refusal %v", contentType, body, got.payload, refused)
		}
		if refused != nil && (refused.status < 400 || refused.status > 415) {
			t.Errorf("status %d", refused.status)
		}
	})
}
