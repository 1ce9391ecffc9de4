package integration

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const tokensConfig = `
{
	admin {{admin}}
	auto_https off
	debug
	krosyn {
		store badger {
			path {{folder}}/events
		}
	}
}
http://{{site}} {
	krosyn {
		connector orders {
			auth tokens
			perform POST {{target}}/in
		}
		connector mixed {
			endpoint {
				bearer_token a-configured-token
				expires {{expires}}
			}
			endpoint partner {
				auth tokens
				allow_origin https://partner.example.com
			}
			perform POST {{target}}/in
		}
		connector open {
			auth none
			perform POST {{target}}/in
		}
	}
}
`

func tokensConfigFor(to *target, expires time.Time) string {
	return strings.NewReplacer("{{target}}", to.URL, "{{expires}}", expires.UTC().Format(time.RFC3339)).Replace(tokensConfig)
}

// changed is a configuration that Caddy does not take for the running one.
func changed(config string) string {
	return strings.Replace(config, "connector orders {", "connector orders {\n\t\t\tdescription x", 1)
}

const (
	ordersTokens = "/krosyn/connectors/orders/endpoints/default/tokens"
	invalid      = `{"error":"Invalid authentication token"}`
	outdated     = `{"error":"Authentication token has expired"}`
)

// issue makes a token by the admin API.
func (g *gateway) issue(path, body string) (id, bearer, secret string) {
	g.t.Helper()
	r := send(g.t, http.MethodPost, "http://"+g.admin+path, body)
	id, _ = r.json("id").(string)
	bearer, _ = r.json("bearer_token").(string)
	secret, _ = r.json("secret_token").(string)
	if r.status != http.StatusCreated || id == "" || !strings.HasPrefix(bearer, "krs_") ||
		!strings.HasPrefix(secret, "krs_") || r.header.Get("Location") != path+"/"+id ||
		r.header.Get("Cache-Control") != "no-store" {
		g.t.Fatalf("a new token: %d %v %s", r.status, r.header, r.text)
	}
	return id, bearer, secret
}

func (g *gateway) revoke(path, id string) {
	g.t.Helper()
	r := send(g.t, http.MethodDelete, "http://"+g.admin+path+"/"+id, "")
	if r.status != http.StatusNoContent || r.text != "" {
		g.t.Fatalf("revoking: %d %s", r.status, r.text)
	}
}

// wantOrder sends an order with a header and expects its answer: none for one that is accepted.
func (g *gateway) wantOrder(header, refusal string) {
	g.t.Helper()
	r := g.post("/api/v1/connectors/orders/trigger", "{}", header)
	switch {
	case refusal == "" && r.status != http.StatusOK:
		g.t.Errorf("%s: %d %s", header, r.status, r.text)
	case refusal != "" && (r.status != http.StatusUnauthorized || strings.TrimSpace(r.text) != refusal):
		g.t.Errorf("%s: %d %s, want %s", header, r.status, r.text, refusal)
	}
}

