package integration

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// flaky is a target that refuses the first requests of each event, and keeps which event came when.
type flaky struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int
	// order has the bodies that it took.
	order []string
	// refuse is how many requests of each event are answered with status.
	refuse int
	status int
	header http.Header
}

func newFlaky(t *testing.T, refuse, status int) *flaky {
	t.Helper()
	f := &flaky{seen: make(map[string]int), refuse: refuse, status: status, header: make(http.Header)}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	f.seen[key]++
	if f.seen[key] <= f.refuse {
		maps.Copy(w.Header(), f.header)
		w.WriteHeader(f.status)
		return
	}
	f.order = append(f.order, r.Header.Get("X-Order"))
	_, _ = w.Write([]byte(`{"ok":true}`))
}

func (f *flaky) requests(event string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[event]
}

func (f *flaky) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.order)
}

// asyncConfig is a site of asynchronous connectors.
func asyncConfig(connectors string, global ...string) string {
	return `{
	admin {{admin}}
	krosyn {
		store badger {
			path {{folder}}/store
		}
		` + strings.Join(global, "\n\t\t") + `
	}
}
http://{{site}} {
	krosyn {
		` + connectors + `
	}
	respond 204
}
`
}

// status waits until an event has a status, and gives the event.
func (g *gateway) status(id, status string) *reply {
	g.t.Helper()
	var last *reply
	g.wait("event "+id+" to be "+status, func() bool {
		last = g.get("/krosyn/events/" + id)
		return last.json("status") == status
	})
	return last
}

// accepted posts to an asynchronous connector and gives the event's id.
func (g *gateway) accepted(connector, body string, headers ...string) string {
	g.t.Helper()
	answer := g.post("/api/v1/connectors/"+connector+"/trigger", body, headers...)
	if answer.status != http.StatusAccepted || answer.json("status") != "pending" {
		g.t.Fatalf("%s answered %d %s", connector, answer.status, answer.text)
	}
	id, _ := answer.json("event_id").(string)
	if id == "" || answer.header.Get("X-Krosyn-Event-Id") != id {
		g.t.Fatalf("no id in %s, %s", answer.text, answer.header)
	}
	return id
}

func TestAsyncDelivers(t *testing.T) {
	to := newTarget(t)
	g := start(t, asyncConfig(`connector orders {
			auth none
			trigger `+"`$payload.id > 0`"+`
			process {
				set double "= $payload.id * 2"
			}
			perform POST `+to.URL+`/in {
				field id $payload.id
				field double $processed.double
			}
			respond async
		}
		connector asis {
			auth none
			perform POST `+to.URL+`/asis
			respond async
			store_payload off
		}`))
	id := g.accepted("orders", `{"id":21}`, "X-Krosyn-Depth: 2")
	e := g.status(id, "completed")
	if got := to.last(t, "/in"); got.body != `{"id":21,"double":42}` || got.header.Get("Idempotency-Key") != id ||
		got.header.Get("X-Krosyn-Depth") != "3" {
		t.Errorf("the target got %+v", got)
	}
	if e.json("payload", "id") != 21.0 || e.json("response", "status") != 200.0 || e.json("next_attempt_at") != nil ||
		e.json("depth") != 2.0 || e.json("attempts", 0, "status") != 200.0 {
		t.Errorf("the event is %s", e.text)
	}
	if e := g.status(g.accepted("orders", `{"id":0}`), "skipped"); e.json("trigger", "result") != false {
		t.Errorf("the event is %s", e.text)
	}
	if e := g.status(g.accepted("orders", `{"id":{}}`), "failed"); e.json("error", "code") != "expression_error" {
		t.Errorf("the event is %s", e.text)
	}
	// A form arrives as it was sent, and a payload that is not stored arrives too.
	form := send(t, "POST", "http://"+g.site+"/api/v1/connectors/asis/trigger", "a=1&b=x+y",
		"Content-Type: application/x-www-form-urlencoded")
	id = fmt.Sprint(form.json("event_id"))
	if e := g.status(id, "completed"); e.json("payload") != nil || strings.Contains(e.text, "x+y") {
		t.Errorf("the event has the payload: %s", e.text)
	}
	if got := to.last(t, "/asis"); got.body != "a=1&b=x+y" || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("the target got %+v", got)
	}
	if e := g.get("/krosyn/events?status=pending"); strings.Contains(e.text, id) {
		t.Errorf("still pending: %s", e.text)
	}
}

