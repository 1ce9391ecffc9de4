package integration

import (
	"strings"
	"testing"
)

// TestMetrics counts what happens, over reloads too.
func TestMetrics(t *testing.T) {
	to := newTarget(t)
	config := lifecycleConfigFor(to, freeAddress(t))
	g := start(t, config)
	g.post("/api/v1/connectors/ok/trigger", "{}")
	g.post("/api/v1/connectors/fused/trigger", "{}")
	g.post("/api/v1/connectors/ok/trigger", "{", "Content-Type: text/html")
	if out, err := g.reload(described(config, 1)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	g.post("/api/v1/connectors/ok/trigger", "{}")
	text := g.get("/metrics").text
	for _, line := range []string{
		`krosyn_events_total{connector="ok",status="completed"} 2`,
		`krosyn_events_total{connector="fused",status="failed"} 1`,
		`krosyn_event_duration_seconds_count{connector="ok"} 2`,
		`krosyn_rejected_total{connector="ok",reason="body"} 1`,
		`krosyn_breaker_state{connector="fused"} 2`,
		`krosyn_attempts_total{connector="ok",outcome="2xx"} 2`,
		`krosyn_attempts_total{connector="fused",outcome="connection"} 1`,
		`krosyn_step_duration_seconds_count{connector="ok",step="perform"} 2`,
		`krosyn_executions_in_flight{connector="ok"} 0`,
		`krosyn_store_append_duration_seconds_count 3`,
		`krosyn_pending_events 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	send(t, "POST", "http://"+g.admin+"/krosyn/breakers/reset", "{}")
	if text := g.get("/metrics").text; !strings.Contains(text, `krosyn_breaker_state{connector="fused"} 0`) {
		t.Error("a breaker that was reset is not shown as closed")
	}
}
