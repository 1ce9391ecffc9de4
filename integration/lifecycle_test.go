package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const lifecycleConfig = `
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
		connector ok {
			auth none
			perform POST {{target}}/ok
		}
		connector fused {
			auth none
			perform POST http://{{dead}}/ {
				breaker 1 1h
			}
		}
	}
}
`

func lifecycleConfigFor(to *target, dead string) string {
	return strings.NewReplacer("{{target}}", to.URL, "{{dead}}", dead).Replace(lifecycleConfig)
}

// TestReloadInFlight reloads twice while requests wait for their target: each is answered and has its event.
func TestReloadInFlight(t *testing.T) {
	release := make(chan struct{})
	var arrived sync.WaitGroup
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		<-release
		w.WriteHeader(http.StatusAccepted)
	}))
	defer slow.Close()
	config := lifecycleConfigFor(&target{Server: slow}, freeAddress(t))
	g := start(t, config)
	var senders sync.WaitGroup
	replies := make([]*reply, 8)
	arrived.Add(len(replies))
	for i := range replies {
		senders.Go(func() { replies[i] = g.post("/api/v1/connectors/ok/trigger", "{}") })
	}
	arrived.Wait()
	for i := range 2 {
		if out, err := g.reload(described(config, i)); err != nil {
			t.Errorf("reload: %v\n%s", err, out)
		}
	}
	close(release)
	senders.Wait()
	for _, r := range replies {
		if r.status != http.StatusOK || g.event(r).json("response", "status") != 202.0 {
			t.Errorf("a request in flight over a reload: %d %s", r.status, r.text)
		}
	}
}

// TestReloadUnderLoad reloads while requests keep coming: whatever is answered has its event, and a breaker that was
// open stays open.
func TestReloadUnderLoad(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	g.post("/api/v1/connectors/fused/trigger", "{}")
	if r := g.post("/api/v1/connectors/fused/trigger", "{}"); r.json("error") != "circuit_open" {
		t.Fatalf("the breaker is not open: %s", r.text)
	}

	var (
		senders sync.WaitGroup
		stop    atomic.Bool
		mu      sync.Mutex
		ids     []any
	)
	for range 8 {
		senders.Go(func() {
			for !stop.Load() {
				r, err := try(http.MethodPost, "http://"+g.site+"/api/v1/connectors/ok/trigger", `{"a":1}`)
				if err != nil {
					// Caddy's reload closes the listening socket with the connections that it has not accepted yet, and
					// those that are idle: with no answer, nothing was promised.
					continue
				}
				if r.status != http.StatusOK {
					t.Errorf("under reload: %d %s", r.status, r.text)
					return
				}
				mu.Lock()
				ids = append(ids, r.json("event_id"))
				mu.Unlock()
			}
		})
	}
	for i := range 5 {
		if out, err := g.reload(described(config, i)); err != nil {
			t.Errorf("reload %d: %v\n%s", i, err, out)
		}
	}
	stop.Store(true)
	senders.Wait()

	if len(ids) < 50 {
		t.Errorf("only %d requests were answered", len(ids))
	}
	for _, id := range ids {
		if r := g.get(fmt.Sprint("/krosyn/events/", id)); r.status != http.StatusOK {
			t.Errorf("event %v is lost: %d %s", id, r.status, r.text)
		}
	}
	if r := g.post("/api/v1/connectors/fused/trigger", "{}"); r.json("error") != "circuit_open" {
		t.Errorf("the breaker did not survive the reload: %d %s", r.status, r.text)
	}
}

// described is a configuration that differs from others by its number.
func described(config string, number int) string {
	return strings.Replace(config, "connector ok {", fmt.Sprintf("connector ok {\n\t\t\tdescription \"version %d\"", number), 1)
}

// TestBreakers shows an open breaker and closes it.
func TestBreakers(t *testing.T) {
	to := newTarget(t)
	g := start(t, lifecycleConfigFor(to, freeAddress(t)))
	g.post("/api/v1/connectors/fused/trigger", "{}")
	r := g.get("/krosyn/breakers")
	if r.json("breakers", 0, "state") != "open" || r.json("breakers", 0, "connector") != "fused" || r.json("breakers", 0, "retry_at") == nil {
		t.Errorf("breakers: %s", r.text)
	}
	if r := g.get("/krosyn/connectors/fused"); r.json("breaker", "state") != "open" || r.json("events", "failed") != 1.0 {
		t.Errorf("connector: %s", r.text)
	}
	r = send(t, http.MethodPost, "http://"+g.admin+"/krosyn/breakers/reset", `{"connector":"fused"}`)
	if r.status != http.StatusOK || r.json("reset") != 1.0 {
		t.Errorf("reset: %d %s", r.status, r.text)
	}
	if r := g.post("/api/v1/connectors/fused/trigger", "{}"); r.json("error") != "perform_failed" {
		t.Errorf("after the reset: %s", r.text)
	}
}

