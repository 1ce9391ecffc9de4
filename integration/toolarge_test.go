package integration

import (
	"net/http"
	"strings"
	"testing"
)

// TestTooLarge has executions whose record is more than the store takes be recorded with their outcome, once.
func TestTooLarge(t *testing.T) {
	to := newTarget(t)
	connector := func(name, more string) string {
		return `connector ` + name + ` {
			auth none
			process {
				set first  $payload.text
				set second $payload.text
			}
			perform POST ` + to.URL + `/` + name + ` {
				field id $payload.id
			}
			` + more + `
		}
		`
	}
	g := start(t, asyncConfig(connector("direct", "deduplicate $payload.id 1h")+connector("later", "respond async"),
		"max_body 8MiB", "workers 1"))
	body := `{"id":1,"text":"` + strings.Repeat("x", 6<<20) + `"}`
	first := g.post("/api/v1/connectors/direct/trigger", body)
	if first.status != http.StatusOK || first.json("status") != "completed" {
		t.Fatalf("%d %s", first.status, first.text)
	}
	if again := g.post("/api/v1/connectors/direct/trigger", body); again.json("duplicate") != true {
		t.Errorf("sent again: %d %s", again.status, again.text)
	}
	ids := []string{g.accepted("later", body), g.accepted("later", `{"id":2,"text":"x"}`)}
	large, small := g.status(ids[0], "completed"), g.status(ids[1], "completed")
	for name, e := range map[string]*reply{"direct": g.event(first), "later": large} {
		if e.json("processed") != nil || e.json("payload", "id") != 1.0 || e.json("response", "status") != 200.0 {
			t.Errorf("%s: processed %.20v, payload %.20v", name, e.json("processed"), e.json("payload"))
		}
	}
	if small.json("processed", "first") != "x" {
		t.Errorf("the small one is %s", small.text)
	}
	if to.count("/direct") != 1 || to.count("/later") != 2 {
		t.Errorf("the target got %d and %d requests", to.count("/direct"), to.count("/later"))
	}
}