func TestAsyncRedelivers(t *testing.T) {
	to := newFlaky(t, 4, 503)
	g := start(t, asyncConfig(`connector orders {
			auth none
			perform POST `+to.URL+` {
				retry 2 {
					backoff 1ms 2ms
				}
			}
			respond async
			redeliver 50ms 60ms 1h
		}
		connector impatient {
			auth none
			perform POST `+to.URL+` {
				retry 2 {
					backoff 1ms 2ms
				}
			}
			respond async
			redeliver 50ms
		}
		connector refused {
			auth none
			perform POST http://127.0.0.1:1/ 
			respond async
			redeliver off
		}`))
	// Two quick attempts, two redeliveries, and the third is an hour away.
	id := g.accepted("orders", `{}`)
	g.wait("four attempts", func() bool { return to.requests(id) == 4 })
	var e *reply
	g.wait("the fourth to be recorded", func() bool {
		e = g.get("/krosyn/events/" + id)
		return e.json("attempts", 3, "status") == 503.0
	})
	next, err := time.Parse(time.RFC3339, fmt.Sprint(e.json("next_attempt_at")))
	if wait := time.Until(next); err != nil || wait < 50*time.Minute || wait > 70*time.Minute {
		t.Errorf("the next attempt is at %v", e.json("next_attempt_at"))
	}
	if e.json("status") != "pending" || e.json("error") != nil || e.json("attempts", 1, "redelivery") != nil ||
		e.json("attempts", 2, "redelivery") != 1.0 || e.json("attempts", 3, "redelivery") != 2.0 {
		t.Errorf("the event is %s", e.text)
	}
	if answer := send(t, "POST", "http://"+g.admin+"/krosyn/events/"+id+"/retry", ""); answer.status != http.StatusConflict {
		t.Errorf("retrying a pending event: %d %s", answer.status, answer.text)
	}
	// The last attempt gets a 503 too.
	id = g.accepted("impatient", `{}`)
	e = g.status(id, "failed")
	if e.json("error", "message") != "Perform request failed after 3 attempts" || e.json("response", "status") != 503.0 ||
		to.requests(id) != 3 {
		t.Errorf("after %d requests the event is %s", to.requests(id), e.text)
	}
	// It can be retried, which makes another asynchronous event.
	retried := send(t, "POST", "http://"+g.admin+"/krosyn/events/"+id+"/retry", "")
	if retried.status != http.StatusCreated || retried.json("status") != "pending" || retried.json("retry_of") != id {
		t.Errorf("the retry: %d %s", retried.status, retried.text)
	}
	g.status(fmt.Sprint(retried.json("id")), "failed")
	e = g.status(g.accepted("refused", `{}`), "failed")
	if e.json("error", "message") != "Perform request failed after 1 attempts" {
		t.Errorf("the event is %s", e.text)
	}
}

func TestAsyncRetryAfter(t *testing.T) {
	to := newFlaky(t, 1, 429)
	to.header.Set("Retry-After", "1800")
	g := start(t, asyncConfig(`connector orders {
			auth none
			perform POST `+to.URL+`
			respond async
			redeliver 10ms
		}`))
	id := g.accepted("orders", `{}`)
	var e *reply
	g.wait("the first attempt to be recorded", func() bool {
		e = g.get("/krosyn/events/" + id)
		return e.json("attempts", 0, "status") == 429.0
	})
	next, err := time.Parse(time.RFC3339, fmt.Sprint(e.json("next_attempt_at")))
	if wait := time.Until(next); err != nil || wait < 29*time.Minute || wait > 31*time.Minute {
		t.Errorf("the next attempt is at %v", e.json("next_attempt_at"))
	}
}

// TestAsyncBreaker has events wait while the breaker of their target is open, without attempts that count, and arrive
// when it has closed.
func TestAsyncBreaker(t *testing.T) {
	to := newFlaky(t, 1, 500)
	g := start(t, asyncConfig(`connector orders {
			auth none
			perform POST `+to.URL+` {
				breaker 1 1h
			}
			concurrency 1
			respond async
			redeliver 1ms 1h
		}`))
	var ids []string
	for range 4 {
		ids = append(ids, g.accepted("orders", `{}`))
	}
	g.wait("the breaker to open", func() bool {
		return g.get("/krosyn/breakers").json("breakers", 0, "state") == "open"
	})
	arrived := 0
	for _, id := range ids {
		if to.requests(id) > 0 {
			arrived++
		}
	}
	to.mu.Lock()
	to.refuse = 0
	to.mu.Unlock()
	send(t, "POST", "http://"+g.admin+"/krosyn/breakers/reset", "{}")
	for _, id := range ids {
		if e := g.status(id, "completed"); len(e.json("attempts").([]any)) > 2 {
			t.Errorf("the event is %s", e.text)
		}
	}
	if arrived != 1 {
		t.Errorf("%d arrived before the breaker opened", arrived)
	}
}

func TestAsyncDuplicates(t *testing.T) {
	to := newTarget(t)
	g := start(t, asyncConfig(`connector orders {
			auth none
			deduplicate $payload.id 1h
			perform POST `+to.URL+`/in
			respond async
		}`))
	id := g.accepted("orders", `{"id":1}`)
	g.status(id, "completed")
	again := g.post("/api/v1/connectors/orders/trigger", `{"id":1}`)
	if again.status != http.StatusAccepted || again.json("event_id") != id || again.json("duplicate") != true ||
		again.json("status") != "completed" {
		t.Errorf("the duplicate: %d %s", again.status, again.text)
	}
	if n := to.count("/in"); n != 1 {
		t.Errorf("the target got %d requests", n)
	}
}

