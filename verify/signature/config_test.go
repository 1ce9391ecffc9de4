package signature

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNewRefuses has every fault named, and no secret shown.
func TestNewRefuses(t *testing.T) {
	secret := []Secret{{Value: "the-value"}}
	hmac := func(h HMAC) Config { return Config{Secrets: secret, HMAC: h} }
	publicHex := []string{hex.EncodeToString(publicKey("x"))}
	for name, test := range map[string]struct {
		scheme string
		config Config
		want   []string
	}{
		"unknown scheme": {"gihub", Config{Secrets: secret},
			[]string{`unknown signature scheme "gihub"; there are discord,`}},
		"no secret":        {"github", Config{}, []string{"secret is missing"}},
		"empty secret":     {"github", Config{Secrets: []Secret{{}}}, []string{"secret: it is empty"}},
		"no public key":    {"discord", Config{}, []string{"public_key is missing"}},
		"neither":          {"standard-webhooks", Config{}, []string{"secret is missing, or public_key"}},
		"secret of a pair": {"discord", Config{Secrets: secret}, []string{"secret has no use in discord"}},
		"key of a secret":  {"github", Config{PublicKeys: publicHex}, []string{"public_key has no use in github"}},
		"not hex": {"discord", Config{PublicKeys: []string{"xyz"}},
			[]string{"public_key: it is not hex digits"}},
		"short key": {"discord", Config{PublicKeys: []string{"00ff"}},
			[]string{"it has 2 bytes, an ed25519 public key has 32"}},
		"no base64": {"standard-webhooks", Config{Secrets: []Secret{{Value: "whsec_the-value"}}},
			[]string{"not whsec_ followed by base64"}},
		"only the prefix": {"standard-webhooks", Config{Secrets: []Secret{{Value: "whsec_"}}},
			[]string{"secret: it is empty"}},
		"public as secret": {"standard-webhooks", Config{Secrets: []Secret{{Value: "whpk_AAAA"}}},
			[]string{"it belongs in public_key"}},
		"secret as public": {"standard-webhooks", Config{PublicKeys: []string{"whsec_AAAA"}},
			[]string{"it belongs in secret"}},
		"private key": {"standard-webhooks", Config{Secrets: []Secret{{Value: "whsk_AAAA"}}},
			[]string{"the sender's private key"}},
		"inverted window": {"github", Config{Secrets: []Secret{{"the-value", now, now}}},
			[]string{"secret: the window ends before it begins"}},
		"tolerance of no time": {"github", Config{Secrets: secret, Tolerance: time.Minute},
			[]string{"tolerance has no use in github"}},
		"negative tolerance": {"stripe", Config{Secrets: secret, Tolerance: -1}, []string{"is negative"}},
		"URL not signed": {"github", Config{Secrets: secret, PublicURL: "https://a.example"},
			[]string{"public_url has no use in github"}},
		"URL without scheme": {"square", Config{Secrets: secret, PublicURL: "hooks.example.com"},
			[]string{"is not an address"}},
		"URL with query": {"square", Config{Secrets: secret, PublicURL: "https://a.example?x"},
			[]string{"is not an address"}},
		"URL with user": {"square", Config{Secrets: secret, PublicURL: "https://u:p@a.example"},
			[]string{"is not an address"}},
		"no verify token": {"meta", Config{Secrets: secret}, []string{"verify_token is missing"}},
		"verify token": {"github", Config{Secrets: secret, VerifyToken: "x"},
			[]string{"verify_token has no use in github"}},
		"preset with header": {"github", hmac(HMAC{Header: "X-Sig", Encoding: "hex"}),
			[]string{"header belongs to hmac", "encoding belongs to hmac"}},
		"all at once": {"github", Config{Tolerance: time.Minute, VerifyToken: "x", PublicURL: "x"},
			[]string{"secret is missing", "tolerance has no use", "public_url has no use", "verify_token has no use"}},

		"no header": {Generic, hmac(HMAC{}), []string{"header is missing"}},
		"bad header": {Generic, hmac(HMAC{Header: "X Sig"}),
			[]string{`header: "X Sig" is not a header name`}},
		"bad id header": {Generic, hmac(HMAC{Header: "X", IDHeader: "é"}), []string{"id_header:"}},
		"unknown algorithm": {Generic, hmac(HMAC{Header: "X", Algorithm: "md5"}),
			[]string{`algorithm "md5" is unknown; there are sha1, sha256`}},
		"unknown encoding": {Generic, hmac(HMAC{Header: "X", Encoding: "hexa"}),
			[]string{`encoding "hexa" is unknown; there are hex, base64`}},
		"unknown variable": {Generic, hmac(HMAC{Header: "X", Signed: "$bdy"}),
			[]string{"unknown variable $bdy; there are $body $id"}},
		"internal variable": {Generic, hmac(HMAC{Header: "X", Signed: "$form$body"}),
			[]string{"unknown variable $form"}},
		"no variable":     {Generic, hmac(HMAC{Header: "X", Signed: "$body$"}), []string{"unknown variable $;"}},
		"two bodies":      {Generic, hmac(HMAC{Header: "X", Signed: "$body$body"}), []string{"has $body twice"}},
		"body not signed": {Generic, hmac(HMAC{Header: "X", Signed: "constant"}), []string{"lacks $body"}},
		"where is the time": {Generic, hmac(HMAC{Header: "X", Signed: "$timestamp$body"}),
			[]string{"timestamp_header or timestamp_prefix"}},
		"time not signed": {Generic, hmac(HMAC{Header: "X", TimestampHeader: "Y"}), []string{"lacks $timestamp"}},
		"two places of time": {Generic,
			hmac(HMAC{Header: "X", TimestampHeader: "Y", TimestampPrefix: "t=", Signed: "$timestamp$body"}),
			[]string{"exclude each other"}},
		"time in no list": {Generic, hmac(HMAC{Header: "X", TimestampPrefix: "t=", Signed: "$timestamp$body"}),
			[]string{"needs a separator"}},
		"same prefixes": {
			Generic, hmac(HMAC{Header: "X", TimestampPrefix: "t=", Prefix: "t=", Separator: ",", Signed: "$timestamp$body"}),
			[]string{"are the same"},
		},
		"where is the id": {Generic, hmac(HMAC{Header: "X", Signed: "$id$body"}), []string{"id_header says where"}},
		"many faults": {Generic, Config{HMAC: HMAC{Algorithm: "x", Encoding: "y", Signed: "$z"}},
			[]string{"header is missing", "algorithm", "encoding", "$z"}},
	} {
		v, handshake, err := New(test.scheme, test.config)
		if err == nil || v != nil || handshake != nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q lacks %q", name, err, want)
			}
		}
		if strings.Contains(err.Error(), "the-value") {
			t.Errorf("%s: error %q shows the secret", name, err)
		}
	}
}

