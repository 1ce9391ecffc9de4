package content

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const urlencodedType = "application/x-www-form-urlencoded"

func TestDecodeURLEncoded(t *testing.T) {
	for _, row := range []expectation{
		{urlencodedType, "a=1&b=x+y%21", 0, `{"a":"1","b":"x y!"}`},
		{urlencodedType, "a=1&a=2&a=3", 0, `{"a":["1","2","3"]}`},
		{urlencodedType, "", 0, `{}`},
		{urlencodedType, "&&", 0, `{}`},
		{urlencodedType, "z=1&a=2&z=3&m=4", 0, `{"z":["1","3"],"a":"2","m":"4"}`},
		{urlencodedType + "; charset=UTF-8", "a=%C3%A9", 0, `{"a":"é"}`},
		{urlencodedType, "a", 0, `{"a":""}`},
		{urlencodedType, "=1", 0, `{"":"1"}`},
		{urlencodedType, "a=b=c", 0, `{"a":"b=c"}`},
		{urlencodedType, "a%5B%5D=1&a%5Bb%5D=2", 0, `{"a[]":"1","a[b]":"2"}`},
		{urlencodedType, "a%20b=%22%5C%0A%00", 0, `{"a b":"\"\\\n\u0000"}`},
		{urlencodedType, "a=%ff", 0, `{"a":"` + "\ufffd" + `"}`},
		{urlencodedType, "%ff=1&%fe=2", 0, `{"` + "\ufffd" + `":["1","2"]}`},
		{urlencodedType, "a=%zz", 400, ""},
		{urlencodedType, "%zz=a", 400, ""},
		{urlencodedType, "a=1;b=2", 400, ""},
		{urlencodedType, strings.Repeat("a&", maxFields+1), 413, ""},
	} {
		row.check(t)
	}
}

func TestFormWrapsPayload(t *testing.T) {
	for body, want := range map[string]string{
		"payload=" + url.QueryEscape(`{"action": "opened", "n": 1.0}`): `{"action": "opened", "n": 1.0}`,
		"payload=%5B1%5D":               `[1]`,
		"payload=+%7B%7D":               ` {}`,
		"payload=%7B%7D&":               `{}`,
		"payload=1":                     `{"payload":"1"}`,
		"payload=":                      `{"payload":""}`,
		"payload=null":                  `{"payload":"null"}`,
		"payload=%7Bbroken":             `{"payload":"{broken"}`,
		"payload=%7B%7D&a=1":            `{"payload":"{}","a":"1"}`,
		"payload=%7B%7D&payload=%7B%7D": `{"payload":["{}","{}"]}`,
		"Payload=%7B%7D":                `{"Payload":"{}"}`,
		"payload%5B%5D=%7B%7D":          `{"payload[]":"{}"}`,
		"payload=%22%7B%7D%22":          `{"payload":"\"{}\""}`,
		"a=%7B%7D":                      `{"a":"{}"}`,
	} {
		expectation{contentType: urlencodedType, body: body, payload: want}.check(t)
	}
}

// TestFormIsLimitedAsJSON bounds what is stored: JSON needs six bytes for a control character.
func TestFormIsLimitedAsJSON(t *testing.T) {
	header := http.Header{"Content-Type": {urlencodedType}}
	const payload = `{"a":""}`
	body := []byte("a=" + strings.Repeat("\x01", 98))
	for _, spare := range []int64{-1, 0} {
		_, refused := Decode(header, body, 6*98+int64(len(payload))+spare)
		if refused != nil && refused.Status != 413 || (refused != nil) != (spare < 0) {
			t.Errorf("%d bytes to spare: %+v", spare, refused)
		}
	}
}

// pair is a field as it is sent.
type pair struct{ Name, Text string }

// grouped is the object that fields make, in order.
func grouped(pairs []pair) (names []string, texts map[string][]string) {
	texts = map[string][]string{}
	for _, p := range pairs {
		if !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
		texts[p.Name] = append(texts[p.Name], p.Text)
	}
	return names, texts
}

// read is the object as encoding/json reads it, in order.
func read(t *rapid.T, raw []byte) (names []string, texts map[string][]string) {
	texts = map[string][]string{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	next := func() json.Token {
		token, err := decoder.Token()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		return token
	}
	next()
	for decoder.More() {
		name := next().(string)
		names = append(names, name)
		token := next()
		if token != json.Delim('[') {
			texts[name] = []string{token.(string)}
			continue
		}
		for decoder.More() {
			texts[name] = append(texts[name], next().(string))
		}
		next()
	}
	return names, texts
}

// TestFormsRoundTrip has the payload say what was sent, in the same order, however the form is encoded.
func TestFormsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A few names, so that some are repeated.
		name := rapid.OneOf(rapid.StringMatching(`[a-c]`), rapid.StringMatching(`[ -~äß☃]{0,5}`))
		pairs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pair {
			return pair{name.Draw(t, "name"), rapid.String().Draw(t, "text")}
		}), 0, 12).Draw(t, "pairs")
		pairs = append(pairs, pair{"last", ""}) // never a lone payload

		var urlencoded []string
		var body bytes.Buffer
		writer := multipart.NewWriter(&body)
		for _, p := range pairs {
			urlencoded = append(urlencoded, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Text))
			if err := writer.WriteField(p.Name, p.Text); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		wantNames, wantTexts := grouped(pairs)
		for contentType, body := range map[string]string{
			urlencodedType:               strings.Join(urlencoded, "&"),
			writer.FormDataContentType(): body.String(),
		} {
			got, refused := Decode(http.Header{"Content-Type": {contentType}}, []byte(body), limit)
			if refused != nil {
				t.Fatalf("%s %q: %+v", contentType, body, refused)
			}
			names, texts := read(t, got.Payload.Raw())
			if diff := cmp.Diff(wantNames, names) + cmp.Diff(wantTexts, texts); diff != "" {
				t.Errorf("%s %q: %s", contentType, body, diff)
			}
		}
	})
}
