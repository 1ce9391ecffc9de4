package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashRounds is how often TestCrash kills the gateway. The long mode is KROSYN_CRASH_ROUNDS=100.
func crashRounds(t *testing.T) int {
	if text := os.Getenv("KROSYN_CRASH_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal("KROSYN_CRASH_ROUNDS:", err)
		}
		return n
	}
	if testing.Short() {
		return 2
	}
	return 10
}

// crashConfig has a connector of each kind that matters.
func crashConfig(to string, dead string) string {
	connector := func(name, url, more string) string {
		return fmt.Sprintf(`connector %s {
			auth none
			deduplicate $payload.delivery 1h
			perform POST %s
			%s
		}
		`, name, url, more)
	}
	return asyncConfig(
		connector("sync", to+"/sync", "") +
			connector("sync-failing", "http://"+dead+"/", "") +
			connector("async", to+"/async", "respond async") +
			connector("async-flaky", to+"/flaky", "respond async\n\t\t\tredeliver 20ms 40ms 80ms 160ms") +
			connector("async-ordered", to+"/ordered", "respond async\n\t\t\tconcurrency 8 by $payload.customer"))
}

var crashConnectors = []string{"sync", "sync-failing", "async", "async-flaky", "async-ordered"}

// witness is the target of a crash test: it remembers which events it has got.
type witness struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{requests: make(map[string]int)}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	id := r.Header.Get("Idempotency-Key")
	w.mu.Lock()
	w.requests[id]++
	n := w.requests[id]
	w.mu.Unlock()
	if r.URL.Path == "/flaky" && n%2 == 1 && strings.ContainsAny(id[len(id)-1:], "02468ace") {
		out.WriteHeader(http.StatusBadGateway)
		return
	}
	_, _ = out.Write([]byte(`{"ok":true}`))
}

func (w *witness) count(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[id]
}

// acknowledged is what a caller was told.
type acknowledged struct {
	connector, delivery string
	status              int
}

// crowd posts deliveries until the gateway is gone, and keeps every answer.
type crowd struct {
	t  *testing.T
	mu sync.Mutex
	// told has every answer by the event's id, and deliveries the event of each delivery that was accepted.
	told       map[string]acknowledged
	deliveries map[string]string
	duplicates int
	serial     int
}

// run posts until stop is closed.
func (c *crowd) run(site string, stop <-chan struct{}) {
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			// A client of its own: connections of a process that was killed are of no use.
			client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if !c.post(client, site) {
					return
				}
			}
		})
	}
	callers.Wait()
}

// post sends a delivery, now and then one that was accepted before, and tells whether the gateway is still there.
func (c *crowd) post(client *http.Client, site string) bool {
	c.mu.Lock()
	c.serial++
	connector, delivery := crashConnectors[rand.IntN(len(crashConnectors))], fmt.Sprint("d", c.serial)
	first := ""
	if rand.IntN(10) == 0 {
		for again, id := range c.deliveries { // in no order
			connector, delivery, _ = strings.Cut(again, "/")
			first = id
			break
		}
	}
	c.mu.Unlock()
	body := fmt.Sprintf(`{"delivery":%q,"customer":%d,"text":%q}`, delivery, rand.IntN(5), strings.Repeat("x", rand.IntN(2000)))
	resp, err := client.Post("http://"+site+"/api/v1/connectors/"+connector+"/trigger", "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return false
	}
	answer := &reply{resp.StatusCode, resp.Header, string(text)}
	c.note(answer, connector, delivery, first)
	return true
}

func (c *crowd) note(answer *reply, connector, delivery, first string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _ := answer.json("event_id").(string)
	switch {
	case answer.status == http.StatusConflict:
		return // the first is being executed
	case first != "":
		if id != first || answer.json("duplicate") != true {
			c.t.Errorf("delivery %s of event %s was answered %d %s", delivery, first, answer.status, answer.text)
		}
		c.duplicates++
		return
	case connector == "sync" && answer.status != http.StatusOK,
		connector == "sync-failing" && answer.status != http.StatusBadGateway,
		strings.HasPrefix(connector, "async") && answer.status != http.StatusAccepted:
		c.t.Errorf("%s answered %d %s", connector, answer.status, answer.text)
		return
	}
	c.told[id] = acknowledged{connector, delivery, answer.status}
	if connector != "sync-failing" {
		c.deliveries[connector+"/"+delivery] = id
	}
}

