package integration

import (
	"net/http"
	"strings"
	"testing"
)

// answersConfig has a connector for each row of the table of answers.
const answersConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		max_body 4KiB
		max_depth 3
	}
}
http://{{site}} {
	krosyn {
		connector ok {
			bearer_token good
			trigger ` + "`equals($payload.type, \"order\")`" + `
			perform POST {{target}}/ok
		}
		connector relay {
			bearer_token good
			trigger ` + "`$payload.type != \"skip\"`" + `
			perform POST {{target}}/status/418
			respond target
		}
		connector tokens {
			endpoint a {
				bearer_token good
				secret_token also
			}
			endpoint b {
				secret_header X-Shop-Key key
			}
			endpoint old {
				bearer_token aged
				expires 2020-01-01T00:00:00Z
			}
			endpoint browser {
				path /hooks/browser
				bearer_token page
				allow_origin https://shop.example.com https://*.example.org
			}
			perform POST {{target}}/ok
		}
		connector off {
			disabled
			bearer_token good
			perform POST {{target}}/ok
		}
		connector down {
			auth none
			perform POST http://{{dead}}/ {
				retry 2 {
					backoff 1ms 2ms
				}
			}
		}
		connector fused {
			auth none
			perform POST http://{{dead}}/x {
				breaker 1 60s
			}
		}
		connector broken {
			auth none
			trigger ` + "`add($payload.type, 1) > 1`" + `
			perform POST {{target}}/ok
		}
		connector lookup {
			auth none
			process {
				lookup {{target}}/status/404
			}
			perform POST {{target}}/ok
		}
		connector idle {
			auth none
		}
	}
	respond "the site beside the gateway"
}
`

// TestAnswers goes through the contract's table of what a caller sees.
func TestAnswers(t *testing.T) {
	to := newTarget(t)
	dead := freeAddress(t)
	g := start(t, strings.NewReplacer("{{target}}", to.URL, "{{dead}}", dead).Replace(answersConfig))
	const base = "/api/v1/connectors/"
	order := `{"type":"order"}`
	good := "Authorization: Bearer good"
	if r := g.post(base+"fused/trigger", order); r.status != http.StatusBadGateway {
		t.Fatalf("the attempt that opens the breaker: %d %s", r.status, r.text)
	}

	for _, row := range []struct {
		name    string
		path    string
		body    string
		headers []string
		status  int
		// want is the whole body where it begins with {, else the event's `error`.
		want string
		// event is the status of the event that there must be.
		event string
	}{
		{"completed", base + "ok/trigger", order, []string{good}, 200, "", "completed"},
		{"skipped", base + "ok/trigger", `{"type":"cart"}`, []string{good}, 200, "", "skipped"},
		{"relayed", base + "relay/trigger", order, []string{good}, 418, `{"answer":42,"name":"Jane"}`, ""},
		{"skipped, not relayed", base + "relay/trigger", `{"type":"skip"}`, []string{good}, 200, "", "skipped"},
		{"unknown connector", base + "nobody/trigger", order, nil, 404, `{"error":"Connector not found"}`, ""},
		{"unknown path of a connector", base + "ok/other", order, nil, 404, `{"error":"Connector not found"}`, ""},
		{"no credentials", base + "ok/trigger", order, nil, 401, `{"error":"Bearer token or secret token is required"}`, ""},
		{"empty bearer", base + "ok/trigger", order, []string{"Authorization: Bearer "}, 401, `{"error":"Bearer token or secret token is required"}`, ""},
		{"wrong credentials", base + "ok/trigger", order, []string{"Authorization: Bearer bad"}, 401, `{"error":"Invalid authentication token"}`, ""},
		{"wrong secret token", base + "ok/trigger", order, []string{"X-Secret-Token: bad"}, 401, `{"error":"Invalid authentication token"}`, ""},
		{"secret token", base + "tokens/trigger", order, []string{"X-Secret-Token: also"}, 200, "", "completed"},
		{"secret header", base + "tokens/trigger", order, []string{"X-Shop-Key: key"}, 200, "", "completed"},
		{"expired", base + "tokens/trigger", order, []string{"Authorization: Bearer aged"}, 401, `{"error":"Authentication token has expired"}`, ""},
		{"no origin", "/hooks/browser", order, []string{"Authorization: Bearer page"}, 403, `{"error":"Origin not allowed"}`, ""},
		{"wrong origin", "/hooks/browser", order, []string{"Authorization: Bearer page", "Origin: https://example.org"}, 403, `{"error":"Origin not allowed"}`, ""},
		{"origin", "/hooks/browser", order, []string{"Authorization: Bearer page", "Origin: https://a.example.org"}, 200, "", "completed"},
		{"referer", "/hooks/browser", order, []string{"Authorization: Bearer page", "Referer: https://shop.example.com/cart"}, 200, "", "completed"},
		{"another endpoint's token on a path of its own", "/hooks/browser", order, []string{good}, 401, `{"error":"Invalid authentication token"}`, ""},
		{"disabled", base + "off/trigger", order, []string{good}, 403, `{"error":"Connector is disabled"}`, ""},
		{"disabled, wrong token", base + "off/trigger", order, []string{"Authorization: Bearer bad"}, 401, `{"error":"Invalid authentication token"}`, ""},
		{"too large", base + "ok/trigger", strings.Repeat(" ", 5000), []string{good}, 413, `{"error":"Request body is too large"}`, ""},
		{"too large comes before credentials", base + "ok/trigger", strings.Repeat(" ", 5000), nil, 413, `{"error":"Request body is too large"}`, ""},
		{"not JSON", base + "ok/trigger", "<a/>", []string{good, "Content-Type: application/xml"}, 415, `{"error":"Content type is not supported: send JSON or a form"}`, ""},
		{"disabled comes before the format", base + "off/trigger", "{", []string{good}, 403, `{"error":"Connector is disabled"}`, ""},
		{"perform failed", base + "down/trigger", order, nil, 502, "perform_failed", "failed"},
		{"circuit open", base + "fused/trigger", order, nil, 503, "circuit_open", "failed"},
		{"loop", base + "ok/trigger", order, []string{good, "X-Krosyn-Depth: 4"}, 508, "depth_exceeded", "failed"},
		{"expression", base + "broken/trigger", order, nil, 500, "expression_error", "failed"},
		{"lookup", base + "lookup/trigger", order, nil, 502, "lookup_failed", "failed"},
		{"not configured", base + "idle/trigger", order, nil, 500, "not_configured", "failed"},
		{"beside the gateway", "/elsewhere", order, nil, 200, "the site beside the gateway", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			headers := row.headers
			if row.name != "not JSON" {
				headers = append([]string{"Content-Type: application/json"}, headers...)
			}
			r := send(t, http.MethodPost, "http://"+g.site+row.path, row.body, headers...)
			if r.status != row.status {
				t.Fatalf("status %d, want %d: %s", r.status, row.status, r.text)
			}
			if row.event == "" {
				if r.text != row.want {
					t.Fatalf("body %s, want %s", r.text, row.want)
				}
				return
			}
			want := map[string]any{"event_id": r.header.Get("X-Krosyn-Event-Id"), "status": row.event}
			if row.want != "" {
				want["error"] = row.want
			}
			for name, value := range want {
				if r.json(name) != value {
					t.Errorf("%s is %v, want %v", name, r.json(name), value)
				}
			}
			if got := g.event(r).json("status"); got != row.event {
				t.Errorf("the event's status is %v, want %s", got, row.event)
			}
			if (row.status == 503) != (r.header.Get("Retry-After") != "") {
				t.Errorf("status %d with Retry-After %q", row.status, r.header.Get("Retry-After"))
			}
		})
	}
}

// TestMethod has what only a POST may do.
func TestMethod(t *testing.T) {
	g := start(t, strings.NewReplacer("{{target}}", "http://127.0.0.1:1", "{{dead}}", "127.0.0.1:1").Replace(answersConfig))
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		r := send(t, method, "http://"+g.site+"/api/v1/connectors/ok/trigger", "")
		if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "POST" || r.json("error") == nil {
			t.Errorf("%s: %d, Allow %q, %s", method, r.status, r.header.Get("Allow"), r.text)
		}
	}
}

// TestMalformedBodies are told what is wrong with them and make no event.
func TestMalformedBodies(t *testing.T) {
	g := start(t, strings.NewReplacer("{{target}}", "http://127.0.0.1:1", "{{dead}}", "127.0.0.1:1").Replace(answersConfig))
	for name, body := range map[string]string{
		"half an object": `{"a":`, "two values": `1 2`, "bare word": `hello`, "trailing comma": `[1,]`,
		"mismatched brackets": strings.Repeat("[", 2000) + strings.Repeat("}", 2000), "control character": "\"\x01\"",
	} {
		r := g.post("/api/v1/connectors/ok/trigger", body, "Authorization: Bearer good")
		if r.status != http.StatusBadRequest || !strings.Contains(r.text, "Request body is not valid JSON") {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
}
