package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// gate is a target that answers when it is opened, and counts requests by their idempotency key.
type gate struct {
	*httptest.Server
	open func()
	mu   sync.Mutex
	seen map[string]int
}

func newGate(t *testing.T) *gate {
	t.Helper()
	opened := make(chan struct{})
	g := &gate{seen: make(map[string]int), open: sync.OnceFunc(func() { close(opened) })}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.seen[r.Header.Get("Idempotency-Key")]++
		g.mu.Unlock()
		select {
		case <-opened:
			_, _ = w.Write([]byte(`{}`))
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(g.Close)
	t.Cleanup(g.open)
	return g
}

func (g *gate) requests(event string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[event]
}

// TestAsyncCrash kills the gateway while an execution is under way and others wait: all of them are executed by the
// next process, and the one whose outcome nobody knows says so.
func TestAsyncCrash(t *testing.T) {
	to := newGate(t)
	config := asyncConfig(`connector orders {
			auth none
			concurrency 1
			perform POST ` + to.URL + `
			respond async
		}`)
	g := start(t, config)
	var ids []string
	for range 3 {
		ids = append(ids, g.accepted("orders", `{"a":1}`))
	}
	g.wait("the first to be under way", func() bool { return to.requests(ids[0]) == 1 })
	g.kill()
	to.open()
	g.run(config)
	for i, id := range ids {
		e := g.status(id, "completed")
		if e.json("payload", "a") != 1.0 {
			t.Errorf("the event is %s", e.text)
		}
		interrupted := e.json("attempts", 0, "class") == "interrupted"
		if interrupted != (i == 0) || to.requests(id) != 1+len(e.json("attempts").([]any))-1 {
			t.Errorf("event %d, with %d requests, is %s", i, to.requests(id), e.text)
		}
	}
}

// TestAsyncCrashes kills the gateway whenever the target has the request: after the third time the event is executed no
// more at once, in case it is what ends the process.
func TestAsyncCrashes(t *testing.T) {
	to := newGate(t)
	connector := func(name, redeliver string) string {
		return fmt.Sprintf(`connector %s {
			auth none
			perform POST %s {
				timeout 60s
			}
			respond   async
			redeliver %s
		}
		`, name, to.URL, redeliver)
	}
	config := asyncConfig(connector("patient", "1h") + connector("impatient", "off"))
	g := start(t, config)
	patient, impatient := g.accepted("patient", `{}`), g.accepted("impatient", `{}`)
	for n := range 3 {
		g.wait("both to be under way again", func() bool { return to.requests(patient) > n && to.requests(impatient) > n })
		g.kill()
		g.run(config)
	}
	failed := g.status(impatient, "failed")
	if detail, _ := failed.json("error", "detail").(string); !strings.Contains(detail, "the gateway ended again and again") {
		t.Errorf("the event is %s", failed.text)
	}
	var waits *reply
	g.wait("the other to wait for its redelivery", func() bool {
		waits = g.get("/krosyn/events/" + patient)
		return waits.json("attempts", 2, "retry_after_ms") != nil
	})
	if waits.json("status") != "pending" || waits.json("error") != nil {
		t.Errorf("the event is %s", waits.text)
	}
	for id, e := range map[string]*reply{patient: waits, impatient: failed} {
		for n := range 3 {
			if e.json("attempts", n, "class") != "interrupted" {
				t.Errorf("attempt %d of %s", n, e.text)
			}
		}
		if to.requests(id) != 3 || e.json("attempts", 3) != nil {
			t.Errorf("with %d requests the event is %s", to.requests(id), e.text)
		}
	}
}

// TestAsyncStop has a stop wait for executions, and cut off those that take too long.
func TestAsyncStop(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace of a stop")
	}
	to := newGate(t)
	config := asyncConfig(`connector orders {
			auth none
			perform POST ` + to.URL + ` {
				timeout 60s
			}
			respond async
		}`)
	g := start(t, config)
	id := g.accepted("orders", `{}`)
	g.wait("it to be under way", func() bool { return to.requests(id) == 1 })
	g.stop()
	to.open()
	g.run(config)
	e := g.status(id, "completed")
	if e.json("attempts", 0, "class") != "interrupted" || e.json("attempts", 1, "status") != 200.0 || to.requests(id) != 2 {
		t.Errorf("with %d requests the event is %s", to.requests(id), e.text)
	}
}

// TestAsyncStopInPause has a stop in the pause between two quick attempts, which go on at the next start.
func TestAsyncStopInPause(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace of a stop")
	}
	to := newFlaky(t, 1, http.StatusServiceUnavailable)
	to.header.Set("Retry-After", "20")
	config := asyncConfig(`connector orders {
			auth none
			perform POST ` + to.URL + ` {
				retry 2
			}
			respond   async
			redeliver off
		}`)
	g := start(t, config)
	id := g.accepted("orders", `{}`)
	g.wait("the first attempt", func() bool { return to.requests(id) == 1 })
	g.stop()
	g.run(config)
	e := g.status(id, "completed")
	if e.json("attempts", 0, "status") != 503.0 || e.json("attempts", 1, "status") != 200.0 || to.requests(id) != 2 {
		t.Errorf("with %d requests the event is %s", to.requests(id), e.text)
	}
}

// TestAsyncReload finishes what is under way, executes what waits as the new configuration says, and keeps what belongs
// to a connector that is gone until it is back.
func TestAsyncReload(t *testing.T) {
	before, after := newGate(t), newTarget(t)
	connector := func(name, url string) string {
		return fmt.Sprintf("connector %s {\n\t\t\tauth none\n\t\t\tconcurrency 1\n\t\t\tperform POST %s\n\t\t\trespond async\n\t\t}\n\t\t",
			name, url)
	}
	g := start(t, asyncConfig(connector("orders", before.URL)+connector("gone", before.URL)))
	first, second := g.accepted("orders", `{}`), g.accepted("orders", `{}`)
	blocked, waiting := g.accepted("gone", `{}`), g.accepted("gone", `{}`)
	g.wait("the first to be under way", func() bool { return before.requests(first) == 1 && before.requests(blocked) == 1 })
	if out, err := g.reload(asyncConfig(connector("orders", after.URL+"/after"))); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before.open()
	g.status(first, "completed")
	g.status(blocked, "completed")
	g.status(second, "completed")
	if before.requests(second) != 0 || after.count("/after") != 1 {
		t.Errorf("the second was sent %d times as before, %d times as after", before.requests(second), after.count("/after"))
	}
	if e := g.get("/krosyn/events/" + waiting); e.json("status") != "pending" {
		t.Errorf("the event of no connector is %s", e.text)
	}
	g.wait("somebody to say that events wait", func() bool {
		return strings.Contains(g.log.String(), "they wait until it has")
	})
	if out, err := g.reload(asyncConfig(connector("orders", after.URL) + connector("gone", after.URL))); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	g.status(waiting, "completed")
	// A configuration that cannot be loaded changes nothing.
	if _, err := g.reload(asyncConfig("connector broken {\n}")); err == nil {
		t.Error("a broken configuration was loaded")
	}
	g.status(g.accepted("orders", `{}`), "completed")
}
