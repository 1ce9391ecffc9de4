package signature

import "time"

// preset is a sender's scheme and the handshake that comes with it.
type preset struct {
	scheme    scheme
	handshake func(c Config) Handshake
	// verifyToken tells that the handshake needs one.
	verifyToken bool
}

// presets are the schemes of known senders. Each names the page that describes it.
//
// A delivery's id is the one that stays the same when the sender repeats a delivery. Where it is in a header it is not
// signed, unless the template has it: a replay can bring another one.
var presets = map[string]preset{
	// The signature of this gateway's own and of whoever has no reason to do otherwise.
	"krosyn": {scheme: scheme{
		headers:  []headers{{signature: "X-Webhook-Signature", id: []string{"X-Webhook-Id"}}},
		kinds:    []kind{{hmacSHA256, ""}},
		template: "$body",
	}},

	// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
	"github": {scheme: scheme{
		headers:  []headers{{signature: "X-Hub-Signature-256", id: []string{"X-GitHub-Delivery"}}},
		kinds:    []kind{{hmacSHA256, "sha256="}},
		template: "$body",
	}},

	// https://docs.gitea.com/usage/repository/webhooks; Forgejo sends the same headers.
	"gitea": {scheme: scheme{
		headers:  []headers{{signature: "X-Gitea-Signature", id: []string{"X-Gitea-Delivery"}}},
		kinds:    []kind{{hmacSHA256, ""}},
		template: "$body",
	}},

	// https://docs.gitlab.com/user/project/integrations/webhooks/: the secret token, which signs nothing. A webhook with
	// a signing token is one of standard-webhooks.
	"gitlab": {scheme: scheme{
		headers:  []headers{{signature: "X-Gitlab-Token", id: []string{"Idempotency-Key"}}},
		kinds:    []kind{{staticToken, ""}},
		encoding: plain,
	}},

	// https://docs.stripe.com/webhooks/signature: several v1 while an endpoint's secret is being rolled; v0 is of tests.
	"stripe": {scheme: scheme{
		headers:         []headers{{signature: "Stripe-Signature"}},
		kinds:           []kind{{hmacSHA256, "v1="}},
		separator:       ",",
		timestampPrefix: "t=",
		template:        "$timestamp.$body",
		idField:         []string{"id"},
	}},

	// https://shopify.dev/docs/apps/build/webhooks/verify-deliveries and …/webhooks/ignore-duplicates: webhooks of
	// several topics can have one event in common.
	"shopify": {scheme: scheme{
		headers: []headers{{
			signature: "X-Shopify-Hmac-Sha256", id: []string{"X-Shopify-Topic", "X-Shopify-Event-Id"},
		}},
		kinds:    []kind{{hmacSHA256, ""}},
		encoding: base64Text,
		template: "$body",
	}},

	// https://docs.slack.dev/authentication/verifying-requests-from-slack/
	"slack": {
		scheme: scheme{
			headers:  []headers{{signature: "X-Slack-Signature", timestamp: "X-Slack-Request-Timestamp"}},
			kinds:    []kind{{hmacSHA256, "v0="}},
			template: "v0:$timestamp:$body",
			idField:  []string{"event_id"},
		},
		handshake: func(Config) Handshake { return slackHandshake{} },
	},

	// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md; the other headers are
	// those of https://docs.svix.com/receiving/verifying-payloads/how-manual
	"standard-webhooks": {scheme: scheme{
		headers: []headers{
			{signature: "webhook-signature", timestamp: "webhook-timestamp", id: []string{"webhook-id"}},
			{signature: "svix-signature", timestamp: "svix-timestamp", id: []string{"svix-id"}},
		},
		kinds:     []kind{{hmacSHA256, "v1,"}, {ed25519Signature, "v1a,"}},
		encoding:  base64Text,
		separator: " ",
		template:  "$id.$timestamp.$body",
		keys:      standardKeys,
	}},

	// https://www.twilio.com/docs/usage/webhooks/webhooks-security
	"twilio": {scheme: scheme{
		headers:  []headers{{signature: "X-Twilio-Signature", id: []string{"I-Twilio-Idempotency-Token"}}},
		kinds:    []kind{{hmacSHA1, ""}},
		encoding: base64Text,
		template: "$url$form",
	}},

	// https://developer.zendesk.com/documentation/webhooks/verifying/
	"zendesk": {scheme: scheme{
		headers: []headers{{
			signature: "X-Zendesk-Webhook-Signature", timestamp: "X-Zendesk-Webhook-Signature-Timestamp",
			id: []string{"X-Zendesk-Webhook-Invocation-Id"},
		}},
		kinds:    []kind{{hmacSHA256, ""}},
		encoding: base64Text,
		template: "$timestamp$body",
	}},

	// https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks: only a time and a token are
	// signed. A delivery keeps them when it is repeated, for as long as eight hours.
	"mailgun": {scheme: scheme{
		kinds:     []kind{{hmacSHA256, ""}},
		template:  "$timestamp$id",
		tolerance: 12 * time.Hour,
		read:      readMailgun,
	}},

	// https://linear.app/developers/webhooks#securing-webhooks
	"linear": {scheme: scheme{
		headers:        []headers{{signature: "Linear-Signature", id: []string{"Linear-Delivery"}}},
		kinds:          []kind{{hmacSHA256, ""}},
		template:       "$body",
		timestampField: []string{"webhookTimestamp"},
	}},

	// https://docs.pagerduty.com/developer/verifying-webhook-signatures: several v1 while a secret is being rotated.
	"pagerduty": {scheme: scheme{
		headers:   []headers{{signature: "X-PagerDuty-Signature", id: []string{"X-Webhook-Id"}}},
		kinds:     []kind{{hmacSHA256, "v1="}},
		separator: ",",
		template:  "$body",
	}},

	// https://docs.sentry.io/organization/integrations/integration-platform/webhooks/: its timestamp is not signed.
	"sentry": {scheme: scheme{
		headers:  []headers{{signature: "Sentry-Hook-Signature", id: []string{"Request-ID"}}},
		kinds:    []kind{{hmacSHA256, ""}},
		template: "$body",
	}},

	// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
	"discord": {
		scheme: scheme{
			headers:  []headers{{signature: "X-Signature-Ed25519", timestamp: "X-Signature-Timestamp"}},
			kinds:    []kind{{ed25519Signature, ""}},
			template: "$timestamp$body",
			idField:  []string{"id"},
			keys:     hexKeys,
		},
		handshake: func(Config) Handshake { return discordHandshake{} },
	},

	// https://developers.facebook.com/docs/graph-api/webhooks/getting-started
	"meta": {
		scheme: scheme{
			headers:  []headers{{signature: "X-Hub-Signature-256"}},
			kinds:    []kind{{hmacSHA256, "sha256="}},
			template: "$body",
		},
		handshake:   func(c Config) Handshake { return newMetaHandshake(c.VerifyToken) },
		verifyToken: true,
	},

	// https://developer.paddle.com/webhooks/signature-verification
	"paddle": {scheme: scheme{
		headers:         []headers{{signature: "Paddle-Signature"}},
		kinds:           []kind{{hmacSHA256, "h1="}},
		separator:       ";",
		timestampPrefix: "ts=",
		template:        "$timestamp:$body",
		idField:         []string{"event_id"},
	}},

	// https://developer.squareup.com/docs/webhooks/step3validate
	"square": {scheme: scheme{
		headers:  []headers{{signature: "X-Square-Hmacsha256-Signature"}},
		kinds:    []kind{{hmacSHA256, ""}},
		encoding: base64Text,
		template: "$url$body",
		idField:  []string{"event_id"},
	}},

	// https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests: version 3. A body has
	// many events, each with an id of its own, so that a delivery has none.
	"hubspot": {scheme: scheme{
		headers:  []headers{{signature: "X-HubSpot-Signature-v3", timestamp: "X-HubSpot-Request-Timestamp"}},
		kinds:    []kind{{hmacSHA256, ""}},
		encoding: base64Text,
		template: "$method$decoded_url$body$timestamp",
	}},

	// https://www.dropbox.com/developers/reference/webhooks
	"dropbox": {scheme: scheme{
		headers:  []headers{{signature: "X-Dropbox-Signature"}},
		kinds:    []kind{{hmacSHA256, ""}},
		template: "$body",
	}},

	// https://developers.intercom.com/docs/webhooks/webhook-notifications
	"intercom": {scheme: scheme{
		headers:  []headers{{signature: "X-Hub-Signature"}},
		kinds:    []kind{{hmacSHA1, "sha1="}},
		template: "$body",
		idField:  []string{"id"},
	}},

	// https://www.typeform.com/developers/webhooks/secure-your-webhooks/
	"typeform": {scheme: scheme{
		headers:  []headers{{signature: "Typeform-Signature"}},
		kinds:    []kind{{hmacSHA256, "sha256="}},
		encoding: base64Text,
		template: "$body",
		idField:  []string{"event_id"},
	}},

	// https://docs.x.com/x-api/webhooks/quickstart
	"twitter": {scheme: scheme{
		headers:  []headers{{signature: "X-Twitter-Webhooks-Signature"}},
		kinds:    []kind{{hmacSHA256, "sha256="}},
		encoding: base64Text,
		template: "$body",
	}},

	// https://woocommerce.com/document/webhooks/ and WC_Webhook::generate_signature in WooCommerce's source
	"woocommerce": {
		scheme: scheme{
			headers:  []headers{{signature: "X-WC-Webhook-Signature", id: []string{"X-WC-Webhook-Delivery-ID"}}},
			kinds:    []kind{{hmacSHA256, ""}},
			encoding: base64Text,
			template: "$body",
		},
		handshake: func(Config) Handshake { return wooCommerceHandshake{} },
	},
}
