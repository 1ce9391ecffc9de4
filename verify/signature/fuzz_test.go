package signature

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzHeaders puts anything into the headers of every scheme. Nothing is accepted but what has the right signature in
// one of them.
func FuzzHeaders(f *testing.F) {
	verifiers := make(map[string]Verifier)
	right := make(map[string]string)
	for name, s := range senders {
		verifiers[name] = newVerifier(f, name, s.config(name, valid...))
		r := s.request(now, theKey)
		right[name] = strings.TrimRight(s.signatureAt(now, theKey), "=")
		at := presets[name].scheme.compile().headers[0]
		id := ""
		if len(at.id) > 0 {
			id = r.Header.Get(at.id[0])
		}
		f.Add(r.Header.Get(at.signature), r.Header.Get(at.timestamp), id)
		f.Add(s.request(now, another, theKey).Header.Get(at.signature), "", "")
	}
	odd := []string{"", "t=,v1=", ",,,", "v1,", "t=1,t=2,v1=00", "sha256=", "=", strings.Repeat("v1=0,", 99)}
	for _, odd := range odd {
		f.Add(odd, "1", "1")
	}
	f.Fuzz(func(t *testing.T, signature, timestamp, id string) {
		for name, v := range verifiers {
			s := senders[name]
			r := s.carrying(now)
			for _, at := range v.(*verifier).scheme.headers {
				r.Header[at.signature] = []string{signature}
				if at.timestamp != "" {
					r.Header[at.timestamp] = []string{timestamp}
				}
				for _, field := range at.id {
					r.Header[field] = []string{id}
				}
			}
			delivery, err := v.Verify(r, now)
			if err != nil {
				if delivery != (Delivery{}) {
					t.Errorf("%s: %+v beside the error %v", name, delivery, err)
				}
				continue
			}
			if !strings.Contains(strings.ToLower(signature), strings.ToLower(right[name])) && s.stamp == nil {
				t.Errorf("%s: %q was accepted", name, signature)
			}
			if s.stamp != nil && now.Sub(delivery.Timestamp).Abs() > defaultTolerance {
				t.Errorf("%s: %q is of %s", name, timestamp, delivery.Timestamp)
			}
		}
	})
}

// FuzzBodies puts anything into the body of the schemes that read it before they know who it is from.
func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"signature":{"timestamp":"1","token":"t","signature":"00"}}`), false)
	f.Add([]byte("timestamp=1&token=t&signature=00"), true)
	f.Add([]byte(`{"signature":[]}`), false)
	f.Add([]byte("%zz&;&a=b"), true)
	mailgun := newVerifier(f, "mailgun", Config{Secrets: valid})
	twilio := newVerifier(f, "twilio", Config{Secrets: valid})
	f.Fuzz(func(t *testing.T, body []byte, form bool) {
		r := posted("X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		r.Body = body
		if form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, v := range []Verifier{mailgun, twilio} {
			if _, err := v.Verify(r, now); err == nil {
				t.Errorf("%q was accepted", body)
			}
		}
	})
}

// FuzzTemplate has a template say what it was made of.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"$body", "v0:$timestamp:$body", "$id.$timestamp.$body", "$", "$$body", "$bodyx", "$body_$id", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseTemplate(text, genericVariables)
		if err != nil {
			return
		}
		v := &verifier{}
		r := &Request{Method: "$method", URL: "$url"}
		p := &presented{timestamp: "$timestamp", id: "$id"}
		head, _ := v.appendParts(nil, parsed.head, r, p)
		if parsed.body {
			head = append(head, "$body"...)
		}
		if all, _ := v.appendParts(head, parsed.tail, r, p); string(all) != text {
			t.Errorf("%q became %q", text, all)
		}
	})
}

// FuzzJSONField agrees with the decoder of the standard library about which objects have which member.
func FuzzJSONField(f *testing.F) {
	for _, body := range []string{`{"id":"a"}`, `{"x":{"id":1},"id":2}`, `{"id":"a","id":"b"}`, `[`, `{"id":"é\ud83d"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := jsonField(body, []string{"id"})
		var whole map[string]json.RawMessage
		if json.Unmarshal(body, &whole) != nil || bytes.Count(body, []byte("id")) > 1 || bytes.Contains(body, []byte(`\u`)) {
			return // not an object, or one that may have the member twice
		}
		var text string
		var number json.Number
		switch {
		case json.Unmarshal(whole["id"], &text) == nil:
		case json.Unmarshal(whole["id"], &number) == nil:
			text = number.String()
		}
		if got != text || ok != (text != "") {
			t.Errorf("%s has %q, want %q", body, got, text)
		}
	})
}

// FuzzTimestamp has no time far from what its text says.
func FuzzTimestamp(f *testing.F) {
	for _, text := range []string{"1700000000", "1700000000123", "2023-11-14T22:13:20Z", "", "-1", "9999999999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := parseTimestamp(text)
		if !ok {
			return
		}
		if strings.TrimLeft(text, "0123456789") == "" && len(text) > 13 {
			t.Errorf("%q is %s", text, at)
		}
		if y := at.UTC().Year(); y < -1 || y > 10000 {
			t.Errorf("%q is in the year %d", text, y)
		}
	})
}

// FuzzHandshakes has answers be short, and plain text or JSON, whatever is asked.
func FuzzHandshakes(f *testing.F) {
	f.Add("challenge=abc&validationToken=a&crc_token=abc", "challenge", []byte(""))
	f.Add("hub.mode=subscribe&hub.verify_token=of-meta&hub.challenge=1", "", []byte("webhook_id=1"))
	f.Add("challenge=%3Cb%3E", "<b>", []byte(`{"type":"url_verification","challenge":"<b>"}`))
	f.Add("crc_token=1", "a", []byte(`{"type":1}`))
	var handshakes []Handshake
	for _, name := range append(Handshakes(), "slack", "meta", "discord", "woocommerce") {
		handshakes = append(handshakes, handshakeOf(f, name))
	}
	f.Fuzz(func(t *testing.T, query, challenge string, body []byte) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := &Request{Method: method, URL: address + "?" + query, Body: body, Header: http.Header{
				"X-Okta-Verification-Challenge": {challenge},
			}}
			for _, h := range handshakes {
				a, ok := h.Answer(r, true, time.Now())
				if !ok {
					continue
				}
				if len(a.Body) > maxChallenge+32 || strings.ContainsAny(string(a.Body), "<>\r\n\x00&'") {
					t.Errorf("%T answers %q", h, a.Body)
				}
				if a.ContentType == "application/json" && !json.Valid(a.Body) {
					t.Errorf("%T answers %q", h, a.Body)
				}
			}
		}
	})
}

// FuzzDecodeHubSpot undoes no escape but those that it should.
func FuzzDecodeHubSpot(f *testing.F) {
	for _, text := range []string{"%3A", "%2f%20", "%%3A", "%3", "%253A", "a%", "%zz"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		decoded := string(decodeHubSpot([]byte(text), 0))
		whole, err := url.PathUnescape(text)
		if err != nil || strings.Contains(text, "%25") {
			return
		}
		if again, err := url.PathUnescape(decoded); err != nil || again != whole {
			t.Errorf("%q became %q", text, decoded)
		}
	})
}
