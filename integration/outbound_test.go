package integration

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// outboundConfig is a configuration with these connectors, in which {{q}} is a backquote and {{target}} is replaced.
func outboundConfig(target, connectors string) string {
	const around = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		store badger {
			path {{folder}}/events
		}
		secret TOKEN {env.TOKEN}
	}
}
http://{{site}} {
	krosyn {
		%s
	}
}
`
	return strings.NewReplacer("{{q}}", "`", "{{target}}", target).Replace(fmt.Sprintf(around, connectors))
}

// trigger sends a payload to a connector and gives the answer and the stored event.
func trigger(g *gateway, connector, payload string) (answer, stored *reply) {
	g.t.Helper()
	r := g.post("/api/v1/connectors/"+connector+"/trigger", payload)
	return r, g.event(r)
}

// TestOutboundShapes sends a request of each shape and looks at what arrives.
func TestOutboundShapes(t *testing.T) {
	to := newTarget(t)
	g := start(t, outboundConfig(to.URL, `
		connector json {
			auth none
			perform POST {{target}}/json?v=1 {
				query tag a
				query tag $payload.tag
				header X-Many one
				header X-Many two
				header -Idempotency-Key
				header -User-Agent
				field items[0].sku $payload.sku
				field items[1].sku B
				field total "= $payload.n * 2"
			}
		}
		connector form {
			auth none
			perform PUT {{target}}/form {
				form name $payload.name
				form tag a
				form tag b
				basic_auth jane {env.PASSWORD}
			}
		}
		connector raw {
			auth none
			perform POST {{target}}/raw {
				raw "application/xml; charset=utf-8" {{q}}<order sku="$payload.sku"/>{{q}}
				success {{q}}$response.body.answer == 42{{q}}
			}
		}
		connector refused {
			auth none
			perform POST {{target}}/refused {
				success {{q}}$response.body.answer == 43{{q}}
			}
		}
		connector signed {
			auth none
			perform POST {{target}}/signed {
				sign standard-webhooks {env.NEW_KEY} {env.OLD_KEY}
			}
		}`), "TOKEN=a-token-of-some-length", "PASSWORD=a-password-of-some-length",
		"NEW_KEY=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "OLD_KEY=whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
	const payload = `{"tag":"x&y", "sku":"A", "n":2, "name":"Jane & Co"}`

	answer, stored := trigger(g, "json", payload)
	got := to.last(t, "/json")
	if got.query != "v=1&tag=a&tag=x%26y" || got.body != `{"items":[{"sku":"A"},{"sku":"B"}],"total":4}` ||
		!slices.Equal(got.header["X-Many"], []string{"one", "two"}) {
		t.Errorf("json: %+v", got)
	}
	if got.header["User-Agent"] != nil || got.header["Idempotency-Key"] != nil || answer.status != 200 {
		t.Errorf("json: %d, sent with %v", answer.status, got.header)
	}
	if stored.json("outbound", "body", "items", 1, "sku") != "B" {
		t.Errorf("json: stored %s", stored.text)
	}

	_, stored = trigger(g, "form", payload)
	got = to.last(t, "/form")
	if got.body != "name=Jane+%26+Co&tag=a&tag=b" ||
		got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("form: %+v", got)
	}
	request := http.Request{Header: got.header}
	if user, password, _ := request.BasicAuth(); user != "jane" || password != "a-password-of-some-length" {
		t.Errorf("form: sent as %s with %s", user, password)
	}
	if stored.json("outbound", "headers", "Authorization", 0) != "[REDACTED]" {
		t.Errorf("form: stored %s", stored.text)
	}

	answer, _ = trigger(g, "raw", payload)
	got = to.last(t, "/raw")
	if got.body != `<order sku="A"/>` || answer.status != 200 ||
		got.header.Get("Content-Type") != "application/xml; charset=utf-8" {
		t.Errorf("raw: %d %s, %+v", answer.status, answer.text, got)
	}

	answer, stored = trigger(g, "refused", payload)
	if answer.status != http.StatusBadGateway || answer.json("error") != "perform_failed" || stored.json("status") != "failed" ||
		stored.json("error", "message") != "Perform request failed after 1 attempts" ||
		!strings.Contains(fmt.Sprint(stored.json("error", "detail")), "success is false") ||
		stored.json("response", "body", "answer") != 42.0 {
		t.Errorf("refused: %d %s, %s", answer.status, answer.text, stored.text)
	}

	trigger(g, "signed", payload)
	got = to.last(t, "/signed")
	for _, key := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"} {
		verifier, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify([]byte(got.body), got.header); err != nil {
			t.Errorf("signed: %v", err)
		}
	}
}

