package content

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// FuzzDecode has a payload or a refusal for any body, never both, and nothing over the limit.
func FuzzDecode(f *testing.F) {
	f.Add("application/json", "", []byte(`{"a":[1,2.5e3,"\u00e9"]}`))
	f.Add("application/json; charset=\"utf-8\"", "identity", []byte("\xef\xbb\xbf1"))
	f.Add(urlencodedType, "", []byte("a=1&b=%F0%9F&a=+"))
	f.Add(urlencodedType, "", []byte("payload=%7B%22a%22%3A1%7D"))
	f.Add(multipartType, "", []byte(parts("Content-Disposition: form-data; name=a\n\n1")))
	f.Add(multipartType, "", []byte(parts("Content-Disposition: form-data; name=a; filename=b\n\n1")))
	f.Add("multipart/form-data; boundary=\"", "gzip", []byte("--"))
	f.Add(";", ", ,", []byte{})
	for _, c := range compressions {
		f.Add("", c.encoding, c.compress(f, []byte(`[1]`)))
		f.Add(urlencodedType, c.encoding+","+c.encoding, c.compress(f, c.compress(f, []byte("a=1"))))
		f.Add("", c.encoding, c.bomb(f, 2))
	}
	f.Fuzz(func(t *testing.T, contentType, encoding string, body []byte) {
		const most = 64 << 10
		header := http.Header{"Content-Type": {contentType}, "Content-Encoding": {encoding}}
		got, refused := Decode(header, body, most)
		if (got.Payload == nil) == (refused == nil) {
			t.Fatalf("payload %v, refusal %+v", got.Payload, refused)
		}
		if refused != nil {
			if refused.Status != 400 && refused.Status != 413 && refused.Status != 415 {
				t.Errorf("status %d", refused.Status)
			}
			if refused.Message == "" || strings.ContainsFunc(refused.Message, func(r rune) bool { return r < ' ' }) {
				t.Errorf("message %q", refused.Message)
			}
			return
		}
		if raw := got.Payload.Raw(); len(got.Body) > most || len(raw) > most || !json.Valid(raw) {
			t.Errorf("%d bytes, payload %.100q", len(got.Body), raw)
		}
	})
}
