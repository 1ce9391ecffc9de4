package command

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// exchange is what the admin API is asked and what it answers.
type exchange struct {
	method, path, body string
	status             int
	answer             string
}

// run executes `tokens` with arguments against an admin API that expects these exchanges, in this order.
func run(t *testing.T, args []string, exchanges ...exchange) (string, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if len(exchanges) == 0 {
			t.Errorf("asked for %s %s too", r.Method, r.URL)
			return
		}
		want := exchanges[0]
		exchanges = exchanges[1:]
		if r.Method != want.method || r.URL.EscapedPath() != want.path || string(body) != want.body {
			t.Errorf("asked for %s %s %s, want %s %s %s", r.Method, r.URL.EscapedPath(), body, want.method, want.path, want.body)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(want.status)
		_, _ = io.WriteString(w, want.answer)
	}))
	defer server.Close()
	var out bytes.Buffer
	cmd := tokensCommand()
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(append(args, "--address", strings.TrimPrefix(server.URL, "http://")))
	err := cmd.Execute()
	if len(exchanges) > 0 {
		t.Errorf("not asked for %+v", exchanges)
	}
	return out.String(), err
}

const (
	newToken = `{"id":"t-1","bearer_token":"krs_b","secret_token":"krs_s","expires_at":"2027-02-20T10:00:00.000Z"}` + "\n"
	oldToken = `{"id":"t-1","connector":"orders","endpoint":"default","status":"active","created_at":"2026-11-22T10:00:00.000Z",` +
		`"expires_at":"2027-02-20T10:00:00.000Z","last_used_at":null,"revoked_at":null}`
	orders = "/krosyn/connectors/orders"
)

func TestTokensCreate(t *testing.T) {
	for name, test := range map[string]struct {
		args       []string
		path, body string
		parts      []string
	}{
		"default endpoint": {
			[]string{"create", "orders"}, "/default", `{}`,
			[]string{"Bearer token  krs_b\n", "Secret token  krs_s\n", "Id            t-1\n", "Expires       2027-02-20T10:00:00Z\n"},
		},
		"JSON":    {[]string{"create", "orders", "--json"}, "/default", `{}`, []string{newToken}},
		"expires": {[]string{"create", "orders", "a/b", "--expires", "90d"}, "/a%2Fb", `{"expires_in":"90d"}`, []string{"krs_b"}},
		"unset variable": {
			[]string{"create", "orders", "--expires", ""}, "/default", `{"expires_in":""}`, []string{"krs_b"},
		},
		"replace": {
			[]string{"create", "orders", "--replace", "t-0", "--overlap", "24h"}, "/default",
			`{"overlap":"24h","replace":"t-0"}`, []string{"krs_b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, test.args,
				exchange{"POST", orders + "/endpoints" + test.path + "/tokens", test.body, http.StatusCreated, newToken})
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range test.parts {
				if !strings.Contains(out, part) {
					t.Errorf("printed %q, want %q in it", out, part)
				}
			}
		})
	}
}

func TestTokensList(t *testing.T) {
	tokens := func(endpoint, list string) exchange {
		return exchange{"GET", orders + "/endpoints/" + endpoint + "/tokens", "", http.StatusOK, `{"tokens":[` + list + `]}`}
	}
	const endpoints = `{"name":"orders","endpoints":[{"name":"default"},{"name":"partner"}]}`
	const row = "orders     default   t-1  active  2026-11-22T10:00:00Z  2027-02-20T10:00:00Z  never\n"
	for name, test := range map[string]struct {
		args      []string
		exchanges []exchange
		want      string
	}{
		"an endpoint": {[]string{"list", "orders", "default"}, []exchange{tokens("default", oldToken)}, row},
		"a connector": {
			[]string{"list", "orders"},
			[]exchange{{"GET", orders, "", http.StatusOK, endpoints}, tokens("default", oldToken), tokens("partner", "")}, row,
		},
		"all": {
			[]string{"list"},
			[]exchange{
				{"GET", "/krosyn/connectors", "", http.StatusOK, `{"connectors":[` + endpoints + `]}`},
				tokens("default", oldToken), tokens("partner", ""),
			}, row,
		},
		"JSON": {[]string{"list", "orders", "default", "--json"}, []exchange{tokens("default", oldToken)}, `{"tokens":[` + oldToken + `]}`},
		"none": {[]string{"list", "orders", "default", "--json"}, []exchange{tokens("default", "")}, `{"tokens":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, test.args, test.exchanges...)
			if err != nil || !strings.HasSuffix(strings.TrimSpace(out), strings.TrimSpace(test.want)) {
				t.Errorf("printed %q (%v), want %q at the end", out, err, test.want)
			}
		})
	}
}

func TestTokensRevoke(t *testing.T) {
	revoked := exchange{"DELETE", orders + "/endpoints/default/tokens/t-1", "", http.StatusNoContent, ""}
	out, err := run(t, []string{"revoke", "orders", "default", "t-1"}, revoked)
	if err != nil || out != "Token t-1 of orders/default is revoked.\n" {
		t.Errorf("%q %v", out, err)
	}
	out, err = run(t, []string{"revoke", "orders", "default", "t-1", "--json"}, revoked)
	if err != nil || out != `{"id":"t-1","status":"revoked"}`+"\n" {
		t.Errorf("%q %v", out, err)
	}
}

// TestTokensErrors has the API's own text for an error, and whatever there is where that is none.
func TestTokensErrors(t *testing.T) {
	create := func(status int, answer string) exchange {
		return exchange{"POST", orders + "/endpoints/default/tokens", `{}`, status, answer}
	}
	for answer, want := range map[string]string{
		`{"error":"Connector not found"}` + "\n": "Connector not found",
		`{"error":"a {b} c"}`:                    "a {b} c",
		`{"error":""}`:                           `caddy responded with error: HTTP 404: {"error":""}`,
		"not found":                              "caddy responded with error: HTTP 404: not found",
		`{"error"`:                               `caddy responded with error: HTTP 404: {"error"`,
	} {
		if _, err := run(t, []string{"create", "orders"}, create(http.StatusNotFound, answer)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", answer, err, want)
		}
	}
	if _, err := run(t, []string{"create", "orders"}, create(http.StatusCreated, "{")); err == nil {
		t.Error("half an answer is taken for a token")
	}
	cmd := tokensCommand()
	cmd.SetArgs([]string{"revoke", "orders", "default"})
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	if err := cmd.Execute(); err == nil {
		t.Error("a missing word is accepted")
	}
}
