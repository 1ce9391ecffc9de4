package integration

import (
	"net/http"
	"strings"
	"testing"
)

// TestDisableConnector refuses requests at once, over a reload and a crash, until the connector is enabled again.
func TestDisableConnector(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor(to.URL))
	const path, admin = "/api/v1/connectors/orders/trigger", "/krosyn/connectors/orders"
	change := func(body string, status int) *reply {
		t.Helper()
		r := g.ask(http.MethodPatch, admin, body, "X-Krosyn-Reason: the shop is being moved")
		if r.status != status {
			t.Fatalf("%s: %d %s", body, r.status, r.text)
		}
		return r
	}
	refused := func() {
		t.Helper()
		if r := g.post(path, "{}"); r.status != http.StatusForbidden || r.json("error") != "Connector is disabled" {
			t.Errorf("%d %s", r.status, r.text)
		}
		if r := g.get(admin); r.json("disabled") != true || r.json("disabled_by") != "admin" {
			t.Errorf("%s", r.text)
		}
	}
	if r := change(`{"disabled":true}`, 200); r.json("disabled") != true || r.json("name") != "orders" {
		t.Errorf("%s", r.text)
	}
	refused()
	if r := g.post("/api/v1/connectors/others/trigger", "{}"); r.status != http.StatusOK {
		t.Errorf("another connector: %d %s", r.status, r.text)
	}
	config := strings.Replace(bulkConfigFor(to.URL), "connector orders {", "connector orders {\ndescription moved", 1)
	if out, err := g.reload(config); err != nil {
		t.Fatal(err, out)
	}
	refused()
	g.kill()
	g.run(config)
	refused()
	change(`{}`, 400)
	change(`{"disabled":"no"}`, 400)
	change(`{"disabled":false}`, 200)
	if r := g.post(path, "{}"); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.text)
	}
	disabled := strings.Replace(config, "connector orders {", "connector orders {\ndisabled", 1)
	if out, err := g.reload(disabled); err != nil {
		t.Fatal(err, out)
	}
	change(`{"disabled":false}`, 409)
	if r := g.get(admin); r.json("disabled_by") != "configuration" {
		t.Errorf("%s", r.text)
	}

	audit := g.get("/krosyn/audit")
	if audit.json("entries", 0, "action") != "connector.enable" || audit.json("entries", 1, "action") != "connector.disable" ||
		audit.json("entries", 1, "reason") != "the shop is being moved" || audit.json("entries", 1, "after", "disabled") != true ||
		audit.json("entries", 2) != nil {
		t.Errorf("%s", audit.text)
	}
	if r := g.get("/krosyn/audit/export"); strings.Count(r.text, "\n") != 2 {
		t.Errorf("%s", r.text)
	}
}

// TestCompareCandidate asks what a candidate would change for the events that there were.
func TestCompareCandidate(t *testing.T) {
	to := newTarget(t)
	g := eventsGateway(t, to, to.URL+"/in")
	for range 3 {
		if r := g.post(ordersPath, anOrder, token); r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.text)
		}
	}
	sent := to.count("/in")
	compare := func(body string, status int) *reply {
		t.Helper()
		r := g.ask(http.MethodPost, "/krosyn/connectors/orders/compare", body)
		if r.status != status {
			t.Errorf("%s: %d %s", body, r.status, r.text)
		}
		return r
	}
	if r := compare(`{}`, 200); r.json("compared") != 3.0 || r.json("changed") != 0.0 {
		t.Errorf("%s", r.text)
	}
	r := compare(`{"definition":{"trigger":"equals($payload.type, \"cart\")"},"n":2}`, 200)
	if r.json("compared") != 2.0 || r.json("changed") != 2.0 || r.json("differences", 0, "current", "trigger") != true ||
		r.json("differences", 0, "candidate", "status") != "skipped" {
		t.Errorf("%s", r.text)
	}
	r = compare(`{"definition":{"process":{"set":[{"name":"greeting","value":"Hi $lookup.name"}]}}}`, 200)
	if r.json("changed") != 3.0 || r.json("differences", 0, "candidate", "processed", "greeting") != "Hi " {
		t.Errorf("without its lookup: %s", r.text)
	}
	for _, body := range []string{`{"n":0}`, `{"n":1001}`, `{"definition":{"trigger":"nope()"}}`, `{"definition":7}`, `{"x":1}`} {
		if r := compare(body, 400); r.json("error") == nil {
			t.Errorf("%s: %s", body, r.text)
		}
	}
	if to.count("/in") != sent {
		t.Error("a comparison sent something")
	}
}

// TestHealthRoutes tells a process that serves from one that can do its work.
func TestHealthRoutes(t *testing.T) {
	g := start(t, bulkConfigFor("http://"+freeAddress(t)))
	if r := g.get("/krosyn/health"); r.status != http.StatusOK || r.json("queue", "leased") != 0.0 || r.json("queue", "oldest_pending_ms") != 0.0 {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := g.get("/krosyn/openapi.json"); r.json("openapi") != "3.1.0" || r.json("paths", "/krosyn/events", "get", "operationId") != "listEvents" {
		t.Errorf("%d %.200s", r.status, r.text)
	}
	const without = "{\n\tadmin {{admin}}\n\tauto_https off\n}\nhttp://{{site}} {\n\trespond ok\n}\n"
	if out, err := g.reload(without); err != nil {
		t.Fatal(err, out)
	}
	if r := g.get("/krosyn/health/live"); r.status != http.StatusOK || r.json("status") != "ok" {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := g.get("/krosyn/health"); r.status != http.StatusNotFound {
		t.Errorf("%d %s", r.status, r.text)
	}
}