// TestTokens follows tokens from their making to their end, over reloads, restarts and a crash.
func TestTokens(t *testing.T) {
	to := newTarget(t)
	config := tokensConfigFor(to, time.Now().AddDate(1, 0, 0))
	g := start(t, config)
	g.wantOrder("X-None: x", `{"error":"Bearer token or secret token is required"}`)
	g.wantOrder("Authorization: Bearer krs_x", invalid)
	if r := g.get(ordersTokens); strings.TrimSpace(r.text) != `{"tokens":[]}` {
		t.Errorf("before any: %s", r.text)
	}

	kept, keptBearer, keptSecret := g.issue(ordersTokens, `{"expires_in":"90d"}`)
	gone, goneBearer, goneSecret := g.issue(ordersTokens, "")
	if r := g.get(ordersTokens); r.json("tokens", 0, "id") != gone || r.json("tokens", 0, "expires_at") != nil ||
		r.json("tokens", 1, "id") != kept || r.json("tokens", 1, "expires_at") == nil ||
		r.json("tokens", 1, "last_used_at") != nil {
		t.Errorf("list: %s", r.text)
	}
	for _, header := range []string{
		"Authorization: Bearer " + keptBearer, "X-Secret-Token: " + keptSecret, "Authorization: Bearer " + goneBearer,
	} {
		g.wantOrder(header, "")
	}
	g.wantOrder("X-Secret-Token: "+keptBearer, invalid)
	r := g.post("/api/v1/connectors/mixed/trigger", "{}", "Authorization: Bearer "+keptBearer)
	if r.status != http.StatusUnauthorized {
		t.Errorf("at another connector: %d %s", r.status, r.text)
	}
	used := g.get(ordersTokens).json("tokens", 1, "last_used_at")
	if at, err := time.Parse(time.RFC3339, used.(string)); err != nil || time.Since(at) > time.Minute {
		t.Errorf("last used: %v", used)
	}
	g.revoke(ordersTokens, gone)
	g.wantOrder("Authorization: Bearer "+goneBearer, invalid)
	g.wantOrder("X-Secret-Token: "+goneSecret, invalid)
	g.wantOrder("Authorization: Bearer "+keptBearer, "")
	g.revoke(ordersTokens, gone)

	for _, again := range []struct {
		name string
		do   func()
	}{
		{"reload", func() {
			if out, err := g.reload(changed(config)); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}},
		{"restart", func() { g.stop(); g.run(config) }},
		{"crash", func() { g.kill(); g.run(config) }},
	} {
		again.do()
		g.wantOrder("Authorization: Bearer "+keptBearer, "")
		g.wantOrder("Authorization: Bearer "+goneBearer, invalid)
		r := g.get(ordersTokens)
		if r.json("tokens", 0, "status") != "revoked" || r.json("tokens", 0, "last_used_at") == nil ||
			r.json("tokens", 1, "status") != "active" || r.json("tokens", 1, "last_used_at") == nil {
			t.Errorf("after the %s: %s", again.name, r.text)
		}
	}

	// What a crash leaves is as it was written, uncompressed.
	last, lastBearer, lastSecret := g.issue(ordersTokens, "")
	g.kill()
	values := []string{keptBearer, keptSecret, goneBearer, goneSecret, lastBearer, lastSecret}
	found := false
	err := filepath.WalkDir(g.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found = found || bytes.Contains(data, []byte(last))
		for i, value := range values {
			if bytes.Contains(data, []byte(strings.TrimPrefix(value, "krs_"))) {
				t.Errorf("value %d is in %s", i, path)
			}
		}
		return err
	})
	if err != nil || !found {
		t.Errorf("the token itself was not found on disk: %v", err)
	}
	for i, value := range values {
		if strings.Contains(g.log.String(), value) {
			t.Errorf("value %d is in the log", i)
		}
	}
}

// TestTokenEnds replaces a token with an overlap, and waits for one to end.
func TestTokenEnds(t *testing.T) {
	to := newTarget(t)
	g := start(t, tokensConfigFor(to, time.Now().AddDate(1, 0, 0)))
	first, firstBearer, _ := g.issue(ordersTokens, `{}`)
	second, secondBearer, _ := g.issue(ordersTokens, `{"replace":"`+first+`","overlap":"1h"}`)
	g.wantOrder("Authorization: Bearer "+firstBearer, "")
	g.wantOrder("Authorization: Bearer "+secondBearer, "")
	if r := g.get(ordersTokens); r.json("tokens", 1, "replaced_by") != second || r.json("tokens", 1, "expires_at") == nil {
		t.Errorf("list: %s", r.text)
	}
	_, thirdBearer, _ := g.issue(ordersTokens, `{"replace":"`+second+`","expires_in":"1s"}`)
	g.wantOrder("Authorization: Bearer "+secondBearer, invalid)
	g.wait("the token to expire", func() bool {
		r := g.post("/api/v1/connectors/orders/trigger", "{}", "Authorization: Bearer "+thirdBearer)
		return r.status == http.StatusUnauthorized && strings.TrimSpace(r.text) == outdated
	})
	if r := g.get(ordersTokens); r.json("tokens", 0, "status") != "expired" {
		t.Errorf("list: %s", r.text)
	}
}

