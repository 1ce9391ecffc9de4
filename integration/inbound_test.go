package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const inboundConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		store badger {
			path {{folder}}/events
		}
	}
}
http://{{site}} {
	krosyn {
		connector github {
			signature github {
				secret {env.NEW_SECRET}
				secret {env.OLD_SECRET}
			}
			deduplicate 24h
			perform POST {{target}}/in
		}
		connector both {
			bearer_token a-bearer-token
			signature hmac {
				header X-Webhook-Signature
				secret {env.NEW_SECRET}
			}
			perform POST {{target}}/in
		}
		connector woo {
			signature woocommerce {
				secret {env.NEW_SECRET}
			}
			perform POST {{target}}/in
		}
		connector byid {
			auth none
			deduplicate $payload.id 1h
			trigger {{q}}$payload.id != "skip"{{q}}
			perform POST {{perform}}
		}
		connector limited {
			auth none
			rate_limit 2 per 1h by $payload.customer
			perform POST {{target}}/in
		}
		connector unkeyed {
			auth none
			rate_limit 2 per 1h by {{q}}=add($payload.customer, 1){{q}}
			perform POST {{target}}/in
		}
		connector single {
			auth none
			concurrency 1 by $payload.customer
			perform POST {{slow}}/in
		}
	}
}
`

func inboundConfigFor(target, perform, slow string) string {
	return strings.NewReplacer("{{target}}", target, "{{perform}}", perform, "{{slow}}", slow, "{{q}}", "`").Replace(inboundConfig)
}

var inboundEnv = []string{"NEW_SECRET=new-secret-0123456789", "OLD_SECRET=old-secret-0123456789"}

func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// TestSignatures has a signature authenticate, alone or beside a token.
func TestSignatures(t *testing.T) {
	to := newTarget(t)
	g := start(t, inboundConfigFor(to.URL, to.URL+"/in", to.URL), inboundEnv...)
	const body = `{"zen":"Keep it logically awesome."}`
	hub := "X-Hub-Signature-256: sha256="
	for _, row := range []struct {
		name, connector string
		headers         []string
		status          int
		want            string
	}{
		{"new secret", "github", []string{hub + signed("new-secret-0123456789", body)}, 200, "completed"},
		{"old secret", "github", []string{hub + signed("old-secret-0123456789", body)}, 200, "completed"},
		{"none", "github", nil, 401, "Invalid webhook signature"},
		{"wrong secret", "github", []string{hub + signed("another", body)}, 401, "Invalid webhook signature"},
		{"another body", "github", []string{hub + signed("new-secret-0123456789", body+" ")}, 401, "Invalid webhook signature"},
		{"token and signature", "both", []string{"Authorization: Bearer a-bearer-token", "X-Webhook-Signature: " + signed("new-secret-0123456789", body)}, 200, "completed"},
		{"token alone", "both", []string{"Authorization: Bearer a-bearer-token"}, 401, "Invalid webhook signature"},
		{"signature alone", "both", []string{"X-Webhook-Signature: " + signed("new-secret-0123456789", body)}, 401, "Bearer token or secret token is required"},
	} {
		r := g.post("/api/v1/connectors/"+row.connector+"/trigger", body, row.headers...)
		if r.status != row.status || r.json("status") != row.want && r.json("error") != row.want {
			t.Errorf("%s: %d %s, want %d %s", row.name, r.status, r.text, row.status, row.want)
		}
		if row.status == 200 {
			if e := g.event(r); strings.Contains(e.text, "Signature-256") || strings.Contains(e.text, "X-Webhook-Signature") {
				t.Errorf("%s: the event has the signature: %s", row.name, e.text)
			}
		}
	}
}