// TestOutboundTokens has an access token fetched once, renewed on a 401, and never shown.
func TestOutboundTokens(t *testing.T) {
	var fetched, refused atomic.Int64
	refused.Store(1)
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			user, password, _ := r.BasicAuth()
			if user != "krosyn" || password != "client-secret-of-some-length" || r.FormValue("scope") != "orders events" {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"not client-secret-of-some-length"}`)
				return
			}
			_, _ = fmt.Fprintf(w, `{"access_token":"access-token-number-%d","expires_in":3600}`, fetched.Add(1))
			return
		}
		if r.Header.Get("Authorization") == fmt.Sprintf("Bearer access-token-number-%d", refused.Load()) {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprintf(w, `{"you sent":%q}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(to.Close)
	const oauth2 = `oauth2 {
					token_url     {{target}}/token
					client_id     krosyn
					client_secret {env.CLIENT_SECRET}
					scope         orders events
				}`
	g := start(t, outboundConfig(to.URL, `
		connector api {
			auth none
			perform POST {{target}}/in {
				`+oauth2+`
			}
			respond target
		}
		connector unknown {
			auth none
			perform POST {{target}}/in {
				`+strings.Replace(oauth2, "orders events", "others", 1)+`
			}
		}`), "TOKEN=a-token-of-some-length", "CLIENT_SECRET=client-secret-of-some-length")

	var shown []string
	for range 3 {
		r := g.post("/api/v1/connectors/api/trigger", "{}")
		if r.status != 200 || r.text != `{"you sent":"Bearer [REDACTED]"}` {
			t.Fatalf("%d %s", r.status, r.text)
		}
		shown = append(shown, g.get("/krosyn/events/"+r.header.Get("X-Krosyn-Event-Id")).text)
	}
	if n := strings.Count(shown[0], `"duration_ms"`); n != 3 || fetched.Load() != 2 {
		t.Errorf("%d attempts and %d tokens for the first event: %s", n-1, fetched.Load(), shown[0])
	}
	refused.Store(2)
	g.post("/api/v1/connectors/api/trigger", "{}")
	if fetched.Load() != 3 {
		t.Errorf("%d tokens after the second was refused", fetched.Load())
	}
	answer, stored := trigger(g, "unknown", "{}")
	const reason = "no access token: the token endpoint answered with status 401: invalid_client"
	if answer.status != http.StatusBadGateway || !strings.Contains(stored.text, reason) {
		t.Errorf("%d %s", answer.status, stored.text)
	}
	g.stop()
	shown = append(shown, stored.text, g.log.String())
	for _, secret := range []string{"access-token-number", "client-secret-of-some-length"} {
		for _, text := range append(shown, written(t, g)) {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s is shown: …%s", secret, text[max(0, i-200):min(len(text), i+80)])
			}
		}
	}
}

// TestOutboundRetries has every attempt carry the same key, and the pause be the one that the target asks for.
func TestOutboundRetries(t *testing.T) {
	var (
		mu   sync.Mutex
		keys []string
	)
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		switch len(keys) {
		case 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}
	}))
	t.Cleanup(to.Close)
	g := start(t, outboundConfig(to.URL, `
		connector retried {
			auth none
			perform POST {{target}} {
				retry 3 {
					backoff 1ms 2ms
				}
			}
		}
		connector late {
			auth none
			perform POST {{target}}/status/503 {
				deadline 500ms
				retry 3 {
					backoff 1s 2s
				}
			}
		}`), "TOKEN=a-token-of-some-length")
	answer, stored := trigger(g, "retried", "{}")
	if answer.status != 200 || len(keys) != 3 || keys[0] == "" || keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("%d %s: the keys are %v", answer.status, answer.text, keys)
	}
	if keys[0] != stored.json("id") || stored.json("attempts", 0, "status") != 429.0 ||
		stored.json("attempts", 0, "retry_after_ms") != 1000.0 {
		t.Errorf("the attempts are %v", stored.json("attempts"))
	}
	if lost := fmt.Sprint(stored.json("attempts", 1, "error")); !strings.Contains(lost, "its outcome is unknown") {
		t.Errorf("the attempt whose answer was lost says %q", lost)
	}
	if stored.json("attempts", 2, "status") != 200.0 || stored.json("attempts", 2, "error") != nil {
		t.Errorf("the last attempt is %v", stored.json("attempts", 2))
	}
}

