package admin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/audit"
)

// TestAudit has every change be an entry, and nothing else.
func TestAudit(t *testing.T) {
	a := newAPI(t)
	bad, good := a.execute("broken", `{"n":1}`), a.execute("orders", `{"n":1}`)
	const tokens = "/krosyn/connectors/orders/endpoints/default/tokens"
	secrets := []string{"a-token-of-some-length"}
	change := func(method, path, body string, status int) string {
		t.Helper()
		_, w, text := a.call(method, path, body, "X-Krosyn-Reason: because of a-token-of-some-length")
		if w.StatusCode != status {
			t.Fatalf("%s %s: %d %s", method, path, w.StatusCode, text)
		}
		return text
	}
	member := func(text, name string) string {
		t.Helper()
		var body map[string]any
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		value, _ := body[name].(string)
		return value
	}
	change("PATCH", "/krosyn/connectors/orders", `{"disabled":true}`, 200)
	change("PATCH", "/krosyn/connectors/orders", `{"disabled":true}`, 200) // no change
	change("PATCH", "/krosyn/connectors/orders", `{"disabled":false}`, 200)
	change("PATCH", "/krosyn/connectors/off", `{"disabled":false}`, 409)
	made := change("POST", tokens, `{"expires_in":"1d"}`, 201)
	token := member(made, "id")
	secrets = append(secrets, member(made, "bearer_token"), member(made, "secret_token"))
	change("DELETE", tokens+"/"+token, "", 204)
	change("DELETE", tokens+"/nothing", "", 404)
	change("POST", "/krosyn/breakers/reset", `{"connector":"broken"}`, 200)
	retry := member(change("POST", "/krosyn/events/"+bad.ID.String()+"/retry", "", 201), "id")
	change("POST", "/krosyn/events/"+good.ID.String()+"/retry", "", 409)
	job := member(change("POST", "/krosyn/events/retry", `{"connector":"broken","rate":0.01}`, 202), "id")
	change("POST", "/krosyn/events/retry", `{"dry_run":true}`, 200)
	change("POST", "/krosyn/connectors/orders/test", "", 200)

	wanted := []struct {
		action        audit.Action
		subject       string
		before, after string
	}{
		{audit.EventsRetry, "jobs/" + job, `null`, `{"connector":"broken","rate":0.01,"total":1}`},
		{audit.EventRetry, "events/" + bad.ID.String(), `null`, `{"event":"` + retry + `","status":"failed"}`},
		{audit.BreakersReset, "breakers/broken", `[{"connector":"broken"`, `{"reset":1}`},
		{audit.TokenRevoke, tokens[len("/krosyn/"):] + "/" + token, `null`, `null`},
		{audit.TokenCreate, tokens[len("/krosyn/"):] + "/" + token, `null`, `{"expires_at":"`},
		{audit.ConnectorEnable, "connectors/orders", `{"disabled":true}`, `{"disabled":false}`},
		{audit.ConnectorDisable, "connectors/orders", `{"disabled":false}`, `{"disabled":true}`},
	}
	_, _, text := a.call(http.MethodGet, "/krosyn/audit", "")
	var list auditList
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Entries) != len(wanted) || list.NextCursor != nil {
		t.Fatalf("%d entries, want %d: %s", len(list.Entries), len(wanted), text)
	}
	for i, want := range wanted {
		got := list.Entries[i]
		if got.Action != want.action || got.Subject != want.subject || !strings.HasPrefix(string(got.Before), want.before) ||
			!strings.HasPrefix(string(got.After), want.after) || got.Remote != "127.0.0.1" ||
			got.Reason != "because of [REDACTED]" {
			t.Errorf("entry %d: %+v (before %s, after %s), want %+v", i, got, got.Before, got.After, want)
		}
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("the audit has a secret: %s", text)
		}
	}

	_, _, page := a.call(http.MethodGet, "/krosyn/audit?limit=2", "")
	_, _, next := a.call(http.MethodGet, "/krosyn/audit?limit=2&cursor="+member(page, "next_cursor"), "")
	if !strings.Contains(next, string(audit.BreakersReset)) || !strings.Contains(next, string(audit.TokenRevoke)) {
		t.Errorf("the second page: %s", next)
	}
	_, w, export := a.call(http.MethodGet, "/krosyn/audit/export?action=token.create&since=1h", "")
	if w.Header.Get("Content-Type") != "application/x-ndjson" || strings.Count(export, "\n") != 1 {
		t.Errorf("export: %v %s", w.Header, export)
	}
	for parameters, part := range map[string]string{
		"action=x": "none of event.retry, events.retry", "limit=0": "1 to 500", "cursor=x": "next_cursor", "since=x": "since",
		"cursor=00000000-0000-0000-0000-000000000000": "next_cursor", "until=x": "until", "connector=x": "unknown parameter",
	} {
		_, w, text := a.call(http.MethodGet, "/krosyn/audit?"+parameters, "")
		if w.StatusCode != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %s", parameters, w.StatusCode, text)
		}
	}
}

// TestStanding has routes answer that need no running gateway.
func TestStanding(t *testing.T) {
	for pattern, want := range map[string]string{"/krosyn/health/live": `{"status":"ok"}`, "/krosyn/openapi.json": `{"openapi":"3.1.0"`} {
		w := answerOf(standing[pattern], http.MethodGet)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%s: %d %.100s", pattern, w.Code, w.Body)
		}
		if w := answerOf(standing[pattern], http.MethodPost); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET" {
			t.Errorf("POST %s: %d %v", pattern, w.Code, w.Header())
		}
	}
}

// TestStarting asks while Caddy has not loaded its configuration: whoever waits for the gateway goes on waiting.
func TestStarting(t *testing.T) {
	for _, pattern := range []string{"/krosyn/events", "/krosyn/events/stream", "/krosyn/health"} {
		w := answerOf(table[pattern], http.MethodGet)
		const want = `{"error":"Caddy runs no configuration: it is starting or stopping"}`
		if w.Code != http.StatusServiceUnavailable || strings.TrimSpace(w.Body.String()) != want ||
			w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: %d %s %v", pattern, w.Code, w.Body, w.Header())
		}
	}
}

func answerOf(h caddy.AdminHandler, method string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	answered(h).ServeHTTP(w, httptest.NewRequest(method, "/", nil))
	return w
}
