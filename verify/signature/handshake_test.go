package signature

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// handshakeOf makes a preset's or a declared handshake.
func handshakeOf(t testing.TB, name string) Handshake {
	t.Helper()
	if s, ok := senders[name]; ok && name != "twitter" && name != "dropbox" {
		_, handshake, err := New(name, s.config(name, valid...))
		if err != nil {
			t.Fatal(err)
		}
		return handshake
	}
	handshake, err := NewHandshake(name, newVerifier(t, "twitter", Config{Secrets: valid}))
	if err != nil {
		t.Fatal(err)
	}
	return handshake
}

func TestHandshakes(t *testing.T) {
	const (
		jsonType = "application/json"
		textType = "text/plain; charset=utf-8"
		crcToken = "MzA5ODc0ODQtY2E3Yi00YmE5LWE5MjgtNWE4ODk2NGI2ZjBl"
		meta     = "GET ?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
		sentence = "Validation: Testing client application reachability for subscription Request-Id: 8460edc4"
		slack    = `{"token":"Jhj5","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd","type":"url_verification"}`
	)
	crcAnswer := base64.StdEncoding.EncodeToString(mac256(theKey, crcToken))
	long := strings.Repeat("a", maxChallenge+1)
	for name, test := range map[string]struct {
		handshake  string
		request    string // the method, the query and header lines
		body       string
		unverified bool
		want       *Answer
	}{
		"Dropbox": {"dropbox", "GET ?challenge=abc123", "", true,
			&Answer{200, textType, []byte("abc123")}},
		"Dropbox, markup":     {"dropbox", "GET ?challenge=%3Cb%3E", "", true, nil},
		"Dropbox, line break": {"dropbox", "GET ?challenge=a%0Ab", "", true, nil},
		"Dropbox, empty":      {"dropbox", "GET ?challenge=", "", true, nil},
		"Dropbox, none":       {"dropbox", "GET ?other=1", "", true, nil},
		"Dropbox, no query":   {"dropbox", "GET", "", true, nil},
		"Dropbox, two":        {"dropbox", "GET ?challenge=a&challenge=b", "", true, nil},
		"Dropbox, too long":   {"dropbox", "GET ?challenge=" + long, "", true, nil},
		"Dropbox, long query": {"dropbox", "GET ?challenge=a&x=" + strings.Repeat(long, 4), "", true, nil},
		"Dropbox, POST":       {"dropbox", "POST ?challenge=abc123", "", false, nil},
		"Dropbox, bad query":  {"dropbox", "GET ?challenge=abc123&%zz", "", true, nil},
		"Okta": {"okta", "GET\nX-Okta-Verification-Challenge: Me_r-8", "", true,
			&Answer{200, jsonType, []byte(`{"verification":"Me_r-8"}`)}},
		"Okta, none":  {"okta", "GET", "", true, nil},
		"Okta, two":   {"okta", "GET\nX-Okta-Verification-Challenge: a\nX-Okta-Verification-Challenge: b", "", true, nil},
		"Okta, quote": {"okta", "GET\nX-Okta-Verification-Challenge: a\"b", "", true, nil},
		"Okta, POST":  {"okta", "POST\nX-Okta-Verification-Challenge: a", "{}", false, nil},
		"Graph": {"graph", "POST ?validationToken=" + url.QueryEscape(sentence), "", true,
			&Answer{200, textType, []byte(sentence)}},
		"Graph, markup":      {"graph", "POST ?validationToken=%3Cscript%3E", "", true, nil},
		"Graph, line break":  {"graph", "POST ?validationToken=a%0D%0Ab", "", true, nil},
		"Graph, with a body": {"graph", "POST ?validationToken=a", `{"value":[]}`, true, nil},
		"Graph, GET":         {"graph", "GET ?validationToken=a", "", true, nil},
		"Graph, none":        {"graph", "POST", "", true, nil},
		"Twitter": {"twitter", "GET ?crc_token=" + crcToken + "&nonce=x", "", true,
			&Answer{200, jsonType, []byte(`{"response_token":"sha256=` + crcAnswer + `"}`)}},
		"Twitter, JSON":         {"twitter", "GET ?crc_token=%7B%22a%22%3A1%7D", "", true, nil},
		"Twitter, form":         {"twitter", "GET ?crc_token=a%3Db", "", true, nil},
		"Twitter, long":         {"twitter", "GET ?crc_token=" + strings.Repeat("a", 129), "", true, nil},
		"Twitter, much padding": {"twitter", "GET ?crc_token=abc%3D%3D%3D", "", true, nil},
		"Twitter, padding only": {"twitter", "GET ?crc_token=%3D%3D", "", true, nil},
		"Twitter, delivery":     {"twitter", "POST", `{"for_user_id":"1"}`, false, nil},
		"Twitter, token as body": {"twitter", "POST", crcToken, false,
			&Answer{401, jsonType, []byte(`{"error":"Invalid webhook signature"}`)}},
		"Twitter, number as body": {"twitter", "POST", "12345678", false,
			&Answer{401, jsonType, []byte(`{"error":"Invalid webhook signature"}`)}},
		"Twitter, null as body": {"twitter", "POST", "null\n", false,
			&Answer{401, jsonType, []byte(`{"error":"Invalid webhook signature"}`)}},
		"Meta":               {"meta", meta + "of-meta", "", true, &Answer{200, textType, []byte("1158201444")}},
		"Meta, wrong token":  {"meta", meta + "of-mete", "", true, nil},
		"Meta, two tokens":   {"meta", meta + "x&hub.verify_token=of-meta", "", true, nil},
		"Meta, no token":     {"meta", "GET ?hub.mode=subscribe&hub.challenge=1", "", true, nil},
		"Meta, other mode":   {"meta", "GET ?hub.mode=denied&hub.challenge=1&hub.verify_token=of-meta", "", true, nil},
		"Meta, no challenge": {"meta", "GET ?hub.mode=subscribe&hub.verify_token=of-meta", "", true, nil},
		"Meta, markup":       {"meta", meta + "of-meta&hub.challenge=%3Cb%3E", "", true, nil},
		"Meta, only markup":  {"meta", strings.Replace(meta, "1158201444", "%3Cb%3E", 1) + "of-meta", "", true, nil},
		"Meta, POST":         {"meta", "POST" + meta[3:] + "of-meta", "{}", false, nil},
		"Slack": {"slack", "POST", slack, false,
			&Answer{200, textType, []byte("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd")}},
		"Slack, not verified":           {"slack", "POST", slack, true, nil},
		"Slack, event":                  {"slack", "POST", `{"type":"event_callback","text":"url_verification"}`, false, nil},
		"Slack, a challenge of its own": {"slack", "POST", `{"type":"event","challenge":"url_verification"}`, false, nil},
		"Slack, markup":                 {"slack", "POST", strings.Replace(slack, "3eZ", "<b>", 1), false, nil},
		"Slack, no challenge":           {"slack", "POST", `{"type":"url_verification"}`, false, nil},
		"Slack, not JSON":               {"slack", "POST", "url_verification", false, nil},
		"Slack, too long":               {"slack", "POST", slack + strings.Repeat(" ", maxPing), false, nil},
		"Discord": {"discord", "POST", `{"id":"1","type":1,"version":1}`, false,
			&Answer{200, jsonType, []byte(`{"type":1}`)}},
		"Discord, events": {"discord", "POST", `{"version":1,"application_id":"1","type":0}`, false,
			&Answer{Status: 204}},
		"Discord, an event":      {"discord", "POST", `{"type":1,"event":{"type":"X"}}`, false, nil},
		"Discord, command":       {"discord", "POST", `{"type":2}`, false, nil},
		"Discord, not verified":  {"discord", "POST", `{"type":1}`, true, nil},
		"Discord, no type":       {"discord", "POST", `{}`, false, nil},
		"Discord, not JSON":      {"discord", "POST", `type`, false, nil},
		"WooCommerce":            {"woocommerce", "POST", "webhook_id=12", true, &Answer{Status: 200}},
		"WooCommerce, more":      {"woocommerce", "POST", "webhook_id=12&x=1", true, nil},
		"WooCommerce, no number": {"woocommerce", "POST", "webhook_id=", true, nil},
		"WooCommerce, long":      {"woocommerce", "POST", "webhook_id=" + strings.Repeat("1", 21), true, nil},
		"WooCommerce, order":     {"woocommerce", "POST", `{"id":1}`, false, nil},
		"WooCommerce, GET":       {"woocommerce", "GET", "webhook_id=12", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			line, lines, _ := strings.Cut(test.request, "\n")
			method, query, _ := strings.Cut(line, " ")
			r := &Request{Method: method, URL: address + query, Header: http.Header{}, Body: []byte(test.body)}
			if lines != "" {
				r.Header = header(strings.Split(lines, "\n")...)
			}
			got, ok := handshakeOf(t, test.handshake).Answer(r, !test.unverified, now)
			if ok != (test.want != nil) || ok != (got != nil) {
				t.Fatalf("answer is %+v", got)
			}
			if !ok {
				return
			}
			if got.Status != test.want.Status || got.ContentType != test.want.ContentType ||
				string(got.Body) != string(test.want.Body) {
				t.Errorf("answer is %d %s %s", got.Status, got.ContentType, got.Body)
			}
		})
	}
}