// TestTokenRoutes has every wrong request refused, and says why.
func TestTokenRoutes(t *testing.T) {
	to := newTarget(t)
	g := start(t, tokensConfigFor(to, time.Now().AddDate(1, 0, 0)))
	const partner = "/krosyn/connectors/mixed/endpoints/partner/tokens"
	for _, row := range []struct {
		method, path, body string
		status             int
		part               string
	}{
		{"POST", "/krosyn/connectors/nobody/endpoints/default/tokens", "", 404, "Connector not found"},
		{"GET", "/krosyn/connectors/nobody/endpoints/default/tokens", "", 404, "Connector not found"},
		{"POST", "/krosyn/connectors/orders/endpoints/nobody/tokens", "", 404, "Endpoint not found"},
		{"GET", "/krosyn/connectors/orders/endpoints/nobody/tokens", "", 404, "Endpoint not found"},
		{"DELETE", "/krosyn/connectors/orders/endpoints/nobody/tokens/x", "", 404, "Endpoint not found"},
		{"DELETE", ordersTokens + "/nothing", "", 404, "Token not found"},
		{"POST", ordersTokens, `{"replace":"nothing"}`, 404, "Token not found"},
		{"POST", ordersTokens, `{"expires_in":"soon"}`, 400, `expires_in \"soon\" is not a duration`},
		{"POST", ordersTokens, `{"expires_in":90}`, 400, "allowed fields: expires_in, replace, overlap"},
		{"POST", ordersTokens, `{"expires":"90d"}`, 400, "allowed fields: expires_in, replace, overlap"},
		{"POST", ordersTokens, `[`, 400, "allowed fields"},
		{"POST", ordersTokens + "?expires_in=90d", "", 400, "unknown parameter"},
		{"GET", ordersTokens + "?limit=1", "", 400, "unknown parameter"},
		{"POST", "/krosyn/connectors/open/endpoints/default/tokens", "", 409, "takes no tokens: declare `auth tokens`"},
		{"PUT", ordersTokens, "", 405, "allowed: GET, POST"},
		{"GET", ordersTokens + "/x", "", 405, "allowed: DELETE"},
	} {
		r := send(t, row.method, "http://"+g.admin+row.path, row.body)
		if r.status != row.status || !strings.Contains(r.text, row.part) || r.json("error") == nil {
			t.Errorf("%s %s %s: %d %s, want %d with %q", row.method, row.path, row.body, r.status, r.text, row.status, row.part)
		}
		if allow := r.header.Get("Allow"); row.status == 405 && !strings.HasSuffix(row.part, allow) {
			t.Errorf("%s %s: Allow %q", row.method, row.path, allow)
		}
	}

	_, bearer, _ := g.issue(partner, "")
	for origin, status := range map[string]int{"https://partner.example.com": 200, "https://evil.example.com": 403} {
		r := g.post("/api/v1/connectors/mixed/trigger", "{}", "Authorization: Bearer "+bearer, "Origin: "+origin)
		if r.status != status || status == 200 && g.event(r).json("endpoint") != "partner" {
			t.Errorf("%s: %d %s", origin, r.status, r.text)
		}
	}
	for range 100 {
		g.issue(ordersTokens, "")
	}
	r := send(t, http.MethodPost, "http://"+g.admin+ordersTokens, "")
	if r.status != http.StatusConflict || !strings.Contains(r.text, "endpoint default has 100 tokens: too many tokens: revoke one") {
		t.Errorf("one more than allowed: %d %s", r.status, r.text)
	}
}

