package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PaddleHQ/paddle-go-sdk/v4"
	"github.com/PagerDuty/go-pagerduty/webhookv3"
	"github.com/bwmarrin/discordgo"
	"github.com/google/go-github/v75/github"
	"github.com/mailgun/mailgun-go/v4"
	"github.com/slack-go/slack"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	stripe "github.com/stripe/stripe-go/v82/webhook"
	svix "github.com/svix/svix-webhooks/go"
)

// The senders' own libraries make signatures that are verified here, or verify those that are. They know no time but
// that of the clock.

const body = `{"id":"evt_1","type":"ping","event_id":"Ev1","signature":{}}`

// httpRequest is a request as the libraries read it.
func httpRequest(r *Request) *http.Request {
	made, err := http.NewRequest(r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		panic(err)
	}
	made.Header = r.Header
	return made
}

func posted(lines ...string) *Request {
	return &Request{Method: http.MethodPost, URL: address, Header: header(lines...), Body: []byte(body)}
}

func TestStripeLibrarySigns(t *testing.T) {
	signed := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: []byte(body), Secret: "whsec_x"})
	v := newVerifier(t, "stripe", Config{Secrets: []Secret{{Value: "whsec_x"}}})
	delivery, err := v.Verify(posted("Stripe-Signature: "+signed.Header), time.Now())
	if err != nil || delivery.ID != "evt_1" {
		t.Errorf("delivery is %+v, error %v", delivery, err)
	}
}

func TestStandardWebhooksLibrariesSign(t *testing.T) {
	secret := "whsec_" + theKey
	standard, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	own, err := svix.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, "standard-webhooks", Config{Secrets: []Secret{{Value: secret}}})
	at := time.Now()
	for prefix, sign := range map[string]func(string, time.Time, []byte) (string, error){
		"webhook-": standard.Sign, "svix-": own.Sign,
	} {
		signature, err := sign("msg_1", at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		r := posted(prefix+"id: msg_1", prefix+"timestamp: "+unix(at), prefix+"signature: "+signature)
		if delivery, err := v.Verify(r, at); err != nil || delivery.ID != "msg_1" {
			t.Errorf("%s: delivery is %+v, error %v", prefix, delivery, err)
		}
	}
}

// TestLibrariesVerify has what is a signature here be one for the sender's library.
func TestLibrariesVerify(t *testing.T) {
	at := time.Now()
	libraries := map[string]func(r *Request) error{
		"stripe": func(r *Request) error {
			return stripe.ValidatePayload(r.Body, r.Header.Get("Stripe-Signature"), theKey)
		},
		"github": func(r *Request) error {
			return github.ValidateSignature(r.Header.Get(github.SHA256SignatureHeader), r.Body, []byte(theKey))
		},
		"slack": func(r *Request) error {
			verifier, err := slack.NewSecretsVerifier(r.Header, theKey)
			if err != nil {
				return err
			}
			if _, err := verifier.Write(r.Body); err != nil {
				return err
			}
			return verifier.Ensure()
		},
		"standard-webhooks": func(r *Request) error {
			standard, err := standardwebhooks.NewWebhook(theKey)
			if err != nil {
				return err
			}
			return standard.Verify(r.Body, r.Header)
		},
		"pagerduty": func(r *Request) error { return webhookv3.VerifySignature(httpRequest(r), theKey) },
		"paddle": func(r *Request) error {
			ok, err := paddle.NewWebhookVerifier(theKey).Verify(httpRequest(r))
			return verdict(ok, err)
		},
		"discord": func(r *Request) error {
			return verdict(discordgo.VerifyInteraction(httpRequest(r), publicKey(theKey)), nil)
		},
	}
	for name, verify := range libraries {
		s := senders[name]
		v := newVerifier(t, name, s.config(name, valid...))
		r := s.request(at, theKey)
		if err := verify(r); err != nil {
			t.Errorf("%s: the sender's library refuses: %v", name, err)
		}
		if _, err := v.Verify(r, at); err != nil {
			t.Errorf("%s: refused: %v", name, err)
		}
		r.Body = append(r.Body, ' ')
		if verify(r) == nil {
			t.Errorf("%s: the sender's library accepts a change", name)
		}
		if _, err := v.Verify(r, at); err == nil {
			t.Errorf("%s: a change was accepted", name)
		}
	}
}