// TestCrash kills the gateway under load, again and again: whatever a caller was told is so afterwards.
func TestCrash(t *testing.T) {
	to := newWitness(t)
	config := crashConfig(to.URL, freeAddress(t))
	g := newGateway(t)
	g.run(config)
	c := &crowd{t: t, told: make(map[string]acknowledged), deliveries: make(map[string]string)}
	rounds := crashRounds(t)
	var slowest time.Duration
	for range rounds {
		stop := make(chan struct{})
		kill := time.AfterFunc(200*time.Millisecond+rand.N(1300*time.Millisecond), func() {
			_ = g.cmd.Process.Kill()
			close(stop)
		})
		c.run(g.site, stop)
		kill.Stop()
		<-g.done
		g.cmd = nil
		begun := time.Now()
		g.run(config)
		slowest = max(slowest, time.Since(begun))
		c.check(g, 200)
		if t.Failed() {
			t.FailNow()
		}
	}
	g.wait("everything that was accepted to be executed", func() bool {
		return len(g.get("/krosyn/events?status=pending&limit=1").json("events").([]any)) == 0
	})
	c.check(g, len(c.told))
	c.checkLists(g)
	delivered := 0
	for id, told := range c.told {
		if told.connector == "sync-failing" {
			continue
		}
		if to.count(id) == 0 {
			t.Errorf("event %s of %s never arrived", id, told.connector)
		}
		delivered += to.count(id)
	}
	t.Logf("%d rounds: %d events acknowledged, %d requests for the %d that have a target, %d duplicates recognised, "+
		"serving again after at most %s", rounds, len(c.told), delivered, len(c.deliveries), c.duplicates, slowest.Round(time.Millisecond))
}

// check reads events that were acknowledged, and finds them as they were told.
func (c *crowd) check(g *gateway, n int) {
	for id, told := range c.told { // in no order
		if n--; n < 0 {
			return
		}
		e := g.get("/krosyn/events/" + id)
		status, _ := e.json("status").(string)
		right := e.status == http.StatusOK && e.json("connector") == told.connector && e.json("payload", "delivery") == told.delivery
		switch told.status {
		case http.StatusOK:
			right = right && status == "completed"
		case http.StatusBadGateway:
			right = right && status == "failed"
		default:
			right = right && (status == "completed" || status == "pending")
		}
		if !right {
			c.t.Errorf("event %s was told %+v and is %d %s", id, told, e.status, e.text)
		}
	}
}

// checkLists has every list agree with every other: each event is in the list of all, of its connector and of its
// status, once, and counted.
func (c *crowd) checkLists(g *gateway) {
	all := c.list(g, "")
	for id := range c.told {
		if all[id] == "" {
			c.t.Errorf("event %s is in no list", id)
		}
	}
	parts := 0
	for _, connector := range crashConnectors {
		counts := make(map[string]int)
		for id, kind := range c.list(g, "&connector="+connector) {
			if all[id] != kind || !strings.HasPrefix(kind, connector+" ") {
				c.t.Errorf("event %s is %q among all and %q in the list of %s", id, all[id], kind, connector)
			}
			counts[strings.TrimPrefix(kind, connector+" ")]++
			parts++
		}
		shown := g.get("/krosyn/connectors/" + connector)
		for _, status := range []string{"completed", "failed", "skipped", "pending"} {
			if got := fmt.Sprint(shown.json("events", status)); got != strconv.Itoa(counts[status]) {
				c.t.Errorf("%s counts %s %s events, its list has %d", connector, got, status, counts[status])
			}
		}
	}
	if parts != len(all) {
		c.t.Errorf("the lists of the connectors have %d events, that of all %d", parts, len(all))
	}
}

// list reads a list to its end: connector and status by id.
func (c *crowd) list(g *gateway, filter string) map[string]string {
	events := make(map[string]string)
	cursor := ""
	for {
		answer := g.get("/krosyn/events?limit=500" + filter + cursor)
		var page struct {
			Events []struct{ ID, Connector, Status string }
			Next   string `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(answer.text), &page); err != nil || answer.status != http.StatusOK {
			c.t.Fatalf("no list: %d %s", answer.status, answer.text)
		}
		for _, e := range page.Events {
			if events[e.ID] != "" {
				c.t.Errorf("event %s is listed twice", e.ID)
			}
			events[e.ID] = e.Connector + " " + e.Status
		}
		if page.Next == "" {
			return events
		}
		cursor = "&cursor=" + page.Next
	}
}
