package signature

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// maxPing bounds the bytes of a body that is looked at as a handshake: those of senders have a few hundred.
const maxPing = 16 << 10

// slackHandshake repeats what a signed body has: https://docs.slack.dev/reference/events/url_verification
type slackHandshake struct{}

// Answer implements Handshake.
func (slackHandshake) Answer(r *Request, verified bool, _ time.Time) (*Answer, bool) {
	if !verified || len(r.Body) > maxPing || !bytes.Contains(r.Body, []byte("url_verification")) {
		return nil, false
	}
	var ping struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(r.Body, &ping) != nil || ping.Type != "url_verification" ||
		!isChallenge(ping.Challenge, isTokenByte) {
		return nil, false
	}
	return text(ping.Challenge), true
}

// discordHandshake answers the signed PING of
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-acknowledging-ping-requests (type 1)
// and of https://discord.com/developers/docs/events/webhook-events#preparing-for-events (type 0; there, type 1 is an
// event).
type discordHandshake struct{}

// Answer implements Handshake.
func (discordHandshake) Answer(r *Request, verified bool, _ time.Time) (*Answer, bool) {
	if !verified || len(r.Body) > maxPing {
		return nil, false
	}
	var ping struct {
		Type  *int            `json:"type"`
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(r.Body, &ping) != nil || ping.Type == nil || ping.Event != nil {
		return nil, false
	}
	switch *ping.Type {
	case 0:
		return &Answer{Status: http.StatusNoContent}, true
	case 1:
		return &Answer{Status: http.StatusOK, ContentType: "application/json", Body: []byte(`{"type":1}`)}, true
	}
	return nil, false
}

// wooCommerceHandshake answers the ping by which WooCommerce finds out whether an address takes webhooks at all. It has
// no signature (WC_Webhook::deliver_ping in WooCommerce's source), says nothing but the webhook's number, and wants
// nothing but a 200.
type wooCommerceHandshake struct{}

// Answer implements Handshake.
func (wooCommerceHandshake) Answer(r *Request, _ bool, _ time.Time) (*Answer, bool) {
	const longest = 20
	number, ok := strings.CutPrefix(string(r.Body[:min(len(r.Body), maxPing)]), "webhook_id=")
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	if r.Method != http.MethodPost || !ok || len(number) > longest || !isChallenge(number, isDigit) {
		return nil, false
	}
	return &Answer{Status: http.StatusOK}, true
}