func verdict(ok bool, err error) error {
	if err == nil && !ok {
		return fmt.Errorf("not verified")
	}
	return err
}

// TestMailgunLibraryVerifies has a webhook and a forwarded message.
func TestMailgunLibraryVerifies(t *testing.T) {
	const token = "0a5f4c1e"
	at := time.Now()
	m := hmac.New(sha256.New, []byte(theKey))
	io.WriteString(m, unix(at)+token)
	signature := hex.EncodeToString(m.Sum(nil))
	library := mailgun.NewMailgun("example.com", "")
	library.SetWebhookSigningKey(theKey)
	v := newVerifier(t, "mailgun", Config{Secrets: valid})

	webhook := posted("Content-Type: application/json")
	webhook.Body = fmt.Appendf(nil, `{"signature":{"timestamp":"%s","token":"%s","signature":"%s"},"event-data":{}}`,
		unix(at), token, signature)
	ok, err := library.VerifyWebhookSignature(mailgun.Signature{TimeStamp: unix(at), Token: token, Signature: signature})
	if verdict(ok, err) != nil {
		t.Error("the sender's library refuses the webhook")
	}
	message := posted("Content-Type: application/x-www-form-urlencoded")
	message.Body = []byte("recipient=a&timestamp=" + unix(at) + "&token=" + token + "&signature=" + signature)
	//nolint:staticcheck // the form that senders still use is checked by the deprecated function alone
	if ok, err = library.VerifyWebhookRequest(httpRequest(message)); verdict(ok, err) != nil {
		t.Error("the sender's library refuses the message")
	}
	for _, r := range []*Request{webhook, message} {
		if delivery, err := v.Verify(r, at); err != nil || delivery.ID != token {
			t.Errorf("%s: delivery is %+v, error %v", r.Body, delivery, err)
		}
	}
}

// TestStandardWebhooksEd25519 has the asymmetric signatures of the specification, for which the libraries have no code.
func TestStandardWebhooksEd25519(t *testing.T) {
	private := privateKey("sender")
	public := "whpk_" + senders["shopify"].encode(private.Public().(ed25519.PublicKey))
	sign := func(message string) string {
		return "v1a," + senders["shopify"].encode(ed25519.Sign(private, []byte(message)))
	}
	message := "msg_1." + unix(now) + "." + body
	symmetric := "v1," + senders["shopify"].encode(senders["standard-webhooks"].sum(theKey, message))
	for name, test := range map[string]struct {
		config     Config
		signatures []string
		want       error
	}{
		"genuine":                 {Config{PublicKeys: []string{public}}, []string{sign(message)}, nil},
		"second":                  {Config{PublicKeys: []string{public}}, []string{sign("x"), sign(message)}, nil},
		"beside an unknown key's": {Config{PublicKeys: []string{public}}, []string{symmetric, sign(message)}, nil},
		"of another message":      {Config{PublicKeys: []string{public}}, []string{sign("x")}, Mismatch},
		"symmetric only":          {Config{PublicKeys: []string{public}}, []string{symmetric}, Mismatch},
		"either, symmetric":       {Config{Secrets: valid, PublicKeys: []string{public}}, []string{symmetric}, nil},
		"either, asymmetric":      {Config{Secrets: valid, PublicKeys: []string{public}}, []string{sign(message)}, nil},
		"no public key":           {Config{Secrets: valid}, []string{sign(message)}, Mismatch},
		"symmetric, lengthened": {
			Config{Secrets: valid, PublicKeys: []string{public}}, []string{"v1a," + senders["shopify"].encode(
				append(senders["standard-webhooks"].sum(theKey, message), make([]byte, 32)...))}, Mismatch,
		},
		"marked as the other": {Config{PublicKeys: []string{public}}, []string{"v1," + sign(message)[4:]}, Malformed},
	} {
		r := posted("webhook-id: msg_1", "webhook-timestamp: "+unix(now),
			"webhook-signature: "+strings.Join(test.signatures, " "))
		if _, err := newVerifier(t, "standard-webhooks", test.config).Verify(r, now); err != test.want {
			t.Errorf("%s: error is %v, want %v", name, err, test.want)
		}
	}
}
