package content

import (
	"net/http"
	"strings"
	"testing"
)

const limit = 1 << 20

// expectation is what comes of a body: a payload, or a status.
type expectation struct {
	contentType, body string
	status            int
	payload           string
}

func (e expectation) check(t *testing.T) {
	t.Helper()
	header := http.Header{}
	if e.contentType != "" {
		header.Set("Content-Type", e.contentType)
	}
	got, refused := Decode(header, []byte(e.body), limit)
	switch {
	case refused != nil && (refused.Status != e.status || refused.Message == ""):
		t.Errorf("%q %q: refused with %d %q, want %d", e.contentType, e.body, refused.Status, refused.Message, e.status)
	case refused != nil:
	case e.status != 0:
		t.Errorf("%q %q: %s, want %d", e.contentType, e.body, got.Payload.Raw(), e.status)
	case string(got.Payload.Raw()) != e.payload:
		t.Errorf("%q %q: %s, want %s", e.contentType, e.body, got.Payload.Raw(), e.payload)
	case string(got.Body) != e.body:
		t.Errorf("%q %q: the body became %q", e.contentType, e.body, got.Body)
	case got.Form != strings.Contains(strings.ToLower(e.contentType), "form"):
		t.Errorf("%q %q: Form is %t", e.contentType, e.body, got.Form)
	}
}

func TestDecodeJSON(t *testing.T) {
	for _, row := range []expectation{
		{"", `{"a":1}`, 0, `{"a":1}`},
		{"", ``, 0, `null`},
		{"application/json", ``, 0, `null`},
		{"application/json", "\xef\xbb\xbf", 0, `null`},
		{"application/json", "\xef\xbb\xbf[1.50]", 0, `[1.50]`},
		{"application/json", "\xef\xbb\xbf\xef\xbb\xbf1", 400, ""},
		{"application/json; charset=utf-8", `"x"`, 0, `"x"`},
		{"application/json;charset=UTF-8", `"x"`, 0, `"x"`},
		{`application/json; charset="utf8"; version=2;`, `"x"`, 0, `"x"`},
		{"application/json; charset=US-ASCII", `"x"`, 0, `"x"`},
		{"APPLICATION/JSON", `1`, 0, `1`},
		{"application/cloudevents+json", `{}`, 0, `{}`},
		{"application/vnd.api+json; profile=x", `false`, 0, `false`},
		{"application/json", `{"b":1, "a":2}`, 0, `{"b":1, "a":2}`},
		{"application/json", `12345678901234567890`, 0, `12345678901234567890`},
		{"application/json", `{"a":`, 400, ""},
		{"application/json", "\x00", 400, ""},
		{"application/json", " ", 400, ""},
		{"application/json", `{} {}`, 400, ""},
		{"application/json", strings.Repeat("[", 100_000), 400, ""},
		{"application/json", `"` + strings.Repeat("x", limit) + `"`, 413, ""},
	} {
		row.check(t)
	}
}

func TestDecodeRefusesTypes(t *testing.T) {
	for _, row := range []expectation{
		{"text/plain", `{}`, 415, ""},
		{"text/json", `{}`, 415, ""},
		{"application/xml", `<a/>`, 415, ""},
		{"application/jsonx", `{}`, 415, ""},
		{"+json", `{}`, 415, ""},
		{"nonsense;;", `{}`, 415, ""},
		{";", `{}`, 415, ""},
		{"application/json, application/json", `{}`, 415, ""},
		{"application/json; charset=utf-16", `{}`, 415, ""},
		{"application/json; charset=", `{}`, 400, ""},
		{"application/json; charset=iso-8859-1", `{}`, 415, ""},
		{"application/json; charset", `{}`, 400, ""},
		{"application/json; charset:utf-8", `{}`, 400, ""},
		{"application/x-www-form-urlencoded; charset=windows-1252", `a=1`, 415, ""},
		{"multipart/form-data", "--x--", 400, ""},
		{"multipart/form-data; boundary=", "--x--", 400, ""},
		{`multipart/form-data; boundary=""`, "--x--", 400, ""},
		{"multipart/form-data; boundary=" + strings.Repeat("x", 71), "--x--", 400, ""},
		{"multipart/form-data; boundary=x; boundary=y", "--x--", 415, ""},
		{"multipart/mixed; boundary=x", "--x--", 415, ""},
	} {
		row.check(t)
	}
}

// TestMessages pins what senders read.
func TestMessages(t *testing.T) {
	const ofType, ofEncoding = "Content-Type", "Content-Encoding"
	for _, row := range []struct {
		header http.Header
		body   string
		want   Refusal
	}{
		{http.Header{ofType: {"text/xml"}}, "", Refusal{415, "Content type is not supported: send JSON or a form"}},
		{http.Header{ofType: {"application/json;charset=x"}}, "", Refusal{415, "Charset is not supported: send UTF-8"}},
		{http.Header{ofType: {"text/xml", "text/xml"}}, "", Refusal{400, "Content-Type header is repeated"}},
		{http.Header{ofType: {"multipart/form-data"}}, "", Refusal{400, "Content-Type header is malformed"}},
		{
			http.Header{ofEncoding: {"compress"}}, "",
			Refusal{415, "Content encoding is not supported: send the body uncompressed"},
		},
		{http.Header{ofEncoding: {"br", "br"}}, "", Refusal{400, "Content-Encoding header is repeated"}},
		{http.Header{ofEncoding: {"GZIP"}}, "1", Refusal{400, "Request body is not valid gzip"}},
		{nil, "[1, ", Refusal{400, "Request body is not valid JSON: unexpected end of JSON input at byte 4"}},
		{nil, strings.Repeat(" ", limit+1), Refusal{413, "Request body is too large"}},
		{
			http.Header{ofType: {"application/x-www-form-urlencoded"}}, "%",
			Refusal{400, "Request body is not a valid form"},
		},
		{
			http.Header{ofType: {"application/x-www-form-urlencoded"}}, strings.Repeat("a&", maxFields+1),
			Refusal{413, "Form has more than 1000 fields"},
		},
		{
			http.Header{ofType: {"multipart/form-data; boundary=x"}},
			"--x\r\nContent-Disposition: form-data; name=\"a\\\"b\"; filename=c\r\n\r\n\r\n--x--",
			Refusal{415, `Form field "a\"b" is a file: send JSON or a form without files`},
		},
	} {
		if _, refused := Decode(row.header, []byte(row.body), limit); refused == nil || *refused != row.want {
			t.Errorf("%v: %+v, want %+v", row.header, refused, row.want)
		}
	}
}

// TestTypeIsCheckedFirst decompresses nothing that cannot be read in any case.
func TestTypeIsCheckedFirst(t *testing.T) {
	header := http.Header{"Content-Type": {"text/xml"}, "Content-Encoding": {"gzip"}}
	if _, refused := Decode(header, []byte("no gzip"), limit); refused == nil || refused.Status != 415 {
		t.Errorf("%+v, want 415", refused)
	}
}
