package integration

import (
	"strings"
	"testing"
)

// TestCaddyEvents has Caddy emit what happens, and the log tell it.
func TestCaddyEvents(t *testing.T) {
	to := newTarget(t)
	// With debug, Caddy logs each event that it emits.
	config := strings.Replace(lifecycleConfigFor(to, freeAddress(t)), "auto_https off", "auto_https off\n\tdebug", 1)
	g := start(t, config)
	g.post("/api/v1/connectors/fused/trigger", "{}")
	g.post("/api/v1/connectors/fused/trigger", "{}")
	send(t, "POST", "http://"+g.admin+"/krosyn/breakers/reset", "{}")
	for _, line := range []string{
		`"msg":"event failed"`, `"msg":"a circuit breaker opened"`, `"msg":"a circuit breaker closed"`,
		`"krosyn.event_failed"`, `"krosyn.breaker_opened"`, `"krosyn.breaker_closed"`,
	} {
		g.wait(line+" in the log", func() bool { return strings.Contains(g.log.String(), line) })
	}
	if log := g.log.String(); strings.Contains(log, `"level":"error"`) {
		t.Errorf("the log has an error:\n%s", log)
	}
}
