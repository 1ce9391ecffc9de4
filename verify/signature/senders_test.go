package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const (
	address = "https://hooks.example.com/api/v1/connectors/x/trigger"
	theKey  = "c2VjcmV0IG9mIHRoZSBzZW5kZXIgaW4gdGVzdHM="
	another = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNlbmRlcnM="
)

// sender signs as the sender of a preset does, in its own words: nothing here is taken from the presets.
type sender struct {
	// sum signs, and mistaken does it with another algorithm.
	sum, mistaken func(key string, message string) []byte
	encode        func([]byte) string
	// stamp writes the time; nil if none is signed.
	stamp func(time.Time) string
	body  string
	// signed is what is signed.
	signed func(timestamp, body string) string
	// header gives the lines of the request's header.
	header func(timestamp string, signatures ...string) []string
	// many tells that a request may have several signatures.
	many bool
	id   string
}

func mac(h func() hash.Hash) func(key, message string) []byte {
	return func(key, message string) []byte {
		m := hmac.New(h, []byte(key))
		m.Write([]byte(message))
		return m.Sum(nil)
	}
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func justBody(_, body string) string { return body }

// in puts the only signature into a header, after a prefix.
func in(name, prefix string, more ...string) func(string, ...string) []string {
	return func(_ string, signatures ...string) []string {
		return append([]string{name + ": " + prefix + strings.Join(signatures, ","+prefix)}, more...)
	}
}

// privateKey is the ed25519 key that a secret stands for.
func privateKey(secret string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(secret))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicKey(secret string) []byte { return privateKey(secret).Public().(ed25519.PublicKey) }

var senders = map[string]sender{
	"krosyn": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"a":1}`, signed: justBody,
		header: in("X-Webhook-Signature", "", "X-Webhook-Id: 0199"), id: "0199",
	},
	"github": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"action":"opened"}`, signed: justBody,
		header: in("X-Hub-Signature-256", "sha256=", "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958"),
		id:     "72d3162e-cc78-11e3-81ab-4c9367dc0958",
	},
	"gitea": {
		sum: mac(sha256.New), mistaken: mac(sha512.New), encode: hex.EncodeToString,
		body: `{"ref":"x"}`, signed: justBody,
		header: in("X-Gitea-Signature", "", "X-Gitea-Delivery: f6266f16"), id: "f6266f16",
	},
	"gitlab": {
		sum:      func(key, _ string) []byte { return []byte(key) },
		mistaken: mac(sha256.New), encode: func(b []byte) string { return string(b) }, body: `{}`, signed: justBody,
		header: in("X-Gitlab-Token", "", "Idempotency-Key: f5e5f430"), id: "f5e5f430",
	},
	"stripe": {
		sum: mac(sha256.New), mistaken: mac(sha512.New), encode: hex.EncodeToString, stamp: unix,
		body: `{"id":"evt_1","object":"event"}`, id: "evt_1", many: true,
		signed: func(timestamp, body string) string { return timestamp + "." + body },
		header: func(timestamp string, signatures ...string) []string {
			listed := strings.Join(signatures, ",v1=")
			return []string{"Stripe-Signature: t=" + timestamp + ",v1=" + listed + ",v0=6ffbb59b"}
		},
	},
	"shopify": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: base64.StdEncoding.EncodeToString,
		body: `{"id":1}`, signed: justBody,
		header: in("X-Shopify-Hmac-SHA256", "", "X-Shopify-Topic: orders/create", "X-Shopify-Event-Id: 98880550"),
		id:     "orders/create:98880550",
	},
	"slack": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString, stamp: unix,
		body:   `{"token":"z","event":{"event_id":"inner"},"event_id":"Ev08MFMKH6"}`,
		signed: func(timestamp, body string) string { return "v0:" + timestamp + ":" + body },
		header: func(timestamp string, signatures ...string) []string {
			return []string{
				"X-Slack-Signature: v0=" + strings.Join(signatures, ",v0="), "X-Slack-Request-Timestamp: " + timestamp,
			}
		},
		id: "Ev08MFMKH6",
	},
	"standard-webhooks": {
		sum: func(key, message string) []byte {
			decoded, _ := base64.StdEncoding.DecodeString(key)
			return mac(sha256.New)(string(decoded), message)
		},
		mistaken: mac(sha512.New), encode: base64.StdEncoding.EncodeToString, stamp: unix,
		body:   `{"type":"x"}`,
		signed: func(timestamp, body string) string { return "msg_1." + timestamp + "." + body },
		header: func(timestamp string, signatures ...string) []string {
			return []string{
				"webhook-id: msg_1", "webhook-timestamp: " + timestamp,
				"webhook-signature: v1," + strings.Join(signatures, " v1,") + " v2,AAAA",
			}
		},
		many: true, id: "msg_1",
	},
	"twilio": {
		sum: mac(sha1.New), mistaken: mac(sha256.New), encode: base64.StdEncoding.EncodeToString,
		body: "To=%2B1&From=2",
		signed: func(_, body string) string {
			return address + map[string]string{"To=%2B1&From=2": "From2To+1"}[body]
		},
		header: in("X-Twilio-Signature", "", "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
			"I-Twilio-Idempotency-Token: 9f3c"),
		id: "9f3c",
	},
	"zendesk": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: base64.StdEncoding.EncodeToString,
		body:   `{"say":"hello"}`,
		stamp:  func(at time.Time) string { return at.Format("2006-01-02T15:04:05Z") },
		signed: func(timestamp, body string) string { return timestamp + body },
		header: func(timestamp string, signatures ...string) []string {
			return []string{
				"X-Zendesk-Webhook-Signature: " + strings.Join(signatures, ","),
				"X-Zendesk-Webhook-Signature-Timestamp: " + timestamp, "X-Zendesk-Webhook-Invocation-Id: 01F0",
			}
		},
		id: "01F0",
	},
	"linear": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString, signed: justBody,
		stamp:  func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
		body:   `{"action":"create","data":{"webhookTimestamp":1},"webhookTimestamp":TIMESTAMP,"webhookId":"w"}`,
		header: in("Linear-Signature", "", "Linear-Delivery: 234d1a4e"), id: "234d1a4e",
	},
	"pagerduty": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"event":{}}`, signed: justBody,
		header: in("X-PagerDuty-Signature", "v1=", "X-Webhook-Id: 3f0e"), id: "3f0e", many: true,
	},
	"sentry": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"action":"created"}`, signed: justBody,
		header: in("Sentry-Hook-Signature", "", "Request-ID: 7d2b"), id: "7d2b",
	},
	"discord": {
		sum:      func(key, message string) []byte { return ed25519.Sign(privateKey(key), []byte(message)) },
		mistaken: func(key, message string) []byte { return mac(sha512.New)(string(publicKey(key)), message) },
		encode:   hex.EncodeToString, stamp: unix, body: `{"id":"786008729715212338","type":2}`,
		signed: func(timestamp, body string) string { return timestamp + body },
		header: func(timestamp string, signatures ...string) []string {
			return []string{
				"X-Signature-Ed25519: " + strings.Join(signatures, ","), "X-Signature-Timestamp: " + timestamp,
			}
		},
		id: "786008729715212338",
	},
	"meta": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"object":"page"}`, signed: justBody,
		header: in("X-Hub-Signature-256", "sha256="),
	},
	"paddle": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString, stamp: unix, many: true,
		body:   `{"event_id":"evt_01","event_type":"price.created"}`,
		signed: func(timestamp, body string) string { return timestamp + ":" + body },
		header: func(timestamp string, signatures ...string) []string {
			return []string{"Paddle-Signature: ts=" + timestamp + ";h1=" + strings.Join(signatures, ";h1=")}
		},
		id: "evt_01",
	},
	"square": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: base64.StdEncoding.EncodeToString,
		body: `{"merchant_id":"M","event_id":"ac3a"}`, id: "ac3a",
		signed: func(_, body string) string { return address + body },
		header: in("x-square-hmacsha256-signature", ""),
	},
	"hubspot": {
		sum: mac(sha256.New), mistaken: mac(sha512.New), encode: base64.StdEncoding.EncodeToString,
		body:   `[{"eventId":1}]`,
		stamp:  func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
		signed: func(timestamp, body string) string { return "POST" + address + body + timestamp },
		header: func(timestamp string, signatures ...string) []string {
			return []string{
				"X-HubSpot-Signature-v3: " + strings.Join(signatures, ","), "X-HubSpot-Request-Timestamp: " + timestamp,
			}
		},
	},
	"dropbox": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: hex.EncodeToString,
		body: `{"list_folder":{}}`, signed: justBody,
		header: in("X-Dropbox-Signature", ""),
	},
	"intercom": {
		sum: mac(sha1.New), mistaken: mac(sha256.New), encode: hex.EncodeToString,
		body: `{"type":"notification_event","id":"notif_78c1"}`, signed: justBody,
		header: in("X-Hub-Signature", "sha1="), id: "notif_78c1",
	},
	"typeform": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: base64.StdEncoding.EncodeToString,
		body: `{"event_id":"LtWXD3crgy"}`, signed: justBody, header: in("Typeform-Signature", "sha256="), id: "LtWXD3crgy",
	},
	"twitter": {
		sum: mac(sha256.New), mistaken: mac(sha512.New), encode: base64.StdEncoding.EncodeToString,
		body: `{"for_user_id":"1"}`, signed: justBody, header: in("x-twitter-webhooks-signature", "sha256="),
	},
	"woocommerce": {
		sum: mac(sha256.New), mistaken: mac(sha1.New), encode: base64.StdEncoding.EncodeToString,
		body:   `{"id":12}`,
		signed: justBody, header: in("X-WC-Webhook-Signature", "", "X-WC-Webhook-Delivery-ID: 5b9f"), id: "5b9f",
	},
}

// config is the configuration of a receiver with these secrets.
func (s sender) config(preset string, secrets ...Secret) Config {
	var c Config
	for _, secret := range secrets {
		if preset == "discord" {
			c.PublicKeys = append(c.PublicKeys, hex.EncodeToString(publicKey(secret.Value)))
			continue
		}
		c.Secrets = append(c.Secrets, secret)
	}
	if preset == "meta" {
		c.VerifyToken = "of-meta"
	}
	return c
}

// delivery is a request before it is signed.
func (s sender) delivery(at time.Time) (timestamp, body string) {
	if s.stamp != nil {
		timestamp = s.stamp(at)
	}
	return timestamp, strings.ReplaceAll(s.body, "TIMESTAMP", timestamp)
}

// request is a request at a time, signed with each of the keys.
func (s sender) request(at time.Time, keys ...string) *Request {
	timestamp, body := s.delivery(at)
	var signatures []string
	for _, key := range keys {
		signatures = append(signatures, s.encode(s.sum(key, s.signed(timestamp, body))))
	}
	return s.carrying(at, signatures...)
}

// carrying is a request at a time with these signatures.
func (s sender) carrying(at time.Time, signatures ...string) *Request {
	timestamp, body := s.delivery(at)
	return &Request{
		Method: "POST", URL: address, Header: header(s.header(timestamp, signatures...)...), Body: []byte(body),
	}
}

// header reads `Name: value` lines.
func header(lines ...string) http.Header {
	h := make(http.Header)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

func newVerifier(t testing.TB, scheme string, c Config) Verifier {
	t.Helper()
	v, _, err := New(scheme, c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
