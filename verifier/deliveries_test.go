package verifier_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// secret is every secret of the page. As base64, it is one of Standard Webhooks too.
const secret = "dGhlIHNlY3JldCBvZiBhIHNlbmRlcg=="

var private = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// delivery is what a sender sends to a connector of the page.
type delivery struct {
	body string
	// form tells that the body is one.
	form bool
	// sign gives the header lines of the signature of what is sent to an address at a time.
	sign func(address, timestamp, body string) []string
	// again tells that the delivery, sent again, is recognised.
	again bool
	// trusting tells that the sender does not sign the body.
	trusting bool
}

func sum(h func() hash.Hash, message string) []byte {
	m := hmac.New(h, []byte(secret))
	io.WriteString(m, message)
	return m.Sum(nil)
}

func hexOf(message string) string { return hex.EncodeToString(sum(sha256.New, message)) }

func base64Of(message string) string {
	return base64.StdEncoding.EncodeToString(sum(sha256.New, message))
}

// ofBody signs just the body.
func ofBody(header string, encode func(string) string, more ...string) func(string, string, string) []string {
	return func(_, _, body string) []string { return append([]string{header + encode(body)}, more...) }
}

var deliveries = map[string]delivery{
	"github": {
		body: `{"ref":"refs/heads/main"}`, again: true,
		sign: ofBody("X-Hub-Signature-256: sha256=", hexOf, "X-GitHub-Delivery: 1", "X-GitHub-Event: push"),
	},
	"gitea": {body: `{"ref":"x"}`, sign: ofBody("X-Gitea-Signature: ", hexOf, "X-Gitea-Delivery: 1"), again: true},
	"gitlab": {
		body: `{"project":{}}`, again: true, trusting: true,
		sign: func(string, string, string) []string {
			return []string{"X-Gitlab-Token: " + secret, "Idempotency-Key: 1"}
		},
	},
	"stripe": {body: `{"id":"evt_1","type":"invoice.paid"}`, again: true, sign: func(_, ts, body string) []string {
		return []string{"Stripe-Signature: t=" + ts + ",v1=" + hexOf("of the old secret") + ",v1=" + hexOf(ts+"."+body)}
	}},
	"shopify": {
		body: `{"id":1}`, again: true,
		sign: ofBody("X-Shopify-Hmac-Sha256: ", base64Of, "X-Shopify-Topic: orders/create", "X-Shopify-Event-Id: 1"),
	},
	"slack": {
		body: `{"event":{"text":"hi"},"event_id":"Ev1","type":"event_callback"}`, again: true,
		sign: func(_, ts, body string) []string {
			return []string{"X-Slack-Signature: v0=" + hexOf("v0:"+ts+":"+body), "X-Slack-Request-Timestamp: " + ts}
		},
	},
	"standard": {body: `{"type":"x"}`, again: true, sign: func(_, ts, body string) []string {
		key, _ := base64.StdEncoding.DecodeString(secret)
		m := hmac.New(sha256.New, key)
		io.WriteString(m, "msg_1."+ts+"."+body)
		return []string{
			"webhook-id: msg_1", "webhook-timestamp: " + ts,
			"webhook-signature: v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)),
		}
	}},
	"twilio": {body: "Body=hi&From=%2B1", form: true, again: true, sign: func(address, _, body string) []string {
		fields := strings.NewReplacer("%2B", "+", "=", "", "&", "").Replace(body)
		return []string{
			"X-Twilio-Signature: " + base64.StdEncoding.EncodeToString(sum(sha1.New, address+fields)),
			"I-Twilio-Idempotency-Token: 1",
		}
	}},
	"zendesk": {body: `{"detail":{"id":"1"}}`, again: true, sign: func(_, ts, body string) []string {
		return []string{
			"X-Zendesk-Webhook-Signature: " + base64Of(ts+body), "X-Zendesk-Webhook-Signature-Timestamp: " + ts,
			"X-Zendesk-Webhook-Invocation-Id: 1",
		}
	}},
	"mailgun": {
		body: `{"signature":{"timestamp":"TIME","token":"t","signature":"SIGNATURE"},"event-data":{"event":"opened"}}`,
		sign: func(string, string, string) []string { return nil }, again: true, trusting: true,
	},
	"linear": {
		body: `{"action":"create","data":{"title":"x"},"webhookTimestamp":TIME000}`, again: true,
		sign: ofBody("Linear-Signature: ", hexOf, "Linear-Delivery: 1"),
	},
	"pagerduty": {
		body: `{"event":{"event_type":"incident.triggered","data":{}}}`, again: true,
		sign: ofBody("X-PagerDuty-Signature: v1=00,v1=", hexOf, "X-Webhook-Id: 1"),
	},
	"sentry": {body: `{"action":"created"}`, again: true, sign: ofBody("Sentry-Hook-Signature: ", hexOf, "Request-ID: 1")},
	"discord": {body: `{"id":"1","type":2}`, again: true, sign: func(_, ts, body string) []string {
		return []string{
			"X-Signature-Ed25519: " + hex.EncodeToString(ed25519.Sign(private, []byte(ts+body))), "X-Signature-Timestamp: " + ts,
		}
	}},
	"meta": {body: `{"object":"page","entry":[]}`, sign: ofBody("X-Hub-Signature-256: sha256=", hexOf)},
	"paddle": {body: `{"event_id":"evt_1","event_type":"x"}`, again: true, sign: func(_, ts, body string) []string {
		return []string{"Paddle-Signature: ts=" + ts + ";h1=" + hexOf(ts+":"+body)}
	}},
	"square": {body: `{"event_id":"1","type":"x"}`, again: true, sign: func(address, _, body string) []string {
		return []string{"X-Square-HmacSha256-Signature: " + base64Of(address+body)}
	}},
	"hubspot": {body: `[{"eventId":1}]`, sign: func(address, ts, body string) []string {
		return []string{
			"X-HubSpot-Signature-v3: " + base64Of("POST"+address+body+ts+"000"), "X-HubSpot-Request-Timestamp: " + ts + "000",
		}
	}},
	"dropbox": {body: `{"list_folder":{"accounts":["a"]}}`, sign: ofBody("X-Dropbox-Signature: ", hexOf)},
	"intercom": {body: `{"id":"notif_1","topic":"x"}`, again: true, sign: func(_, _, body string) []string {
		return []string{"X-Hub-Signature: sha1=" + hex.EncodeToString(sum(sha1.New, body))}
	}},
	"typeform": {
		body: `{"event_id":"1","form_response":{"form_id":"f","answers":[]}}`, again: true,
		sign: ofBody("Typeform-Signature: sha256=", base64Of),
	},
	"twitter": {body: `{"for_user_id":"1"}`, sign: ofBody("X-Twitter-Webhooks-Signature: sha256=", base64Of)},
	"woocommerce": {
		body: `{"id":1,"total":"2.00"}`, again: true,
		sign: ofBody("X-WC-Webhook-Signature: ", base64Of, "X-WC-Webhook-Delivery-ID: 1"),
	},
	"okta": {
		body: `{"eventId":"1","data":{"events":[]}}`, again: true, trusting: true,
		sign: func(string, string, string) []string { return []string{"Authorization: " + secret} },
	},
	"graph": {
		body: `{"value":[{"clientState":"` + secret + `"}]}`, trusting: true,
		sign: func(string, string, string) []string { return nil },
	},
	"own": {body: `{"hello":"world"}`, sign: ofBody("X-Webhook-Signature: ", hexOf, "X-Webhook-Id: 1"), again: true},
	"other": {body: `{"type":"x"}`, again: true, sign: func(_, ts, body string) []string {
		return []string{"X-Signature: t=" + ts + ",v1=" + hexOf(ts+"."+body), "X-Delivery-Id: 1"}
	}},
}

// handshakes are requests by which senders check addresses, as `METHOD ?query`, with header lines, and the answers.
var handshakes = map[string]struct {
	request string
	header  []string
	want    string
}{
	"meta":    {"GET ?hub.mode=subscribe&hub.challenge=11&hub.verify_token=" + secret, nil, "11"},
	"dropbox": {"GET ?challenge=abc", nil, "abc"},
	"twitter": {"GET ?crc_token=abcd", nil, `{"response_token":"sha256=` + base64Of("abcd") + `"}`},
	"okta":    {"GET ", []string{"X-Okta-Verification-Challenge: abc"}, `{"verification":"abc"}`},
	"graph":   {"POST ?validationToken=Validation%3A+abc", nil, "Validation: abc"},
}
