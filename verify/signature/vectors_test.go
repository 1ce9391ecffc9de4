package signature

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestVectors has signatures that senders published, in their documentation or in the tests of their libraries.
func TestVectors(t *testing.T) {
	const (
		slackBody = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
			"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
			"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
			"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
		paddleBody = `{"data":{"id":"pri_01hsdn96k2hxjzsq5yerecdj9j","name":null,"status":"active","quantity":` +
			`{"maximum":999999,"minimum":1},"tax_mode":"account_setting","product_id":"pro_01hsdn8qp7yydry3x1yeg6a9rv",` +
			`"unit_price":{"amount":"1000","currency_code":"USD"},"custom_data":null,"description":"testing",` +
			`"import_meta":null,"trial_period":null,"billing_cycle":{"interval":"month","frequency":1},` +
			`"unit_price_overrides":[]},"event_id":"evt_01hsdn97563968dy0szkmgjwh3","event_type":"price.created",` +
			`"occurred_at":"2024-03-20T10:07:35.590857Z","notification_id":"ntf_01hsdn977e920kbgzt6r6c9rqc"}`
		form       = "Content-Type: application/x-www-form-urlencoded"
		twilioURL  = "https://mycompany.com/myapp.php?foo=1&bar=2"
		twilioHash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
	)
	for name, test := range map[string]struct {
		scheme, secret string
		url, body      string
		header         string // lines
		at             int64
		id             string
	}{
		"GitHub's documentation": {
			scheme: "github", secret: "It's a Secret to Everybody", body: "Hello, World!",
			header: "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		},
		"Slack's documentation": {
			scheme: "slack", secret: "8f742231b10e8888abcd99yyyzzz85a5", body: slackBody, at: 1531420618,
			header: "X-Slack-Request-Timestamp: 1531420618\n" +
				"X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
		},
		"Standard Webhooks' libraries": {
			scheme: "standard-webhooks", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", body: `{"test": 2432232314}`,
			header: "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\n" +
				"webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			at: 1614265330, id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
		},
		"Svix's documentation": {
			scheme: "standard-webhooks", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
			body: `{"event_type":"ping","data":{"success":true}}`,
			header: "svix-id: msg_loFOjxBNrRLzqYUf\nsvix-timestamp: 1731705121\n" +
				"svix-signature: v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
			at: 1731705121, id: "msg_loFOjxBNrRLzqYUf",
		},
		"Twilio's libraries": {
			scheme: "twilio", secret: "12345", url: twilioURL,
			body:   "CallSid=CA1234567890ABCDE&From=%2B14158675309&Digits=1234&To=%2B18005551212&Caller=%2B14158675309",
			header: form + "\nX-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=",
		},
		"Twilio's libraries, a repeated field": {
			scheme: "twilio", secret: "12345", url: twilioURL,
			body:   "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
			header: form + "\nX-Twilio-Signature: IK+Dwps556ElfBT0I3Rgjkr1wJU=",
		},
		"Twilio's libraries, JSON": {
			scheme: "twilio", secret: "12345", url: twilioURL + "&bodySHA256=" + twilioHash,
			body:   `{"property": "value", "boolean": true}`,
			header: "Content-Type: application/json\nX-Twilio-Signature: a9nBmqA0ju/hNViExpshrM61xv4=",
		},
		"Square's documentation": {
			scheme: "square", secret: "asdf1234", url: "https://example.com/webhook", body: `{"hello":"world"}`,
			header: "X-Square-HmacSha256-Signature: 2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og=",
		},
		"HubSpot's libraries": {
			scheme: "hubspot", secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
			url: "https://www.example.com/webhook_uri", body: `{'example_field':'example_value'}`,
			header: "X-HubSpot-Signature-v3: K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=\n" +
				"X-HubSpot-Request-Timestamp: 1693657560000",
			at: 1693657560,
		},
		"Paddle's library": {
			scheme: "paddle", secret: "pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGyyRhbFwIUuqiTBgI7gnWoV0Gr",
			body: paddleBody,
			header: "Paddle-Signature: ts=1710929255;" +
				"h1=6c05ef8fa83c44d751be6d259ec955ce5638e2c54095bf128e408e2fce1589c8",
			at: 1710929255, id: "evt_01hsdn97563968dy0szkmgjwh3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVerifier(t, test.scheme, Config{Secrets: []Secret{{Value: test.secret}}})
			at := time.Unix(test.at, 0)
			r := &Request{
				Method: http.MethodPost, URL: test.url, Body: []byte(test.body),
				Header: header(strings.Split(test.header, "\n")...),
			}
			delivery, err := v.Verify(r, at.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if delivery.ID != test.id || test.at != 0 && !delivery.Timestamp.Equal(at) {
				t.Errorf("delivery is %+v", delivery)
			}
			r.Body[len(r.Body)-1]++
			if _, err := v.Verify(r, at); err != Mismatch {
				t.Errorf("error after a change is %v", err)
			}
		})
	}
}
