package integration

import (
	"net/http"
	"strings"
	"testing"
)

// TestAdmin goes through the routes that show and try things.
func TestAdmin(t *testing.T) {
	to := newTarget(t)
	g := eventsGateway(t, to, to.URL+"/in")
	ask := func(method, path, body string) *reply {
		t.Helper()
		return send(t, method, "http://"+g.admin+path, body)
	}
	r := g.post(ordersPath, anOrder, token)
	id, _ := r.json("event_id").(string)

	t.Run("connectors", func(t *testing.T) {
		list := g.get("/krosyn/connectors")
		for i, name := range []string{"orders", "plain", "private"} {
			if list.json("connectors", i, "name") != name {
				t.Errorf("connector %d: %s", i, list.text)
			}
		}
		one := g.get("/krosyn/connectors/orders")
		if one.json("definition", "endpoint", 0, "bearer_token", 0) != "{env.TOKEN}" || one.json("events", "completed") != 1.0 ||
			one.json("endpoints", 0, "name") != "default" || one.json("breaker") != nil {
			t.Errorf("orders: %s", one.text)
		}
		if r := g.get("/krosyn/connectors/nobody"); r.status != http.StatusNotFound || r.json("error") == nil {
			t.Errorf("nobody: %d %s", r.status, r.text)
		}
	})

	t.Run("dry run", func(t *testing.T) {
		sent := to.count("/in")
		for _, row := range []struct{ name, body, status, part string }{
			{"payload", `{"payload":{"type":"order","id":7,"customer":{"id":"x"}},"lookup":{"name":"Ann"}}`, "completed", `"text":"Order 7: Dear ANN"`},
			{"skipped", `{"payload":{"type":"cart"}}`, "skipped", `{"expression":"$payload.type","value":"cart"}`},
			{"stored event", `{"event_id":"` + id + `","lookup":{"name":"Bo"}}`, "completed", `Order 12345678901234567890: Dear BO`},
			{"example", ``, "completed", `/customers/a%2Fb`},
			{"secrets are masked", `{"payload":{"type":"order"}}`, "completed", `[REDACTED]`},
		} {
			r := ask(http.MethodPost, "/krosyn/connectors/orders/test", row.body)
			if r.status != http.StatusOK || r.json("status") != row.status || !strings.Contains(r.text, row.part) {
				t.Errorf("%s: %d %s", row.name, r.status, r.text)
			}
		}
		if n := to.count("/in"); n != sent {
			t.Errorf("a dry run sent %d requests", n-sent)
		}
		for body, status := range map[string]int{
			`{"payload":1,"event_id":"` + id + `"}`: 400, `{"event_id":"0199f0c4-0000-7000-8000-000000000000"}`: 404,
			`{"event_id":"x"}`: 400, `{"paylod":1}`: 400, `{`: 400,
		} {
			if r := ask(http.MethodPost, "/krosyn/connectors/orders/test", body); r.status != status || r.json("error") == nil {
				t.Errorf("%s: %d %s, want %d", body, r.status, r.text, status)
			}
		}
		if r := ask(http.MethodPost, "/krosyn/connectors/plain/test", ""); r.status != http.StatusBadRequest {
			t.Errorf("no payload and no example: %d %s", r.status, r.text)
		}
	})

	t.Run("expressions", func(t *testing.T) {
		for _, row := range []struct {
			body   string
			status int
			path   []any
			want   any
		}{
			{`{"expression":"uppercase($payload.a)","payload":{"a":"x"}}`, 200, []any{"result"}, "X"},
			{`{"value":"Hi $payload.a","payload":{"a":"x"}}`, 200, []any{"type"}, "string"},
			{`{"value":"$secret.API_KEY"}`, 200, []any{"result"}, "[REDACTED]"},
			{`{"expression":"1 +\n uppercas(2)"}`, 422, []any{"error"}, "Unknown function: uppercas"},
			{`{"expression":"1 +\n uppercas(2)"}`, 422, []any{"position", "line"}, 2.0},
			{`{"expression":"1 +\n uppercas(2)"}`, 422, []any{"position", "column"}, 2.0},
			{`{"expression":"$secret.nope"}`, 422, []any{"error"}, "Unknown secret: nope"},
			{`{"expression":"split('a')"}`, 422, []any{"error"}, "split requires at least 2 argument(s), 1 given"},
			{`{"expression":"uppercase('a', 'b')"}`, 422, []any{"error"}, "uppercase accepts at most 1 argument(s), 2 given"},
		} {
			r := ask(http.MethodPost, "/krosyn/expressions/test", row.body)
			if r.status != row.status || r.json(row.path...) != row.want {
				t.Errorf("%s: %d %s, want %v %v", row.body, r.status, r.text, row.path, row.want)
			}
		}
		for _, body := range []string{`{}`, `{"expression":"1","value":"1"}`, `{"expression":"1","payload":`, `{"expresion":"1"}`} {
			if r := ask(http.MethodPost, "/krosyn/expressions/test", body); r.status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, r.status, r.text)
			}
		}
	})

	t.Run("health", func(t *testing.T) {
		r := g.get("/krosyn/health")
		if r.status != http.StatusOK || r.json("status") != "ok" || r.json("store", "engine") != "badger" || r.json("queue", "pending") != 0.0 {
			t.Errorf("%d %s", r.status, r.text)
		}
		if free, _ := r.json("store", "free_bytes").(float64); free <= 0 {
			t.Errorf("free space: %s", r.text)
		}
	})

	t.Run("functions", func(t *testing.T) {
		r := g.get("/krosyn/functions")
		if list, _ := r.json("functions").([]any); len(list) < 50 || r.json("functions", 0, "signature") == nil {
			t.Errorf("%d functions: %.500s", len(list), r.text)
		}
	})

	t.Run("methods and routes", func(t *testing.T) {
		for path, allow := range map[string]string{
			"/krosyn/events": "GET", "/krosyn/events/" + id: "GET", "/krosyn/breakers": "GET", "/krosyn/connectors": "GET",
			"/krosyn/health": "GET", "/krosyn/functions": "GET",
		} {
			r := ask(http.MethodPut, path, "")
			if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != allow || r.json("error") == nil {
				t.Errorf("PUT %s: %d, Allow %q, %s", path, r.status, r.header.Get("Allow"), r.text)
			}
		}
		for _, path := range []string{"/krosyn/events/" + id + "/retry", "/krosyn/expressions/test", "/krosyn/breakers/reset"} {
			if r := g.get(path); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "POST" {
				t.Errorf("GET %s: %d, Allow %q", path, r.status, r.header.Get("Allow"))
			}
		}
		for _, path := range []string{"/krosyn/", "/krosyn/nothing", "/krosyn/events/" + id + "/other"} {
			if r := g.get(path); r.status != http.StatusNotFound || r.json("error") == nil {
				t.Errorf("GET %s: %d %s", path, r.status, r.text)
			}
		}
	})
}