// TestOutboundConnections has connections serve again, under load too.
func TestOutboundConnections(t *testing.T) {
	var dials atomic.Int64
	to := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	to.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			dials.Add(1)
		}
	}
	to.Start()
	t.Cleanup(to.Close)
	g := start(t, outboundConfig(to.URL, `
		connector load {
			auth none
			perform POST {{target}}
		}`), "TOKEN=a-token-of-some-length")
	const callers, each = 8, 25
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for range each {
				r, err := try(http.MethodPost, "http://"+g.site+"/api/v1/connectors/load/trigger", `{"a":1}`)
				if err != nil || r.status != 200 {
					t.Errorf("%+v %v", r, err)
				}
			}
		})
	}
	calling.Wait()
	// The transport may dial for a caller who then gets a connection that has become free.
	if n := dials.Load(); n > 4*callers {
		t.Errorf("%d connections for %d requests of %d callers", n, callers*each, callers)
	}
}

// TestOutboundBreaker opens by the share of failures, is shown by the admin API without its secret, and is reset.
func TestOutboundBreaker(t *testing.T) {
	to := newTarget(t)
	g := start(t, outboundConfig(to.URL, `
		connector flaky {
			auth none
			perform POST {{target}}/status/$payload.status?key={env.KEY} {
				breaker 100 1h {
					ratio 50% of 4 within 1h
				}
			}
		}`), "TOKEN=a-token-of-some-length", "KEY=a-key-of-some-length")
	for _, status := range []string{"200", "500", "200", "500"} {
		if r, _ := trigger(g, "flaky", `{"status":`+status+`}`); r.status != 200 {
			t.Errorf("%s: %d %s", status, r.status, r.text)
		}
	}
	answer, stored := trigger(g, "flaky", `{"status":200}`)
	message := "Circuit breaker is open for URL: " + to.URL + "/status/$payload.status?key={env.KEY}"
	if answer.status != http.StatusServiceUnavailable || answer.header.Get("Retry-After") == "" ||
		stored.json("error", "message") != message {
		t.Errorf("%d %v %s", answer.status, answer.header, stored.text)
	}
	shown := g.get("/krosyn/breakers")
	if !strings.Contains(shown.text, `"state":"open"`) || !strings.Contains(shown.text, `"connector":"flaky"`) ||
		strings.Contains(shown.text, "a-key-of-some-length") {
		t.Errorf("shown as %s", shown.text)
	}
	send(t, http.MethodPost, "http://"+g.admin+"/krosyn/breakers/reset", `{"connector":"flaky"}`)
	if r, _ := trigger(g, "flaky", `{"status":200}`); r.status != 200 {
		t.Errorf("after the reset: %d %s", r.status, r.text)
	}
}

// TestOutboundLoop is warned about when the configuration is loaded, and ends by its depth.
func TestOutboundLoop(t *testing.T) {
	g := newGateway(t)
	g.env = []string{"TOKEN=a-token-of-some-length"}
	g.run(outboundConfig("http://"+g.site, `
		connector loop {
			auth none
			perform POST {{target}}/api/v1/connectors/$payload.next/trigger
			respond target
		}
		connector straight {
			auth none
			perform POST {{target}}/elsewhere
		}`))
	warning := "a connector sends to an endpoint of this gateway: is this a loop?"
	log := g.log.String()
	if strings.Count(log, warning) != 1 || !strings.Contains(log, `"connector":"loop","url":"http://`+g.site) {
		t.Errorf("the log has no warning, or another:\n%s", log)
	}
	r := g.post("/api/v1/connectors/loop/trigger", `{"next":"loop"}`)
	if r.status != http.StatusLoopDetected || r.json("error") != "depth_exceeded" {
		t.Errorf("%d %s", r.status, r.text)
	}
	if list := g.get("/krosyn/events?connector=loop"); strings.Count(list.text, `"id":`) != 7 {
		t.Errorf("max_depth is 5, the events are %s", list.text)
	}
}