func TestAsyncQueueLimit(t *testing.T) {
	block := make(chan struct{})
	to := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	t.Cleanup(to.Close)
	release := sync.OnceFunc(func() { close(block) })
	t.Cleanup(release)
	g := start(t, asyncConfig(`connector orders {
			auth none
			perform POST `+to.URL+`
			respond async
		}`, "queue_limit 3", "workers 1"))
	var ids []string
	for range 3 {
		ids = append(ids, g.accepted("orders", `{}`))
	}
	full := g.post("/api/v1/connectors/orders/trigger", `{}`)
	if full.status != http.StatusServiceUnavailable || full.text != `{"error":"unavailable"}` || full.header.Get("Retry-After") == "" {
		t.Errorf("a full queue answers %d %s", full.status, full.text)
	}
	release()
	for _, id := range ids {
		g.status(id, "completed")
	}
	g.accepted("orders", `{}`)
}

// TestAsyncOrder has one key's events wait for each other, though the first has to be repeated, and no other key's.
func TestAsyncOrder(t *testing.T) {
	to := newFlaky(t, 2, 500)
	g := start(t, asyncConfig(`connector orders {
			auth none
			concurrency 8 by $payload.customer
			perform POST `+to.URL+` {
				header X-Order "$payload.customer-$payload.n"
			}
			respond async
			redeliver 30ms 30ms 30ms
		}`))
	var ids []string
	for n := range 5 {
		for _, customer := range []string{"a", "b", "c"} {
			ids = append(ids, g.accepted("orders", fmt.Sprintf(`{"customer":%q,"n":%d}`, customer, n)))
		}
	}
	for _, id := range ids {
		g.status(id, "completed")
	}
	for _, customer := range []string{"a", "b", "c"} {
		n := 0
		for _, order := range to.taken() {
			if rest, ok := strings.CutPrefix(order, customer+"-"); ok {
				if rest != fmt.Sprint(n) {
					t.Errorf("%s took the place of %d in %v", order, n, to.taken())
				}
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d orders of %s arrived", n, customer)
		}
	}
}

// TestAsyncConcurrency has no more of a connector under way than it says.
func TestAsyncConcurrency(t *testing.T) {
	var now, most atomic.Int32
	to := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		<-time.After(5 * time.Millisecond)
	}))
	t.Cleanup(to.Close)
	g := start(t, asyncConfig(`connector orders {
			auth none
			concurrency 3
			perform POST `+to.URL+`
			respond async
		}`))
	var ids []string
	for range 20 {
		ids = append(ids, g.accepted("orders", `{}`))
	}
	for _, id := range ids {
		g.status(id, "completed")
	}
	if most.Load() > 3 {
		t.Errorf("%d were under way", most.Load())
	}
}

// TestAsyncFairness has a connector whose target does not answer, and has more jobs than there are workers, keep nobody
// else waiting.
func TestAsyncFairness(t *testing.T) {
	block := make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	t.Cleanup(stuck.Close)
	defer close(block) // the gateway would wait for it
	to := newTarget(t)
	g := start(t, asyncConfig(`connector stuck {
			auth none
			perform POST `+stuck.URL+`
			respond async
		}
		connector orders {
			auth none
			perform POST `+to.URL+`/in
			respond async
		}`, "workers 8"))
	for range 40 {
		g.accepted("stuck", `{}`)
	}
	for range 5 {
		g.status(g.accepted("orders", `{}`), "completed")
	}
}

func TestOnDisconnect(t *testing.T) {
	arrived := make(chan string, 2)
	block := make(chan struct{})
	to := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Path
		<-block
	}))
	t.Cleanup(to.Close)
	release := sync.OnceFunc(func() { close(block) })
	t.Cleanup(release)
	g := start(t, asyncConfig(`connector finish {
			auth none
			perform POST `+to.URL+`/finish
		}
		connector cancel {
			auth none
			perform POST `+to.URL+`/cancel
			on_disconnect cancel
		}`))
	for _, name := range []string{"finish", "cancel"} {
		leave := &http.Client{Transport: &http.Transport{}}
		req, err := http.NewRequest(http.MethodPost, "http://"+g.site+"/api/v1/connectors/"+name+"/trigger", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer close(gone)
			if resp, err := leave.Do(req.WithContext(ctx)); err == nil {
				_ = resp.Body.Close()
			}
		}()
		<-arrived
		cancel()
		<-gone
	}
	g.wait("the canceled event", func() bool {
		return g.get("/krosyn/events?connector=cancel").json("events", 0, "status") == "failed"
	})
	id := fmt.Sprint(g.get("/krosyn/events?connector=cancel").json("events", 0, "id"))
	if e := g.get("/krosyn/events/" + id); e.json("attempts", 0, "class") != "canceled" ||
		!strings.Contains(fmt.Sprint(e.json("error", "detail")), "the caller has left") {
		t.Errorf("the canceled event is %s", e.text)
	}
	release()
	g.wait("the finished event", func() bool {
		return g.get("/krosyn/events?connector=finish").json("events", 0, "status") == "completed"
	})
}