// TestFields has each scheme take what it lists, and list what it takes.
func TestFields(t *testing.T) {
	for scheme, want := range map[string][]string{
		"github": {"secret"}, "stripe": {"secret", "tolerance"}, "discord": {"public_key", "tolerance"},
		"standard-webhooks": {"secret", "public_key", "tolerance"}, "twilio": {"secret", "public_url"},
		"hubspot": {"secret", "tolerance", "public_url"}, "meta": {"secret", "verify_token"}, "nobody": nil,
		Generic: {"secret", "tolerance", "public_url", "header", "algorithm", "encoding", "prefix", "signed",
			"timestamp_header", "timestamp_prefix", "id_header", "separator"},
	} {
		if got := Fields(scheme); !slices.Equal(got, want) {
			t.Errorf("%s takes %v, want %v", scheme, got, want)
		}
	}
	for _, scheme := range Schemes() {
		if scheme == Generic {
			continue
		}
		_, _, err := New(scheme, Config{
			Secrets: []Secret{{Value: theKey}}, PublicKeys: []string{"x"}, Tolerance: time.Hour, PublicURL: "https://a.example",
			VerifyToken: "x",
		})
		for _, field := range []string{"secret", "public_key", "tolerance", "public_url", "verify_token"} {
			refused := err != nil && strings.Contains(err.Error(), field+" has no use")
			if refused == slices.Contains(Fields(scheme), field) {
				t.Errorf("%s: %s is refused: %t", scheme, field, refused)
			}
		}
	}
}