// TestFailedReload leaves the running configuration, its events and the admin API as they were.
func TestFailedReload(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	r := g.post("/api/v1/connectors/ok/trigger", "{}")
	broken := strings.Replace(config, "auth none", "auth none\n\t\t\ttrigger `uppercas($payload.a)`", 1)
	out, err := g.reload(broken)
	if err == nil || !strings.Contains(out+g.log.String(), "Unknown function: uppercas") {
		t.Fatalf("a broken configuration was loaded: %v\n%s", err, out)
	}
	g.event(r)
	if r := g.post("/api/v1/connectors/ok/trigger", "{}"); r.status != http.StatusOK {
		t.Errorf("after the failed reload: %d %s", r.status, r.text)
	}
	if r := g.get("/krosyn/connectors"); r.json("connectors", 1, "name") != "ok" {
		t.Errorf("connectors: %s", r.text)
	}
	other := strings.Replace(config, "path {{folder}}/events", "path {{folder}}/events\n\t\t\tretention 1d", 1)
	if out, err := g.reload(other); err == nil || !strings.Contains(out+g.log.String(), "other options") {
		t.Errorf("the open store was given other options: %v\n%s", err, out)
	}
}

// TestValidateBesideRunning validates configurations while the gateway that they belong to is running.
func TestValidateBesideRunning(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	validate := func(config string) (string, error) {
		out, err := g.command("validate", "--config", g.write("Candidate", config), "--adapter", "caddyfile").CombinedOutput()
		return string(out), err
	}
	if out, err := validate(config); err != nil {
		t.Errorf("a good configuration: %v\n%s", err, out)
	}
	faulty := strings.Replace(config, "perform POST "+to.URL+"/ok", `trigger {{q}}uppercas($payload.a){{q}}
			process {
				set a {{q}}split($payload.b){{q}}
				set b $secret.nowhere
			}
			perform POST ftp://example.com/$payload.x {
				field a.b 1
				field a 2
			}`, 1)
	out, err := validate(strings.ReplaceAll(faulty, "{{q}}", "`"))
	if err == nil {
		t.Fatal("a faulty configuration is valid")
	}
	for _, fault := range []string{
		"connector ok", "Unknown function: uppercas", "split requires at least 2 argument(s), 1 given",
		"Unknown secret: nowhere", "http:// or https://", "field a: ",
	} {
		if !strings.Contains(out, fault) {
			t.Errorf("validate does not report %q:\n%s", fault, out)
		}
	}
	if r := g.post("/api/v1/connectors/ok/trigger", "{}"); r.status != http.StatusOK {
		t.Errorf("after validate: %d %s", r.status, r.text)
	}
}

// TestSecondProcess finds that a directory is in use, and says what to do.
func TestSecondProcess(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	g.post("/api/v1/connectors/ok/trigger", "{}")
	second := newGateway(t)
	shared := strings.ReplaceAll(config, "{{folder}}", g.folder)
	out, err := second.command("run", "--config", second.write("Caddyfile", shared)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), filepath.Join(g.folder, "events")) || !strings.Contains(string(out), "caddy reload") {
		t.Errorf("two processes on one directory: %v\n%s", err, out)
	}
	if r := g.post("/api/v1/connectors/ok/trigger", "{}"); r.status != http.StatusOK {
		t.Errorf("the first process: %d %s", r.status, r.text)
	}
}

// TestKill has every acknowledged event after the process was killed under load.
func TestKill(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	var (
		senders sync.WaitGroup
		mu      sync.Mutex
		ids     []any
	)
	enough := make(chan struct{})
	for range 8 {
		senders.Go(func() {
			for {
				r, err := try(http.MethodPost, "http://"+g.site+"/api/v1/connectors/ok/trigger", `{"a":1}`)
				if err != nil {
					return
				}
				if r.status != http.StatusOK {
					t.Errorf("%d %s", r.status, r.text)
					return
				}
				mu.Lock()
				if ids = append(ids, r.json("event_id")); len(ids) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	g.kill()
	senders.Wait()
	g.run(config)
	for _, id := range ids {
		if r := g.get(fmt.Sprint("/krosyn/events/", id)); r.status != http.StatusOK || r.json("status") != "completed" {
			t.Errorf("acknowledged event %v: %d %s", id, r.status, r.text)
		}
	}
}

// TestStartWithoutStore fails with a way out where the directory cannot be used.
func TestStartWithoutStore(t *testing.T) {
	g := newGateway(t)
	if err := os.WriteFile(filepath.Join(g.folder, "events"), []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := lifecycleConfigFor(&target{Server: newTarget(t).Server}, freeAddress(t))
	out, err := g.command("run", "--config", g.write("Caddyfile", config)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), filepath.Join(g.folder, "events")) {
		t.Errorf("a file in place of the store: %v\n%s", err, out)
	}
}
