package pipeline

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stripe/stripe-go/v82/webhook"
)

const (
	oneKey   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	otherKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func signed(t *testing.T, s *Signature, d *delivery) http.Header {
	t.Helper()
	made, err := newSigner(s)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	made.sign(header, d)
	names := slices.Sorted(maps.Keys(header))
	if slices.Sort(made.headers); !slices.Equal(names, made.headers) {
		t.Errorf("it sets %v, and announces %v", names, made.headers)
	}
	return header
}

// TestStandardWebhooks has the libraries' own verifier accept what is signed, with each of the keys.
func TestStandardWebhooks(t *testing.T) {
	d := &delivery{id: "0199f0c4", body: []byte(`{"a": 1}`), at: time.Now()}
	header := signed(t, &Signature{Scheme: SchemeStandardWebhooks, Secrets: []string{oneKey, otherKey}}, d)
	if header.Get("Webhook-Id") != "0199f0c4" {
		t.Errorf("the id is %s", header.Get("Webhook-Id"))
	}
	for _, key := range []string{oneKey, otherKey} {
		verifier, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(d.body, header); err != nil {
			t.Errorf("with %s: %v", key, err)
		}
		if verifier.Verify(append(bytes.Clone(d.body), ' '), header) == nil {
			t.Error("other bytes are verified")
		}
	}
	strange := base64.StdEncoding.EncodeToString([]byte("somebody else's key"))
	stranger, err := standardwebhooks.NewWebhook("whsec_" + strange)
	if err != nil {
		t.Fatal(err)
	}
	if stranger.Verify(d.body, header) == nil {
		t.Error("another key verifies")
	}
}

// TestStripesForm has a provider's own library verify a signature that hmac makes in that provider's form.
func TestStripesForm(t *testing.T) {
	d := &delivery{id: "1", body: []byte(`{"a": 1}`), at: time.Now()}
	header := signed(t, &Signature{
		Scheme: SchemeHMAC, Secrets: []string{"the key"}, Header: "stripe-signature", Prefix: "t=$timestamp,v1=",
		Signed: "$timestamp.$body", Algorithm: "sha256", Encoding: "hex",
	}, d)
	if err := webhook.ValidatePayload(d.body, header.Get("Stripe-Signature"), "the key"); err != nil {
		t.Error(err)
	}
}

func TestHMAC(t *testing.T) {
	d := &delivery{id: "42", body: []byte("body"), at: time.Unix(1700000000, 999)}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, []byte("key"))
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	for _, test := range []struct {
		name      string
		signature Signature
		want      http.Header
	}{
		{"as GitHub does",
			Signature{Header: "X-Hub-Signature-256", Prefix: "sha256=", Signed: "$body", Encoding: "hex"},
			http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac("body"))}}},
		{"as Shopify does", Signature{Header: "X-Shopify-Hmac-Sha256", Signed: "$body", Encoding: "base64"},
			http.Header{"X-Shopify-Hmac-Sha256": {base64.StdEncoding.EncodeToString(mac("body"))}}},
		{"as Slack does", Signature{
			Header: "x-slack-signature", Prefix: "v0=", Signed: "v0:$timestamp:$body", Encoding: "hex",
			TimestampHeader: "x-slack-request-timestamp",
		}, http.Header{
			"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac("v0:1700000000:body"))},
			"X-Slack-Request-Timestamp": {"1700000000"},
		}},
		{"with an id", Signature{Header: "X-S", Signed: "$id$body$body", Encoding: "hex", IDHeader: "X-Id"},
			http.Header{"X-S": {hex.EncodeToString(mac("42bodybody"))}, "X-Id": {"42"}}},
	} {
		test.signature.Scheme, test.signature.Secrets, test.signature.Algorithm = SchemeHMAC, []string{"key"}, "sha256"
		got := signed(t, &test.signature, d)
		for name, values := range test.want {
			if !slices.Equal(got[name], values) {
				t.Errorf("%s: %s is %v, want %v", test.name, name, got[name], values)
			}
		}
	}
	for algorithm, size := range map[string]int{"sha1": 20, "sha256": 32, "sha512": 64} {
		got := signed(t, &Signature{
			Scheme: SchemeHMAC, Secrets: []string{"key"}, Header: "X-S", Signed: "$body", Algorithm: algorithm, Encoding: "hex",
		}, d)
		if len(got.Get("X-S")) != 2*size {
			t.Errorf("%s gives %s", algorithm, got.Get("X-S"))
		}
	}
}

func TestSignatureFaults(t *testing.T) {
	good := func(change func(*Signature)) *Signature {
		s := &Signature{
			Scheme: SchemeHMAC, Secrets: []string{"key"}, Header: "X-S", Signed: "$body", Algorithm: "sha256", Encoding: "hex",
		}
		change(s)
		return s
	}
	for part, s := range map[string]*Signature{
		`"rsa" is no scheme`:   {Scheme: "rsa"},
		"a key is missing":     {Scheme: SchemeStandardWebhooks},
		"whsec_ and base64":    {Scheme: SchemeStandardWebhooks, Secrets: []string{oneKey, "no base64!"}},
		"as the target shows":  {Scheme: SchemeStandardWebhooks, Secrets: []string{"whsec_"}},
		"one secret is needed": good(func(s *Signature) { s.Secrets = []string{"a", "b"} }),
		"header is missing":    good(func(s *Signature) { s.Header = "" }),
		`algorithm "md5"`:      good(func(s *Signature) { s.Algorithm = "md5" }),
		`encoding "base32"`:    good(func(s *Signature) { s.Encoding = "base32" }),
		"lacks $body":          good(func(s *Signature) { s.Signed = "$id" }),
		"none of $timestamp":   good(func(s *Signature) { s.Signed = "$body.$url" }),
		"prefix: after":        good(func(s *Signature) { s.Prefix = "$body" }),
		"timestamp_header":     good(func(s *Signature) { s.Signed = "$timestamp.$body" }),
	} {
		if _, err := newSigner(s); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%+v: %v, want an error with %q", s, err, part)
		}
	}
}
