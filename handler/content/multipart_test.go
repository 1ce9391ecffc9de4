package content

import (
	"strings"
	"testing"
)

const multipartType = "multipart/form-data; boundary=x"

// parts is a multipart body of parts, each of which is a header, a blank line and a text.
func parts(list ...string) string {
	var body strings.Builder
	for _, part := range list {
		body.WriteString("--x\r\n" + strings.ReplaceAll(part, "\n", "\r\n") + "\r\n")
	}
	return body.String() + "--x--\r\n"
}

func TestDecodeMultipart(t *testing.T) {
	const named = "Content-Disposition: form-data; name="
	for _, row := range []expectation{
		{multipartType, parts(named + "a\n\n1"), 0, `{"a":"1"}`},
		{multipartType, parts(named+"b\n\n1", named+"a\n\n2", named+"b\n\n3"), 0, `{"b":["1","3"],"a":"2"}`},
		{multipartType, parts(named + `"x \"y\" é"` + "\n\nline\nline"), 0, `{"x \"y\" é":"line\r\nline"}`},
		{multipartType, parts(named + `""` + "\n\n1"), 0, `{"":"1"}`},
		{multipartType, parts(named + "a\nContent-Type: text/plain; charset=UTF-8\n\né"), 0, `{"a":"é"}`},
		{multipartType, parts(named + "a\nContent-Type: application/json\n\n{}"), 0, `{"a":"{}"}`},
		{multipartType, parts(named + "a\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9"), 0, `{"a":"é"}`},
		{multipartType, parts(named + "payload\nContent-Type: application/json\n\n" + `{"a": 1}`), 0, `{"a": 1}`},
		{multipartType, "preamble\r\n" + parts(named+"a\n\n1") + "epilogue", 0, `{"a":"1"}`},
		{multipartType + "; charset=utf-8", parts(named + "a\n\n1"), 0, `{"a":"1"}`},
		{multipartType, "--x--", 0, `{}`},
		{multipartType, "", 0, `{}`},

		{multipartType, parts(named + "a; filename=b.png\n\n1"), 415, ""},
		{multipartType, parts(named + `a; filename=""` + "\n\n"), 415, ""},
		{multipartType, parts(named + "a; filename*=UTF-8''b.png\n\n1"), 415, ""},
		{multipartType, parts(named+"a\n\n1", named+"b; filename=c\n\n1"), 415, ""},
		{multipartType, parts(named + "a\nContent-Type: text/plain; charset=ISO-8859-1\n\n1"), 415, ""},

		{multipartType, "no multipart", 400, ""},
		{multipartType, "--y\r\n" + named + "a\r\n\r\n1\r\n--y--", 400, ""},
		{multipartType, strings.TrimSuffix(parts(named+"a\n\n1"), "--x--\r\n"), 400, ""},
		{multipartType, "--x\r\n" + named + "a\r\n", 400, ""},
		{multipartType, parts("Content-Type: text/plain\n\n1"), 400, ""},
		{multipartType, parts("Content-Disposition: form-data\n\n1"), 400, ""},
		{multipartType, parts("Content-Disposition: attachment; name=a\n\n1"), 400, ""},
		{multipartType, parts(named + "a; name=b\n\n1"), 400, ""},
		{multipartType, parts(named + "é\n\n1"), 400, ""},
		{multipartType, parts("no header\n\n1"), 400, ""},
		{multipartType, parts(named + "a\nContent-Type: ;\n\n1"), 400, ""},
		{multipartType, parts(named + "a\nX-Filler: " + strings.Repeat("x", maxPartHeader) + "\n\n1"), 400, ""},
		{multipartType, parts(strings.Repeat("X-Filler: y\n", 20_000) + named + "a\n\n1"), 400, ""},
		{multipartType, strings.Repeat("--x\r\n"+named+"a\r\n\r\n\r\n", maxFields) + "--x--", 0,
			`{"a":[` + strings.Repeat(`"",`, maxFields-1) + `""]}`},
		{multipartType, strings.Repeat("--x\r\n"+named+"a\r\n\r\n\r\n", maxFields+1) + "--x--", 413, ""},
	} {
		row.check(t)
	}
}

// TestCutOffMultipart refuses each beginning of a body, rather than to lose its last fields.
func TestCutOffMultipart(t *testing.T) {
	const named = "Content-Disposition: form-data; name="
	whole := strings.TrimSuffix(parts(named+"a\n\n1", named+"b\n\n2"), "\r\n")
	for end := 1; end < len(whole); end++ {
		expectation{contentType: multipartType, body: whole[:end], status: 400}.check(t)
	}
	expectation{contentType: multipartType, body: whole, payload: `{"a":"1","b":"2"}`}.check(t)
}

// TestFileMessageIsShort quotes no more of a hostile name than a person reads.
func TestFileMessageIsShort(t *testing.T) {
	header := map[string][]string{
		"Content-Disposition": {`form-data; filename=f; name="` + strings.Repeat("\x1b", 1000) + `"`},
	}
	_, refused := fieldName(header)
	if refused == nil || refused.Status != 415 || len(refused.Message) > 250 || strings.Contains(refused.Message, "\x1b") {
		t.Errorf("%+v", refused)
	}
}