// TestGeneric has schemes of the sort that users write themselves.
func TestGeneric(t *testing.T) {
	sums := map[string]func(key, message string) []byte{
		"sha1": senders["intercom"].sum, "sha256": mac256, "sha512": senders["hubspot"].mistaken,
	}
	message := "POST " + address + "\n" + unix(now) + "\nid-7\n" + `{"a":1}`
	for algorithm, sum := range sums {
		for encoding, encode := range map[string]func([]byte) string{
			"hex": hex.EncodeToString, "base64": base64.StdEncoding.EncodeToString,
		} {
			v := newVerifier(t, Generic, Config{Secrets: valid, Tolerance: time.Minute, HMAC: HMAC{
				Header: "x-sig", Algorithm: algorithm, Encoding: encoding, Prefix: algorithm + "=", IDHeader: "x-id",
				TimestampHeader: "x-time", Signed: "$method $url\n$timestamp\n$id\n$body",
			}})
			sign := func(key string) *Request {
				return &Request{
					Method: "POST", URL: address, Body: []byte(`{"a":1}`),
					Header: header("X-Sig: "+algorithm+"="+encode(sum(key, message)), "X-Id: id-7", "X-Time: "+unix(now)),
				}
			}
			delivery, err := v.Verify(sign(theKey), now)
			if err != nil || delivery.ID != "id-7" || !delivery.Timestamp.Equal(now) {
				t.Errorf("%s %s: delivery is %+v, error %v", algorithm, encoding, delivery, err)
			}
			for change, make := range map[string]func(r *Request){
				"method": func(r *Request) { r.Method = "PUT" },
				"URL":    func(r *Request) { r.URL += "?x" },
				"id":     func(r *Request) { r.Header.Set("X-Id", "id-8") },
				"time":   func(r *Request) { r.Header.Set("X-Time", unix(now.Add(time.Second))) },
				"body":   func(r *Request) { r.Body[1]++ },
			} {
				r := sign(theKey)
				make(r)
				if _, err := v.Verify(r, now); err != Mismatch {
					t.Errorf("%s %s: another %s: error is %v", algorithm, encoding, change, err)
				}
			}
			if _, err := v.Verify(sign(theKey), now.Add(time.Minute+1)); err != Stale {
				t.Errorf("%s %s: stale: error is %v", algorithm, encoding, err)
			}
			if _, err := v.Verify(sign(another), now); err != Mismatch {
				t.Errorf("%s %s: another secret: error is %v", algorithm, encoding, err)
			}
		}
	}
}

// TestGenericLikePresets writes presets down as users would have to, were there none.
func TestGenericLikePresets(t *testing.T) {
	for name, h := range map[string]HMAC{
		"github": {Header: "X-Hub-Signature-256", Prefix: "sha256=", IDHeader: "X-GitHub-Delivery"},
		"stripe": {
			Header: "Stripe-Signature", Separator: ",", Prefix: "v1=", TimestampPrefix: "t=", Signed: "$timestamp.$body",
		},
		"slack": {
			Header: "X-Slack-Signature", Prefix: "v0=", TimestampHeader: "X-Slack-Request-Timestamp",
			Signed: "v0:$timestamp:$body",
		},
		"intercom": {Header: "X-Hub-Signature", Prefix: "sha1=", Algorithm: "sha1"},
		"shopify":  {Header: "X-Shopify-Hmac-SHA256", Encoding: "base64"},
		"square":   {Header: "X-Square-HmacSha256-Signature", Encoding: "base64", Signed: "$url$body"},
	} {
		s := senders[name]
		v := newVerifier(t, Generic, Config{Secrets: valid, HMAC: h})
		if _, err := v.Verify(s.request(now, theKey), now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := v.Verify(s.request(now, another), now); err != Mismatch {
			t.Errorf("%s: another secret: error is %v", name, err)
		}
	}
}

func TestPublicURL(t *testing.T) {
	s := senders["square"]
	for base, got := range map[string]string{
		"https://hooks.example.com":           "http://10.0.0.7:8080/api/v1/connectors/x/trigger",
		"https://hooks.example.com/":          "http://10.0.0.7:8080/api/v1/connectors/x/trigger",
		"https://hooks.example.com/api":       "http://10.0.0.7/v1/connectors/x/trigger",
		"https://hooks.example.com/api/v1":    "https://x/connectors/x/trigger",
		"":                                    address,
		"https://HOOKS.example.com":           "",
		"http://hooks.example.com":            "",
		"https://hooks.example.com:443/other": "",
	} {
		v := newVerifier(t, "square", Config{Secrets: valid, PublicURL: base})
		r := s.request(now, theKey)
		want := error(nil)
		if r.URL = got; got == "" {
			r.URL, want = address, Mismatch
		}
		if _, err := v.Verify(r, now); err != want {
			t.Errorf("%q: error is %v, want %v", base, err, want)
		}
	}
}
