package handler

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestSignedRequest has a signature judged by the URL that the sender signed, whatever the server made of it.
func TestSignedRequest(t *testing.T) {
	sent := httptest.NewRequest(http.MethodPost, "/in/hooks/twilio?a=1", http.NoBody)
	rewritten := sent.Clone(context.WithValue(t.Context(), caddyhttp.OriginalRequestCtxKey, *sent))
	rewritten.URL.Path, rewritten.RequestURI = "/hooks/twilio", "/hooks/twilio?a=1"
	rewritten.Header.Set("X-Twilio-Signature", "x")
	got := signedRequest(rewritten, []byte("b"))
	if got.URL != "http://example.com/in/hooks/twilio?a=1" || got.Header.Get("X-Twilio-Signature") != "x" || string(got.Body) != "b" {
		t.Errorf("%+v", got)
	}
	if got := signedRequest(sent, nil); got.URL != "http://example.com/in/hooks/twilio?a=1" {
		t.Errorf("without a rewrite: %+v", got)
	}
}
