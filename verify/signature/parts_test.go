package signature

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestParseTimestamp(t *testing.T) {
	at := time.Unix(1700000000, 0)
	for text, want := range map[string]time.Time{
		"1700000000": at, "1700000000123": time.UnixMilli(1700000000123), "0": time.Unix(0, 0),
		"2023-11-14T22:13:20Z": at, "2023-11-14T23:13:20+01:00": at, "2023-11-14T22:13:20.5Z": at.Add(time.Second / 2),
	} {
		if got, ok := parseTimestamp(text); !ok || !got.Equal(want) {
			t.Errorf("%s is %s", text, got)
		}
	}
	for _, text := range []string{
		"", " 1700000000", "1700000000 ", "+1700000000", "-1", "1_700", "0x10", "1e9", "1700000000.0", "17000000001234567",
		"99999999999999999999", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20Z{", "٣",
	} {
		if at, ok := parseTimestamp(text); ok {
			t.Errorf("%q is %s", text, at)
		}
	}
}

func TestMailgun(t *testing.T) {
	v := newVerifier(t, "mailgun", Config{Secrets: valid})
	sign := func(timestamp, token string) string {
		return senders["krosyn"].encode(mac256(theKey, timestamp+token))
	}
	object := func(members string) *Request {
		r := posted("Content-Type: application/json")
		r.Body = []byte(`{"event-data":{},"signature":{` + members + `}}`)
		return r
	}
	form := func(fields string) *Request {
		r := posted("Content-Type: application/x-www-form-urlencoded")
		r.Body = []byte(fields)
		return r
	}
	members := func(at time.Time, token, signature string) string {
		return `"timestamp":"` + unix(at) + `","token":"` + token + `","signature":"` + signature + `"`
	}
	sentAt := func(at time.Time) *Request { return object(members(at, "t", sign(unix(at), "t"))) }
	right := sign(unix(now), "tok")
	long, wrong := strings.Repeat("t", maxID+1), strings.Repeat("00", 32)
	const tolerance = 12 * time.Hour
	for name, test := range map[string]struct {
		request *Request
		want    error
	}{
		"genuine":            {object(members(now, "tok", right)), nil},
		"another token":      {object(members(now, "tak", right)), Mismatch},
		"another time":       {object(members(now.Add(time.Second), "tok", right)), Mismatch},
		"truncated":          {object(members(now, "tok", right[:63])), Malformed},
		"empty":              {object(members(now, "tok", "")), Missing},
		"no token":           {object(members(now, "", right)), Missing},
		"no signature":       {object(""), Missing},
		"long token":         {object(members(now, long, sign(unix(now), long))), Malformed},
		"wrong secret":       {object(members(now, "tok", wrong)), Mismatch},
		"wrong algorithm":    {object(members(now, "tok", right[:40])), Malformed},
		"parent's":           {object(members(now, "tok", wrong) + `,"parent-signature":"` + right + `"`), nil},
		"old":                {sentAt(now.Add(-tolerance - time.Second)), Stale},
		"repeated late":      {sentAt(now.Add(-tolerance)), nil},
		"future":             {sentAt(now.Add(tolerance + time.Second)), Stale},
		"not JSON":           {object(`"`), Malformed},
		"form":               {form("timestamp=" + unix(now) + "&token=tok&signature=" + right), nil},
		"form, two tokens":   {form("timestamp=" + unix(now) + "&token=tok&token=x&signature=" + right), Ambiguous},
		"form, malformed":    {form("%zz"), Malformed},
		"form, no signature": {form("a=b"), Missing},
	} {
		delivery, err := v.Verify(test.request, now)
		if err != test.want || err == nil && delivery.ID == "" {
			t.Errorf("%s: id %q, error is %v, want %v", name, delivery.ID, err, test.want)
		}
	}
	if traits := v.Traits(); !v.Presented(http.Header{}) || !traits.Identifies || traits.Tolerance != tolerance {
		t.Errorf("traits are %+v", traits)
	}
}

// TestTwilioBodies has what stands between the two ways in which Twilio signs bodies.
func TestTwilioBodies(t *testing.T) {
	const form = "Content-Type: application/x-www-form-urlencoded"
	digest := "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // of {}
	sign := func(message string) string {
		return "X-Twilio-Signature: " + senders["twilio"].encode(senders["twilio"].sum(theKey, message))
	}
	inURL := address + "?bodySHA256=" + digest
	v := newVerifier(t, "twilio", Config{Secrets: valid})
	for name, test := range map[string]struct {
		url, body string
		header    []string
		want      error
	}{
		"JSON":                          {inURL, "{}", []string{sign(inURL)}, nil},
		"another JSON":                  {inURL, "[]", []string{sign(inURL)}, Mismatch},
		"JSON without digest":           {address, "{}", []string{sign(address)}, Mismatch},
		"JSON emptied to a form":        {inURL, "", []string{sign(inURL), form}, Mismatch},
		"two digests":                   {inURL + "&bodySHA256=x", "{}", []string{sign(inURL + "&bodySHA256=x")}, Mismatch},
		"empty form":                    {address, "", []string{sign(address), form}, nil},
		"form":                          {address, "b=2&a=1+%2B", []string{sign(address + "a1 +b2"), form}, nil},
		"form that is none":             {address, "%zz", []string{sign(address), form}, Malformed},
		"query that is none":            {address + "?%zz", "", []string{sign(address + "?%zz"), form}, Malformed},
		"field moved into the query":    {address + "?a=1", "b=2", []string{sign(address + "a1b2"), form}, Mismatch},
		"form, of another content type": {address, "a=1", []string{sign(address + "a1")}, Mismatch},
	} {
		r := &Request{Method: http.MethodPost, URL: test.url, Header: header(test.header...), Body: []byte(test.body)}
		if _, err := v.Verify(r, now); err != test.want {
			t.Errorf("%s: error is %v, want %v", name, err, test.want)
		}
	}
}

func TestDecodeHubSpot(t *testing.T) {
	for encoded, want := range map[string]string{
		"https://a.example/x?y=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B": "https://a.example/x?y=:/?@!$'()*,;",
		"%3a%2f": ":/", "%20%26%3D%25%2B": "%20%26%3D%25%2B", "%253A": "%253A", "%": "%", "%3": "%3", "%zz": "%zz", "": "",
	} {
		if got := string(decodeHubSpot([]byte("%3A"+encoded), 3)); got != "%3A"+want {
			t.Errorf("%s is %s", encoded, got)
		}
	}
}

func TestJSONField(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"a"}`: "a", `{"x":{"id":"b"},"id":"a"}`: "a", `{"id":12345678901234567890}`: "12345678901234567890",
		`{"x":[1,{"id":"b"}],"id":"a"`: "a", `{"id":""}`: "", `{"id":null}`: "", `{"id":{}}`: "", `[]`: "", ``: "", `{`: "",
		`"id"`: "", `{"ID":"a"}`: "", `{"i\u0064":"a"}`: "a", `{"x":,"id":"a"}`: "", `token=x`: "", `{"id":`: "",
	} {
		got, ok := jsonField([]byte(body), []string{"id"})
		if got != want || ok != (want != "") {
			t.Errorf("%s has %q, %t", body, got, ok)
		}
	}
	if got, _ := jsonField([]byte(`{"id":"x","event":{"a":{"id":1},"id":"y"}}`), []string{"event", "id"}); got != "y" {
		t.Errorf("the inner id is %q", got)
	}
}

// TestOverlongID has an id that could not be kept.
func TestOverlongID(t *testing.T) {
	long := strings.Repeat("x", maxID+1)
	s := senders["github"]
	r := s.request(now, theKey)
	r.Header.Set("X-GitHub-Delivery", long)
	if _, err := newVerifier(t, "github", Config{Secrets: valid}).Verify(r, now); err != Malformed {
		t.Errorf("error is %v", err)
	}
	r.Header.Del("X-GitHub-Delivery")
	if delivery, err := newVerifier(t, "github", Config{Secrets: valid}).Verify(r, now); err != nil || delivery.ID != "" {
		t.Errorf("without an id: %+v, error is %v", delivery, err)
	}
	typeform := senders["typeform"]
	typeform.body = `{"event_id":"` + long + `"}`
	delivery, err := newVerifier(t, "typeform", Config{Secrets: valid}).Verify(typeform.request(now, theKey), now)
	if err != nil || delivery.ID != "" {
		t.Errorf("id in the body: %+v, error is %v", delivery, err)
	}
}

func TestNewRequest(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "https://hooks.example.com/a%20b?x=1&y=%2F", nil)
	r.RequestURI = "/a%20b?x=1&y=%2F"
	r.Header.Set("X-A", "b")
	got := NewRequest(r, []byte("body"))
	if got.URL != "https://hooks.example.com/a%20b?x=1&y=%2F" || got.Method != "POST" || string(got.Body) != "body" ||
		got.Header.Get("X-A") != "b" {
		t.Errorf("request is %+v", got)
	}
	r.TLS, r.RequestURI, r.Host = nil, "http://evil.example/other", "h:8080"
	if got := NewRequest(r, nil); got.URL != "http://h:8080/a%20b?x=1&y=%2F" {
		t.Errorf("URL is %s", got.URL)
	}
}