// TestTwitterSignsNothingThatIsAccepted goes through all that the handshake signs in search of a delivery.
func TestTwitterSignsNothingThatIsAccepted(t *testing.T) {
	v := newVerifier(t, "twitter", Config{Secrets: valid})
	handshake := handshakeOf(t, "twitter")
	for _, forged := range []string{
		"1", "12345678", "true", "null", "text", "YWJjZA==", `{"a":1}`, `"a"`, "[]", "a=b",
	} {
		asked := &Request{Method: http.MethodGet, URL: address + "?crc_token=" + url.QueryEscape(forged)}
		answer, ok := handshake.Answer(asked, false, now)
		if !ok {
			continue
		}
		signature := strings.TrimSuffix(strings.TrimPrefix(string(answer.Body), `{"response_token":"`), `"}`)
		r := posted("X-Twitter-Webhooks-Signature: " + signature)
		r.Body = []byte(forged)
		if _, err := v.Verify(r, now); err != nil {
			t.Fatalf("%s: the answer is no signature: %v", forged, err)
		}
		if refused, ok := handshake.Answer(r, true, now); !ok || refused.Status != http.StatusUnauthorized {
			t.Errorf("%s: what the handshake signed is let in", forged)
		}
	}
}

func TestNewHandshake(t *testing.T) {
	_, err := NewHandshake("zoom", nil)
	if err == nil || !strings.Contains(err.Error(), "there are dropbox, graph, okta, twitter") {
		t.Errorf("unknown: error is %v", err)
	}
	for name, v := range map[string]Verifier{
		"none": nil, "another algorithm": newVerifier(t, "intercom", Config{Secrets: valid}),
		"key pair": newVerifier(t, "discord", senders["discord"].config("discord", valid...)),
	} {
		if _, err := NewHandshake("twitter", v); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, name := range Handshakes() {
		if _, err := NewHandshake(name, nil); (err == nil) == (name == "twitter") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	expired := newVerifier(t, "twitter", Config{Secrets: []Secret{{Value: theKey, Until: now}}})
	handshake, err := NewHandshake("twitter", expired)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := handshake.Answer(&Request{Method: "GET", URL: address + "?crc_token=abcd"}, false, now); ok {
		t.Error("an expired secret signs")
	}
}