// TestTokenCommands makes, lists and revokes tokens as an operator does.
func TestTokenCommands(t *testing.T) {
	to := newTarget(t)
	g := start(t, tokensConfigFor(to, time.Now().AddDate(1, 0, 0)))
	krosyn := func(args ...string) (string, int) {
		t.Helper()
		cmd := g.command(append(append([]string{"krosyn", "tokens"}, args...), "--address", g.admin)...)
		out, err := cmd.CombinedOutput()
		if _, ended := err.(*exec.ExitError); err != nil && !ended {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, code := krosyn("create", "orders", "--expires", "90d")
	if code != 0 || !strings.Contains(out, "Bearer token  krs_") || !strings.Contains(out, "Secret token  krs_") {
		t.Errorf("create: %d %s", code, out)
	}
	_, rest, _ := strings.Cut(out, "Bearer token  ")
	bearer, _, _ := strings.Cut(rest, "\n")
	g.wantOrder("Authorization: Bearer "+bearer, "")

	out, code = krosyn("create", "mixed", "partner", "--json")
	var made struct {
		ID     string `json:"id"`
		Bearer string `json:"bearer_token"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 || made.ID == "" {
		t.Fatalf("create --json: %d %s", code, out)
	}
	out, code = krosyn("list")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(lines) != 3 ||
		!strings.HasPrefix(lines[0], "CONNECTOR") || !strings.Contains(lines[1], "partner") ||
		!strings.Contains(lines[2], "orders") {
		t.Errorf("list: %d\n%s", code, out)
	}
	var list struct{ Tokens []struct{ ID, Status string } }
	out, code = krosyn("list", "mixed", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 || len(list.Tokens) != 1 || list.Tokens[0].ID != made.ID {
		t.Errorf("list --json: %d %s", code, out)
	}
	out, code = krosyn("revoke", "mixed", "partner", made.ID)
	if code != 0 || !strings.Contains(out, "is revoked") {
		t.Errorf("revoke: %d %s", code, out)
	}
	r := g.post("/api/v1/connectors/mixed/trigger", "{}", "Authorization: Bearer "+made.Bearer)
	if r.status != http.StatusUnauthorized {
		t.Errorf("revoked: %d %s", r.status, r.text)
	}
	for _, row := range []struct {
		args, part string
		code       int
	}{
		{"create nobody", "Error: Connector not found", 1},
		{"create orders nobody", "Error: Endpoint not found", 1},
		{"create orders --expires soon", `Error: expires_in "soon" is not a duration`, 2},
		{"create open", "takes no tokens", 1},
		{"revoke orders default nothing", "Error: Token not found", 1},
		{"list nobody", "Error: Connector not found", 1},
		{"revoke orders", "accepts 3 arg(s)", 2},
	} {
		if out, code := krosyn(strings.Fields(row.args)...); code != row.code || !strings.Contains(out, row.part) {
			t.Errorf("%s: %d %s, want %d and %q", row.args, code, out, row.code, row.part)
		}
	}
}

// TestTokenExpiring announces ends that are near, in the log and by a Caddy event, and does not repeat it after a
// reload or a restart.
func TestTokenExpiring(t *testing.T) {
	to := newTarget(t)
	config := tokensConfigFor(to, time.Now().Add(72*time.Hour))
	g := newGateway(t)
	g.run(config)
	count := func(part string) int { return strings.Count(g.log.String(), part) }
	const warned = `"msg":"a token expires soon"`
	const emitted = `"msg":"event","name":"krosyn.token_expiring"`
	g.wait("the notice", func() bool { return count(emitted) > 0 })
	if log := g.log.String(); count(warned) != 1 || !strings.Contains(log, `"origin":"krosyn"`) ||
		!strings.Contains(log, `"connector":"mixed","endpoint":"default","expires_at":"`) {
		t.Errorf("the notice: %d\n%s", count(warned), log)
	}
	id, _, _ := g.issue(ordersTokens, `{"expires_in":"48h"}`)
	g.stop()
	g.run(config)
	g.wait("the notice of the token", func() bool { return count(`"token_id":"`+id+`"`) > 1 })
	if out, err := g.reload(changed(config)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	g.stop()
	if count(warned) != 2 || count(emitted) != 2 {
		t.Errorf("announced %d times, emitted %d times:\n%s", count(warned), count(emitted), g.log.String())
	}
}

// TestTokensRefused has configurations that `auth tokens` makes no sense in.
func TestTokensRefused(t *testing.T) {
	to := newTarget(t)
	g := newGateway(t)
	config := tokensConfigFor(to, time.Now().AddDate(1, 0, 0))
	for added, part := range map[string]string{
		"auth tokens\n bearer_token x-token":         "exclude each other",
		"auth tokens\n expires 2027-06-30T00:00:00Z": "has an end of its own",
		"auth tokens\n auth none":                    "auth is repeated",
		"auth token":                                 "allowed: none, tokens",
		"description x":                              "`auth tokens`",
	} {
		candidate := g.write("Caddyfile", strings.Replace(config, "auth tokens", added, 1))
		out, err := g.command("validate", "--config", candidate).CombinedOutput()
		if err == nil || !strings.Contains(string(out), part) {
			t.Errorf("%s: %v\n%s", added, err, out)
		}
	}
}