// TestErrorRoutes has a site's own error pages answer for the gateway's errors, and the gateway itself elsewhere.
func TestErrorRoutes(t *testing.T) {
	const config = `
{
	admin {{admin}}
	auto_https off
}
http://{{site}} {
	krosyn {
		connector ok {
			bearer_token a-bearer-token
			perform POST http://127.0.0.1:1/
		}
	}
	handle_errors {
		header X-Page yes
		respond "page {err.status_code} {err.message}"
	}
}
http://localhost {
	bind 127.0.0.1
	krosyn /other/* {
		base_path /other
		connector other {
			bearer_token a-bearer-token
			perform POST http://127.0.0.1:1/
		}
	}
}
`
	g := start(t, strings.Replace(config, "http://localhost {", "http://localhost:"+portOf(t)+" {", 1))
	r := g.post("/api/v1/connectors/ok/trigger", "{}")
	if r.status != http.StatusUnauthorized || r.text != "page 401 Bearer token or secret token is required" || r.header.Get("X-Page") != "yes" {
		t.Errorf("%d %q %v", r.status, r.text, r.header)
	}
	r = g.post("/api/v1/connectors/ok/trigger", "{}", "Authorization: Bearer a-bearer-token")
	if r.status != http.StatusBadGateway || r.text != "page 502 perform_failed" || r.header.Get("X-Krosyn-Event-Id") == "" {
		t.Errorf("%d %q %v", r.status, r.text, r.header)
	}
}

// TestErrorRoutesInPart has error routes that answer some errors or none: the gateway answers the others itself, and no
// other site of the port does.
func TestErrorRoutesInPart(t *testing.T) {
	for routes, missing := range map[string]string{
		"handle_errors 404 {\n respond nothing-here\n}":                                         "nothing-here",
		"handle_errors 4xx {\n respond refused\n}\n handle_errors {\n header X-Page yes\n}":     "refused",
		"handle_errors {\n header X-Page yes\n}":                                                "",
		"handle_errors {\n @lost expression `{err.status_code} == 404`\n respond @lost lost\n}": "lost",
	} {
		t.Run(routes, func(t *testing.T) {
			g := newGateway(t)
			_, port, _ := strings.Cut(g.site, ":")
			g.run(`
{
	admin {{admin}}
	auto_https off
}
http://{{site}} {
	krosyn {
		connector down {
			auth none
			perform POST http://127.0.0.1:1/
		}
	}
	` + routes + `
}
http://:` + port + ` {
	handle_errors {
		respond "another site"
	}
}
`)
			r := g.post("/api/v1/connectors/down/trigger", "{}")
			if r.status != http.StatusBadGateway || r.json("error") != "perform_failed" || r.json("event_id") == nil ||
				r.header.Get("Content-Type") != "application/json" || (r.header.Get("X-Page") != "") != strings.Contains(routes, "X-Page") {
				t.Errorf("%d %q %v", r.status, r.text, r.header)
			}
			r = g.post("/api/v1/connectors/nobody/trigger", "{}")
			if missing == "" {
				missing = `{"error":"Connector not found"}`
			}
			if r.status != http.StatusNotFound || strings.TrimSpace(r.text) != missing {
				t.Errorf("%d %q", r.status, r.text)
			}
		})
	}
}

// portOf is a free port.
func portOf(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	return address[strings.LastIndexByte(address, ':')+1:]
}
