package integration

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKubernetesCaddyfile has the probes and Prometheus get what they ask for, and nothing else of the admin endpoint.
func TestKubernetesCaddyfile(t *testing.T) {
	to, operations := newTarget(t), freeAddress(t)
	g := newGateway(t)
	token := g.write("orders-token", "a-token-of-many-letters\n")
	g.run(shipped(t, "../packaging/kubernetes/Caddyfile", "localhost:2019", "{{admin}}", ":8080", "{{site}}", ":9180", operations,
		"/run/secrets/krosyn/orders-token", token, "https://erp.example.com", to.URL, "shutdown_delay 5s", "shutdown_delay 1ms"))
	g.status(g.accepted("orders", `{}`, "Authorization: Bearer a-token-of-many-letters"), "completed")
	for path, want := range map[string]string{"/live": "", "/ready": `"status":"ok"`, "/metrics": "krosyn_events_total{"} {
		if r := send(t, http.MethodGet, "http://"+operations+path, ""); r.status != http.StatusOK || !strings.Contains(r.text, want) {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
	}
	for _, path := range []string{"/config/", "/krosyn/events", "/ready/../events", "/ready/x", "/krosyn/health"} {
		if r := send(t, http.MethodGet, "http://"+operations+path, ""); r.text != "" {
			t.Errorf("%s is to be had from outside: %d %s", path, r.status, r.text)
		}
	}
}

// TestObservabilityCaddyfile has the example make events, metrics and traces.
func TestObservabilityCaddyfile(t *testing.T) {
	collected, metrics := newSpans(t), freeAddress(t)
	g := newGateway(t, "ORDERS_TOKEN=a-token-of-many-letters", "OTEL_EXPORTER_OTLP_ENDPOINT="+collected.URL, "OTEL_BSP_SCHEDULE_DELAY=20")
	g.run(shipped(t, "../examples/observability/Caddyfile", "localhost:2019", "{{admin}}", ":8080", "{{site}}", ":9180", metrics,
		"localhost:8081", freeAddress(t)))
	r := g.post("/api/v1/connectors/orders/trigger", `{"event_type":"order.created","order":{"id":1}}`, "Authorization: Bearer a-token-of-many-letters")
	if r.status != http.StatusOK || r.json("status") != "completed" {
		t.Fatalf("%d %s", r.status, r.text)
	}
	g.status(g.accepted("archive", `{}`, "Authorization: Bearer a-token-of-many-letters"), "completed")
	trace, _ := g.event(r).json("trace_id").(string)
	g.wait("the trace of the event", func() bool {
		return collected.path(trace, "krosyn attempt") == "webhook/krosyn execution/krosyn perform/krosyn attempt"
	})
	scraped := send(t, http.MethodGet, "http://"+metrics+"/metrics", "").text
	for _, name := range documented(t, "\\| `(krosyn_[a-z_]+)` \\|") {
		// These have no series before the first of their kind.
		if name != "krosyn_rejected_total" && name != "krosyn_breaker_state" && !strings.Contains(scraped, "\n# TYPE "+name+" ") {
			t.Errorf("%s is documented, and not among the metrics", name)
		}
	}
	if !strings.Contains(g.log.String(), `"krosyn_event":"`) {
		t.Error("the access log has no krosyn_event")
	}
}

// shipped is a file that users get, with what pairs replace, all of which must be there.
func shipped(t *testing.T, path string, pairs ...string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("%s has no %s", path, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(string(text))
}

// documented is what a pattern's groups match in the documentation and the files that are shipped with it.
func documented(t *testing.T, pattern string) (found []string) {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile("(?m)"+pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, strings.Join(match[1:], " "))
		}
	}
	return found
}

// TestDocumentedCommands has the binary know every command that the documentation names, and its flags.
func TestDocumentedCommands(t *testing.T) {
	commands := documented(t, "caddy (krosyn [a-z]+(?: [a-z]+)?)([^`\\n|]*)")
	if len(commands) < 10 {
		t.Fatalf("only %q were found", commands)
	}
	for _, line := range commands {
		words := strings.Fields(line)
		help := ""
		for n := min(3, len(words)); n >= 2 && help == ""; n-- {
			out, err := exec.Command(binary, append(words[:n:n], "--help")...).CombinedOutput()
			if usage := "\n  caddy " + strings.Join(words[:n], " "); err == nil && regexp.MustCompile(regexp.QuoteMeta(usage)+`[ \n]`).Match(out) {
				help = string(out)
			}
		}
		if help == "" {
			t.Errorf("there is no caddy %s", line)
		}
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(line, -1) {
			if !strings.Contains(help, flag) {
				t.Errorf("caddy %s: there is no %s", line, flag)
			}
		}
	}
}