// TestUnsignedPing answers the request by which a sender checks the address before it signs anything.
func TestUnsignedPing(t *testing.T) {
	to := newTarget(t)
	g := start(t, inboundConfigFor(to.URL, to.URL, to.URL), inboundEnv...)
	const path = "/api/v1/connectors/woo/trigger"
	ping := send(t, http.MethodPost, "http://"+g.site+path, "webhook_id=5", "Content-Type: application/x-www-form-urlencoded")
	if ping.status != http.StatusOK || ping.header.Get("X-Krosyn-Event-Id") != "" {
		t.Errorf("ping: %d %s", ping.status, ping.text)
	}
	if r := g.post(path, `{"id":5}`); r.status != http.StatusUnauthorized {
		t.Errorf("unsigned delivery: %d %s", r.status, r.text)
	}
	if n := to.count("/in"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestDeduplicate executes a delivery once, over reload and restart too, and again after a failure.
func TestDeduplicate(t *testing.T) {
	to := newTarget(t)
	config := inboundConfigFor(to.URL, to.URL+"/in", to.URL)
	g := start(t, config, inboundEnv...)
	const path = "/api/v1/connectors/byid/trigger"
	first := g.post(path, `{"id":"d-1"}`)
	if first.status != http.StatusOK || first.json("duplicate") != nil {
		t.Fatalf("%d %s", first.status, first.text)
	}
	again := func(when string) {
		t.Helper()
		r := g.post(path, `{"id":"d-1","changed":true}`)
		if r.status != http.StatusOK || r.json("event_id") != first.json("event_id") || r.json("duplicate") != true ||
			r.json("status") != "completed" || r.header.Get("X-Krosyn-Event-Id") != first.json("event_id") {
			t.Errorf("%s: %d %s", when, r.status, r.text)
		}
	}
	again("at once")
	if out, err := g.reload(described(config, 1)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again("after a reload")
	g.stop()
	g.run(config)
	again("after a restart")
	if n := to.count("/in"); n != 1 {
		t.Errorf("the delivery was executed %d times", n)
	}
	for _, body := range []string{`{"id":null}`, `{"id":null}`, `{"id":1}`, `{"id":"1"}`} {
		if r := g.post(path, body); r.json("duplicate") != nil {
			t.Errorf("%s is a duplicate: %s", body, r.text)
		}
	}
	skipped := g.post(path, `{"id":"skip"}`)
	if r := g.post(path, `{"id":"skip"}`); r.json("event_id") != skipped.json("event_id") || r.json("status") != "skipped" {
		t.Errorf("a skipped delivery, again: %s", r.text)
	}
	github := func() *reply {
		return g.post("/api/v1/connectors/github/trigger", `{}`, "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
			"X-Hub-Signature-256: sha256="+signed("new-secret-0123456789", `{}`))
	}
	one, two := github(), github()
	if one.status != 200 || two.json("event_id") != one.json("event_id") || two.json("duplicate") != true {
		t.Errorf("GitHub's delivery: %s, then %s", one.text, two.text)
	}

	dead := strings.Replace(config, to.URL+"/in\n\t\t}\n\t\tconnector limited", "http://"+freeAddress(t)+"\n\t\t}\n\t\tconnector limited", 1)
	if out, err := g.reload(dead); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	failed := g.post(path, `{"id":"d-2"}`)
	if failed.status != http.StatusBadGateway {
		t.Fatalf("the target is down: %d %s", failed.status, failed.text)
	}
	if out, err := g.reload(config); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r := g.post(path, `{"id":"d-2"}`); r.status != http.StatusOK || r.json("duplicate") != nil || r.json("event_id") == failed.json("event_id") {
		t.Errorf("a delivery that had failed: %d %s", r.status, r.text)
	}
}

// TestDeliveryInProgress has the second request of a delivery wait for its sender's next try while the first runs.
func TestDeliveryInProgress(t *testing.T) {
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer slow.Close()
	g := start(t, inboundConfigFor(slow.URL, slow.URL, slow.URL), inboundEnv...)
	var (
		senders sync.WaitGroup
		first   *reply
	)
	senders.Go(func() { first = g.post("/api/v1/connectors/byid/trigger", `{"id":"d-1"}`) })
	<-arrived
	r := g.post("/api/v1/connectors/byid/trigger", `{"id":"d-1"}`)
	if r.status != http.StatusConflict || r.text != `{"error":"Delivery is in progress"}` || r.header.Get("Retry-After") != "1" {
		t.Errorf("while the first runs: %d %s", r.status, r.text)
	}
	close(release)
	senders.Wait()
	if r := g.post("/api/v1/connectors/byid/trigger", `{"id":"d-1"}`); r.json("duplicate") != true || r.json("event_id") != first.json("event_id") {
		t.Errorf("after the first: %s", r.text)
	}
}

// TestLimits refuses what comes too fast or too much at a time, apart for each key, and lists it.
func TestLimits(t *testing.T) {
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer slow.Close()
	to := newTarget(t)
	config := inboundConfigFor(to.URL, to.URL, slow.URL)
	g := start(t, config, inboundEnv...)
	limited := func(customer string) *reply {
		return g.post("/api/v1/connectors/limited/trigger", fmt.Sprintf(`{"customer":%q}`, customer))
	}
	for range 2 {
		if r := limited("a"); r.status != http.StatusOK {
			t.Errorf("within the rate: %d %s", r.status, r.text)
		}
	}
	if out, err := g.reload(described(config, 1)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r := limited("a")
	if r.status != http.StatusTooManyRequests || r.json("error") != "Rate limit exceeded" || r.header.Get("Retry-After") == "" {
		t.Errorf("above the rate, after a reload: %d %s %v", r.status, r.text, r.header)
	}
	if r := limited("b"); r.status != http.StatusOK {
		t.Errorf("another key: %d %s", r.status, r.text)
	}

	var senders sync.WaitGroup
	single := func(customer string) *reply {
		return g.post("/api/v1/connectors/single/trigger", fmt.Sprintf(`{"customer":%q}`, customer))
	}
	senders.Go(func() { single("a") })
	<-arrived
	if r := single("a"); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "1" {
		t.Errorf("a second at a time: %d %s", r.status, r.text)
	}
	senders.Go(func() { single("b") })
	<-arrived
	close(release)
	senders.Wait()
	if r := single("a"); r.status != http.StatusOK {
		t.Errorf("after the first: %d %s", r.status, r.text)
	}

	unkeyed := g.post("/api/v1/connectors/unkeyed/trigger", `{"customer":"x"}`)
	if unkeyed.status != http.StatusInternalServerError || unkeyed.json("error") != "expression_error" {
		t.Errorf("a key that cannot be evaluated: %d %s", unkeyed.status, unkeyed.text)
	}
	if e := g.event(unkeyed); !strings.Contains(e.text, "rate_limit") || e.json("config") == nil {
		t.Errorf("its event: %s", e.text)
	}

	g.post("/api/v1/connectors/both/trigger", `{}`, "Authorization: Bearer no-such-token")
	list := g.get("/krosyn/rejections?limit=2")
	if list.json("rejections", 0, "reason") != "invalid_token" || list.json("rejections", 0, "connector") != "both" ||
		list.json("rejections", 0, "remote_ip") != "127.0.0.1" || list.json("rejections", 2) != nil || strings.Contains(list.text, "no-such-token") {
		t.Errorf("rejections: %s", list.text)
	}
	if r := g.get("/krosyn/rejections?connector=limited&reason=rate_limit"); r.json("counts", 0, "count") != 1.0 || r.json("rejections", 0, "status") != 429.0 {
		t.Errorf("rejections of one connector: %s", r.text)
	}
	if r := g.get("/krosyn/rejections?limit=0"); r.status != http.StatusBadRequest {
		t.Errorf("limit=0: %d %s", r.status, r.text)
	}
}
