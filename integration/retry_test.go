package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// retry has the operator retry an event.
func (g *gateway) retry(id any) *reply {
	g.t.Helper()
	return g.ask(http.MethodPost, fmt.Sprintf("/krosyn/events/%v/retry", id), "")
}

const executed = "Delivery was executed for another event"

// TestRetryClaims has an operator's retry be a repetition of the delivery like the sender's own: whichever comes first
// is executed, and the other is not. GitHub's delivery has its id in a header, the other one in the payload.
func TestRetryClaims(t *testing.T) {
	to := newTarget(t)
	config := inboundConfigFor(to.URL, to.URL+"/in", to.URL)
	dead := strings.ReplaceAll(config, to.URL, "http://"+freeAddress(t))
	g := start(t, dead, inboundEnv...)
	deliver := func(connector, id string) *reply {
		body := fmt.Sprintf(`{"id":%q}`, id)
		if connector == "byid" {
			return g.post("/api/v1/connectors/byid/trigger", body)
		}
		return g.post("/api/v1/connectors/github/trigger", `{}`, "X-GitHub-Delivery: "+id,
			"X-Hub-Signature-256: sha256="+signed("new-secret-0123456789", `{}`))
	}
	reload := func(config string) {
		t.Helper()
		if out, err := g.reload(config); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for i, connector := range []string{"byid", "github"} {
		reload(described(dead, i))
		before := to.count("/in")
		first, second, other := deliver(connector, "d-1"), deliver(connector, "d-1"), deliver(connector, "d-2")
		if other.status != http.StatusBadGateway {
			t.Fatalf("%s: the target is down: %d %s", connector, other.status, other.text)
		}
		if shown := g.event(first); strings.Contains(shown.text, "claim") {
			t.Errorf("%s: the claim is shown: %s", connector, shown.text)
		}
		reload(described(config, i))

		// The operator is first: neither the sender nor another retry has it executed once more.
		retried := g.retry(first.json("event_id"))
		if retried.status != http.StatusCreated || retried.json("status") != "completed" {
			t.Errorf("%s: the retry: %d %s", connector, retried.status, retried.text)
		}
		if r := deliver(connector, "d-1"); r.json("duplicate") != true || r.json("event_id") != retried.json("id") {
			t.Errorf("%s: sent again after the retry: %d %s", connector, r.status, r.text)
		}
		for _, failed := range []*reply{first, second} {
			if r := g.retry(failed.json("event_id")); r.status != http.StatusConflict || r.json("error") != executed {
				t.Errorf("%s: another retry: %d %s", connector, r.status, r.text)
			}
		}
		// The sender is first: the operator's job executes it no more.
		if r := deliver(connector, "d-2"); r.status != http.StatusOK || r.json("duplicate") != nil {
			t.Errorf("%s: sent again after a failure: %d %s", connector, r.status, r.text)
		}
		job := g.ask(http.MethodPost, "/krosyn/events/retry", fmt.Sprintf(`{"connector":%q}`, connector))
		if r := g.job(job.json("id"), "done"); r.json("failed") != 2.0 || r.json("reasons", executed) != 2.0 {
			t.Errorf("%s: the job: %s", connector, r.text)
		}
		if n := to.count("/in") - before; n != 2 {
			t.Errorf("%s: two deliveries were executed %d times", connector, n)
		}
	}
}

// TestRetryInProgress refuses to retry what its sender has just sent again.
func TestRetryInProgress(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer slow.Close()
	dead := "http://" + freeAddress(t)
	g := start(t, inboundConfigFor(dead, dead, dead), inboundEnv...)
	deliver := func() *reply { return g.post("/api/v1/connectors/byid/trigger", `{"id":"d-1"}`) }
	failed := deliver()
	if out, err := g.reload(inboundConfigFor(dead, slow.URL, dead)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var sender sync.WaitGroup
	sender.Go(func() { deliver() })
	<-arrived
	if r := g.retry(failed.json("event_id")); r.status != http.StatusConflict || r.json("error") != "Delivery is in progress" {
		t.Errorf("while the sender's is under way: %d %s", r.status, r.text)
	}
	close(release)
	sender.Wait()
	if r := g.retry(failed.json("event_id")); r.status != http.StatusConflict || r.json("error") != executed {
		t.Errorf("after it: %d %s", r.status, r.text)
	}
}

// TestAsyncRetryClaims retries an accepted event that has failed: its own claim is no obstacle, its retry's is.
func TestAsyncRetryClaims(t *testing.T) {
	to := newTarget(t)
	config := func(target string) string {
		return asyncConfig(`connector orders {
			signature github {
				secret a-secret-0123456789
			}
			deduplicate 1h
			perform POST ` + target + `/in
			respond   async
			redeliver off
		}`)
	}
	g := start(t, config("http://"+freeAddress(t)))
	deliver := func() *reply {
		return g.post("/api/v1/connectors/orders/trigger", `{}`, "X-GitHub-Delivery: d-1",
			"X-Hub-Signature-256: sha256="+signed("a-secret-0123456789", `{}`))
	}
	id := fmt.Sprint(deliver().json("event_id"))
	g.status(id, "failed")
	if out, err := g.reload(config(to.URL)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	retried := g.retry(id)
	if retried.status != http.StatusCreated {
		t.Fatalf("the retry: %d %s", retried.status, retried.text)
	}
	if r := g.retry(id); r.status != http.StatusConflict || r.json("error") != executed {
		t.Errorf("another retry: %d %s", r.status, r.text)
	}
	g.status(fmt.Sprint(retried.json("id")), "completed")
	if r := deliver(); r.json("duplicate") != true || r.json("event_id") != retried.json("id") {
		t.Errorf("sent again: %d %s", r.status, r.text)
	}
	if n := to.count("/in"); n != 1 {
		t.Errorf("the delivery was executed %d times", n)
	}
}
