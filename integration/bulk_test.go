package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// bulkConfig has two connectors that send to the same address.
const bulkConfig = `
{
	admin {{admin}}
	auto_https off
}
http://{{site}} {
	krosyn {
		connector orders {
			auth none
			perform POST {{perform}}/orders
		}
		connector others {
			auth none
			perform POST {{perform}}/others
		}
	}
}
`

func bulkConfigFor(perform string) string {
	return strings.ReplaceAll(bulkConfig, "{{perform}}", perform)
}

// ask sends a request to the admin API; an empty body is none.
func (g *gateway) ask(method, path, body string, headers ...string) *reply {
	g.t.Helper()
	return send(g.t, method, "http://"+g.admin+path, body, headers...)
}

// fail makes events of a connector that fail, as long as its target is down.
func (g *gateway) fail(connector string, n int) {
	g.t.Helper()
	for i := range n {
		r := g.post("/api/v1/connectors/"+connector+"/trigger", fmt.Sprintf(`{"n":%d}`, i))
		if r.status != http.StatusBadGateway {
			g.t.Fatalf("%s: %d %s", connector, r.status, r.text)
		}
	}
}

// job waits until a job is in a state.
func (g *gateway) job(id any, state string) *reply {
	g.t.Helper()
	var r *reply
	g.wait(fmt.Sprintf("job %v to be %s", id, state), func() bool {
		r = g.get(fmt.Sprint("/krosyn/jobs/", id))
		return r.json("state") == state
	})
	return r
}

// TestBulkRetry has a target come back, and every event that failed meanwhile be retried once.
func TestBulkRetry(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor("http://"+freeAddress(t)))
	g.fail("orders", 12)
	g.fail("others", 3)
	count := func(body string) any {
		t.Helper()
		r := g.ask(http.MethodPost, "/krosyn/events/retry", body)
		if r.status != http.StatusOK {
			t.Errorf("%s: %d %s", body, r.status, r.text)
		}
		return r.json("count")
	}
	for body, want := range map[string]any{
		`{"dry_run":true}`: 15.0, `{"dry_run":true,"connector":"others"}`: 3.0, `{"dry_run":true,"limit":4}`: 4.0,
		`{"dry_run":true,"error_code":"lookup_failed"}`: 0.0, `{"dry_run":true,"since":"1h"}`: 15.0,
		`{"dry_run":true,"until":"1h"}`: 0.0,
	} {
		if got := count(body); got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
	for body, status := range map[string]int{
		`{"limit":0}`: 400, `{"error_code":"x"}`: 400, `{"since":"never"}`: 400, `{"colour":1}`: 400, `[`: 400,
		`{"connector":"nobody"}`: 404,
	} {
		if r := g.ask(http.MethodPost, "/krosyn/events/retry", body); r.status != status || r.json("error") == nil {
			t.Errorf("%s: %d %s, want %d", body, r.status, r.text, status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if r := g.ask(method, "/krosyn/jobs/nothing", ""); r.status != http.StatusNotFound || r.json("error") != "Job not found" {
			t.Errorf("%s: %d %s", method, r.status, r.text)
		}
	}

	// The target is still down: all are retried, and fail again.
	again := g.ask(http.MethodPost, "/krosyn/events/retry", `{"connector":"others"}`)
	if again.status != http.StatusAccepted || again.header.Get("Location") != fmt.Sprint("/krosyn/jobs/", again.json("id")) {
		t.Fatalf("%d %s %v", again.status, again.text, again.header)
	}
	if r := g.job(again.json("id"), "done"); r.json("failed") != 3.0 || r.json("reasons", "perform_failed") != 3.0 {
		t.Errorf("against a target that is down: %s", r.text)
	}
	if got := count(`{"dry_run":true}`); got != 15.0 {
		t.Errorf("after retries that failed %v are left", got)
	}

	if out, err := g.reload(bulkConfigFor(to.URL)); err != nil {
		t.Fatal(err, out)
	}
	const key = "Idempotency-Key: after the outage"
	body := `{"since":"1h","rate":100}`
	first := g.ask(http.MethodPost, "/krosyn/events/retry", body, key)
	if second := g.ask(http.MethodPost, "/krosyn/events/retry", body, key); second.status != http.StatusAccepted ||
		second.json("id") != first.json("id") {
		t.Errorf("the same key: %d %s after %s", second.status, second.text, first.text)
	}
	if other := g.ask(http.MethodPost, "/krosyn/events/retry", `{}`, key); other.status != http.StatusConflict {
		t.Errorf("the key for something else: %d %s", other.status, other.text)
	}
	done := g.job(first.json("id"), "done")
	if done.json("total") != 15.0 || done.json("done") != 15.0 || done.json("failed") != 0.0 {
		t.Errorf("%s", done.text)
	}
	if to.count("/orders") != 12 || to.count("/others") != 3 {
		t.Errorf("the target got %d and %d requests", to.count("/orders"), to.count("/others"))
	}
	if got := count(`{"dry_run":true}`); got != 0.0 {
		t.Errorf("%v are left", got)
	}
	if r := g.ask(http.MethodDelete, fmt.Sprint("/krosyn/jobs/", first.json("id")), ""); r.json("state") != "done" {
		t.Errorf("canceling what is done: %d %s", r.status, r.text)
	}
}

// TestBulkRetryRestart kills the gateway in the middle of a job, which goes on with the next process; another is
// canceled.
func TestBulkRetryRestart(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor("http://"+freeAddress(t)))
	const failures = 30
	g.fail("orders", failures)
	if out, err := g.reload(bulkConfigFor(to.URL)); err != nil {
		t.Fatal(err, out)
	}
	job := g.ask(http.MethodPost, "/krosyn/events/retry", `{"rate":10}`)
	g.wait("some retries", func() bool { return to.count("/orders") >= 5 })
	g.kill()
	g.run(bulkConfigFor(to.URL))
	r := g.job(job.json("id"), "done")
	if r.json("total") != float64(failures) || r.json("done") != float64(failures) {
		t.Errorf("%s", r.text)
	}
	// A retry that was under way when the process ended may have been sent without being recorded.
	if n := to.count("/orders"); n < failures || n > failures+8 {
		t.Errorf("%d requests for %d events", n, failures)
	}
	if got := g.get("/krosyn/events?status=completed&limit=500"); strings.Count(got.text, `"retry_of":"`) != failures {
		t.Errorf("%d events are retries", strings.Count(got.text, `"retry_of":"`))
	}

	if out, err := g.reload(bulkConfigFor("http://" + freeAddress(t))); err != nil {
		t.Fatal(err, out)
	}
	g.fail("others", 10)
	slow := g.ask(http.MethodPost, "/krosyn/events/retry", `{"rate":0.5}`)
	canceled := g.ask(http.MethodDelete, fmt.Sprint("/krosyn/jobs/", slow.json("id")), "")
	if canceled.status != http.StatusOK || canceled.json("state") != "canceled" {
		t.Errorf("%d %s", canceled.status, canceled.text)
	}
	g.stop()
	g.run(bulkConfigFor(to.URL))
	if r := g.get(fmt.Sprint("/krosyn/jobs/", slow.json("id"))); r.json("state") != "canceled" || to.count("/others") != 0 {
		t.Errorf("after a restart: %s, %d requests", r.text, to.count("/others"))
	}
	if list := g.get("/krosyn/jobs"); list.json("jobs", 0, "id") != slow.json("id") || list.json("jobs", 1, "id") != job.json("id") {
		t.Errorf("%s", list.text)
	}
}
