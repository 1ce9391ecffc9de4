package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNotify tells of failures through another connector: the first at once, the following ones together.
func TestNotify(t *testing.T) {
	to := newTarget(t)
	config := asyncConfig(`connector orders {
			auth none
			perform POST http://`+freeAddress(t)+`/ {
				breaker 3 1h
			}
		}
		connector alerts {
			auth tokens
			perform POST `+to.URL+`/alerts {
				field text $payload.text
				field count $payload.count
				field id $payload.latest.id
				field kind $payload.kind
			}
		}
		connector looping {
			auth none
			perform POST `+to.URL+`/loop
		}
		connector broken {
			auth none
			perform POST http://`+freeAddress(t)+`/
		}`, "notify failed via alerts every 300ms", "notify failed via broken", "notify breaker via alerts")
	g := start(t, config)
	first := g.post("/api/v1/connectors/orders/trigger", `{}`)
	bodies := func() string {
		to.mu.Lock()
		defer to.mu.Unlock()
		var all strings.Builder
		for _, r := range to.received {
			all.WriteString(r.body + "\n")
		}
		return all.String()
	}
	want := `{"text":"An event of orders failed: Perform request failed after 1 attempts","count":1,"id":"` +
		first.json("event_id").(string) + `","kind":"failed"}`
	g.wait("the first notice", func() bool { return strings.Contains(bodies(), want) })
	for range 3 {
		g.post("/api/v1/connectors/orders/trigger", `{}`)
	}
	g.wait("the notice of the breaker", func() bool {
		return strings.Contains(bodies(), `"text":"The circuit breaker of orders is open"`)
	})
	g.wait("the following failures to be told together", func() bool {
		return strings.Contains(bodies(), `"text":"3 events of orders failed, the last one: Circuit breaker is open for URL: `)
	})
	// Of a loop somebody is told, although nothing may be executed any deeper.
	g.post("/api/v1/connectors/looping/trigger", `{}`, "X-Krosyn-Depth: 6")
	g.wait("the notice of the loop", func() bool {
		return strings.Contains(bodies(), `"text":"An event of looping failed: Execution depth limit exceeded"`)
	})
	// A connector does not tell of its own failures, others do.
	g.wait("the notice of the broken notifier", func() bool {
		return strings.Contains(bodies(), `"text":"An event of broken failed: `)
	})
	told := func() (of []string) {
		page := g.get("/krosyn/events?connector=broken&limit=500")
		for i := range page.json("events").([]any) {
			e := g.get("/krosyn/events/" + page.json("events", i, "id").(string))
			of = append(of, fmt.Sprint(e.json("payload", "connector")))
		}
		slices.Sort(of)
		return of
	}
	g.wait("the broken notifier to be asked for both", func() bool { return len(told()) > 1 })
	if of := told(); !slices.Equal(of, []string{"looping", "orders"}) {
		t.Errorf("the broken notifier was asked to tell of %s", of)
	}
	if e := g.get("/krosyn/events?connector=alerts&limit=1"); e.json("events", 0, "endpoint") != "notify" {
		t.Errorf("the events of notices are %s", e.text)
	}
	if out, err := g.reload(strings.Replace(config, "notify breaker via alerts", "notify breaker via nobody", 1)); err == nil ||
		!strings.Contains(out+g.log.String(), "notify breaker via nobody: there is no such connector") {
		t.Errorf("a notice through no connector was loaded: %s", out)
	}
}

// TestNotifyStoreFull tells of a queue that is nearly full, when the gateway starts with one.
func TestNotifyStoreFull(t *testing.T) {
	blocked, to := newGate(t), newTarget(t)
	config := asyncConfig(`connector orders {
			auth none
			perform POST `+blocked.URL+`
			respond async
		}
		connector alerts {
			auth tokens
			perform POST `+to.URL+`/alerts {
				field text $payload.text
			}
		}`, "queue_limit 2", "notify store_full via alerts")
	g := start(t, config)
	g.accepted("orders", `{}`)
	g.accepted("orders", `{}`)
	g.kill()
	g.run(config)
	defer blocked.open() // or the gateway would wait for it
	g.wait("the notice", func() bool { return to.count("/alerts") == 1 })
	want := `{"text":"The store is nearly full: 2 events are pending, of 2 (queue_limit)"}`
	if got := to.last(t, "/alerts").body; got != want {
		t.Errorf("the notice is %s, want %s", got, want)
	}
}
