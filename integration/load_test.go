package integration

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// load sends requests until it is stopped, and knows what was answered.
type load struct {
	t       *testing.T
	refused atomic.Int64
	mu      sync.Mutex
	ids     []string
	done    chan struct{}
	senders sync.WaitGroup
}

// load has senders send orders.
func (g *gateway) load(senders int) *load {
	g.t.Helper()
	l := &load{t: g.t, done: make(chan struct{})}
	body := `{"text":"` + strings.Repeat("x", 4000) + `"}`
	for range senders {
		l.senders.Go(func() {
			for {
				select {
				case <-l.done:
					return
				default:
				}
				r, err := try(http.MethodPost, "http://"+g.site+"/api/v1/connectors/orders/trigger", body, "Content-Type: application/json")
				if err != nil {
					l.t.Errorf("a request got no answer: %v", err)
					return
				}
				l.answered(r)
			}
		})
	}
	return l
}

func (l *load) answered(r *reply) {
	id, _ := r.json("event_id").(string)
	switch {
	case r.status == http.StatusOK && id != "":
		l.mu.Lock()
		l.ids = append(l.ids, id)
		l.mu.Unlock()
	case r.status == http.StatusServiceUnavailable && r.json("error") == "unavailable" && r.header.Get("Retry-After") != "":
		l.refused.Add(1)
	default:
		l.t.Errorf("a request was answered %d %s %v", r.status, r.text, r.header)
	}
}

func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// stop ends the senders.
func (l *load) stop() {
	close(l.done)
	l.senders.Wait()
}

// check wants every acknowledged event to be there.
func (l *load) check(g *gateway) {
	l.t.Helper()
	for _, id := range l.ids {
		if r := g.get("/krosyn/events/" + id); r.status != http.StatusOK || r.json("status") != "completed" {
			l.t.Fatalf("the acknowledged event %s is %d %s", id, r.status, r.text)
		}
	}
}
