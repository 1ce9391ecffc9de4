package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const eventsConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		secret API_KEY {env.API_KEY}
		capture_body 1KiB
	}
}
http://{{site}} {
	krosyn {
		connector orders {
			description "Orders to the shop"
			example {{backquote}}{"type":"order","id":7,"customer":{"id":"a/b"}}{{backquote}}
			bearer_token {env.TOKEN}
			trigger {{backquote}}equals($payload.type, "order"){{backquote}}
			process {
				lookup {{target}}/customers/$payload.customer.id {
					header Authorization "Bearer $secret.API_KEY"
					query email $payload.customer.email
				}
				set name {{backquote}}uppercase($lookup.name){{backquote}}
				set greeting "Dear $processed.name"
			}
			perform POST {{perform}} {
				header X-Source krosyn
				field text "Order $payload.id: $processed.greeting"
				field meta.total "= $payload.id * 2"
				field meta.customer $payload.customer
			}
		}
		connector private {
			auth none
			store_payload off
			perform POST {{perform}}
		}
		connector plain {
			auth none
			perform PUT {{perform}}
		}
	}
}
`

func eventsGateway(t *testing.T, to *target, perform string) *gateway {
	t.Helper()
	return start(t, eventsConfigFor(to, perform), "API_KEY=key-0123456789", "TOKEN=token-0123456789")
}

func eventsConfigFor(to *target, perform string) string {
	return strings.NewReplacer("{{backquote}}", "`", "{{target}}", to.URL, "{{perform}}", perform).Replace(eventsConfig)
}

const (
	ordersPath = "/api/v1/connectors/orders/trigger"
	anOrder    = `{"type": "order", "id": 12345678901234567890, "customer": {"id":"a/b", "email":"j@example.com"}}`
	token      = "Authorization: Bearer token-0123456789"
)

// TestPipeline follows one order through lookup, fields and the target, and reads its event.
func TestPipeline(t *testing.T) {
	to := newTarget(t)
	g := eventsGateway(t, to, to.URL+"/in")
	r := g.post(ordersPath+"?from=shop", anOrder, token, "X-Shop: north")
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.text)
	}
	lookup := to.last(t, "/customers/a%2Fb")
	if lookup.method != "GET" || lookup.query != "email=j%40example.com" || lookup.header.Get("Authorization") != "Bearer key-0123456789" {
		t.Errorf("lookup: %+v", lookup)
	}
	perform := to.last(t, "/in")
	want := `{"text":"Order 12345678901234567890: Dear JANE","meta":{"total":24691357802469135780,"customer":{"id":"a/b", "email":"j@example.com"}}}`
	if perform.body != want {
		t.Errorf("the target got\n%s, want\n%s", perform.body, want)
	}
	id := r.json("event_id")
	for name, value := range map[string]any{
		"X-Source": "krosyn", "X-Krosyn-Event-Id": id, "Idempotency-Key": id, "X-Krosyn-Depth": "1",
		"Content-Type": "application/json",
	} {
		if got := perform.header.Get(name); got != value {
			t.Errorf("header %s is %q, want %v", name, got, value)
		}
	}

	e := g.event(r)
	for _, member := range []struct {
		path []any
		want any
	}{
		{[]any{"connector"}, "orders"},
		{[]any{"endpoint"}, "default"},
		{[]any{"status"}, "completed"},
		{[]any{"depth"}, 0.0},
		{[]any{"retry_of"}, nil},
		{[]any{"request", "method"}, "POST"},
		{[]any{"request", "path"}, ordersPath},
		{[]any{"request", "query"}, "from=shop"},
		{[]any{"request", "remote_ip"}, "127.0.0.1"},
		{[]any{"request", "headers", "X-Shop", 0}, "north"},
		{[]any{"request", "headers", "Authorization"}, nil},
		{[]any{"payload", "customer", "id"}, "a/b"},
		{[]any{"trigger", "expression"}, `equals($payload.type, "order")`},
		{[]any{"trigger", "result"}, true},
		{[]any{"lookup", "request", "headers", "Authorization", 0}, "[REDACTED]"},
		{[]any{"lookup", "response", "body", "name"}, "Jane"},
		{[]any{"processed", "greeting"}, "Dear JANE"},
		{[]any{"outbound", "method"}, "POST"},
		{[]any{"outbound", "body", "meta", "customer", "id"}, "a/b"},
		{[]any{"attempts", 0, "status"}, 200.0},
		{[]any{"attempts", 0, "error"}, nil},
		{[]any{"response", "status"}, 200.0},
		{[]any{"response", "body", "answer"}, 42.0},
		{[]any{"response", "truncated"}, false},
	} {
		if got := e.json(member.path...); got != member.want {
			t.Errorf("%v is %v, want %v", member.path, got, member.want)
		}
	}
	for _, raw := range []string{`"retry_of":null`, `"retried_by":[]`, `"next_attempt_at":null`, `"payload":` + anOrder} {
		if !strings.Contains(e.text, strings.ReplaceAll(raw, " ", "")) {
			t.Errorf("the event lacks %s:\n%s", raw, e.text)
		}
	}
}

// TestPassThrough sends what came as it came.
func TestPassThrough(t *testing.T) {
	to := newTarget(t)
	g := eventsGateway(t, to, to.URL+"/in")
	for _, body := range []struct{ contentType, text string }{
		{"application/json", "{\"b\": 1.50,\n \"a\": [1e3]}"},
		{"application/cloudevents+json; charset=utf-8", `{"x":"é"}`},
		{"application/x-www-form-urlencoded", "a=1&b=two+words&a=3"},
	} {
		r := send(t, http.MethodPost, "http://"+g.site+"/api/v1/connectors/plain/trigger", body.text, "Content-Type: "+body.contentType)
		if r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.text)
		}
		got := to.last(t, "/in")
		if got.method != "PUT" || got.body != body.text || got.header.Get("Content-Type") != body.contentType {
			t.Errorf("the target got %s %q as %q, want %q", got.method, got.body, got.header.Get("Content-Type"), body.text)
		}
		if body.contentType == "application/x-www-form-urlencoded" {
			if e := g.event(r); e.json("payload", "a", 1) != "3" || e.json("payload", "b") != "two words" {
				t.Errorf("the form's event: %s", e.text)
			}
		}
	}
}

// TestRetry repeats a failed event when its target is back, and refuses what cannot be repeated.
func TestRetry(t *testing.T) {
	to := newTarget(t)
	dead := "http://" + freeAddress(t) + "/in"
	g := eventsGateway(t, to, dead)
	r := g.post(ordersPath+"?from=shop", anOrder, token)
	if r.status != http.StatusBadGateway {
		t.Fatalf("%d %s", r.status, r.text)
	}
	failed := g.event(r)
	if failed.json("error", "message") != "Perform request failed after 1 attempts" || failed.json("error", "step") != "perform" {
		t.Errorf("the error is %v", failed.json("error"))
	}
	private := g.post("/api/v1/connectors/private/trigger", `{"card":"4111"}`)
	plain := g.post("/api/v1/connectors/plain/trigger", `{}`)
	if e := g.event(private); strings.Contains(e.text, "4111") {
		t.Errorf("store_payload off keeps the payload: %s", e.text)
	}

	config := strings.ReplaceAll(eventsConfigFor(to, to.URL+"/in"), "connector plain", "connector renamed")
	if out, err := g.reload(config); err != nil {
		t.Fatalf("reload: %v\n%s", err, out)
	}
	retry := func(id any) *reply {
		return send(t, http.MethodPost, fmt.Sprintf("http://%s/krosyn/events/%v/retry", g.admin, id), "")
	}
	again := retry(r.json("event_id"))
	if again.status != http.StatusCreated || again.json("status") != "completed" || again.json("retry_of") != r.json("event_id") {
		t.Fatalf("retry: %d %s", again.status, again.text)
	}
	if got := to.last(t, "/in").body; !strings.Contains(got, "Order 12345678901234567890: Dear JANE") {
		t.Errorf("the target got %s", got)
	}
	original := g.get(fmt.Sprint("/krosyn/events/", r.json("event_id")))
	if original.json("status") != "failed" || original.json("retried_by", 0) != again.json("id") {
		t.Errorf("the retried event: %s", original.text)
	}

	for _, refusal := range []struct {
		id     any
		status int
		text   string
	}{
		{again.json("id"), 409, "Only failed events can be retried"},
		{private.json("event_id"), 409, "Event has no stored payload"},
		{plain.json("event_id"), 409, "Connector no longer exists"},
		{"0199f0c4-0000-7000-8000-000000000000", 404, "Event not found"},
		{"nonsense", 404, "Event not found"},
	} {
		r := retry(refusal.id)
		if r.status != refusal.status || r.json("error") != refusal.text {
			t.Errorf("retry %v: %d %s, want %d %s", refusal.id, r.status, r.text, refusal.status, refusal.text)
		}
	}
}

// TestList pages through events and filters them.
func TestList(t *testing.T) {
	to := newTarget(t)
	g := eventsGateway(t, to, to.URL+"/in")
	var want []any
	for i := range 7 {
		body := fmt.Sprintf(`{"type":"order","id":%d,"customer":{"id":"needle-%d"}}`, i, i)
		if i%3 == 0 {
			body = fmt.Sprintf(`{"type":"cart","id":%d}`, i)
		}
		want = append([]any{g.post(ordersPath, body, token).json("event_id")}, want...)
	}
	var got []any
	for cursor := ""; ; {
		page := g.get("/krosyn/events?limit=2&connector=orders" + cursor)
		list, _ := page.json("events").([]any)
		if len(list) == 0 || len(list) > 2 {
			t.Fatalf("a page of %d events: %s", len(list), page.text)
		}
		for i := range list {
			got = append(got, page.json("events", i, "id"))
		}
		next, ok := page.json("next_cursor").(string)
		if !ok {
			break
		}
		cursor = "&cursor=" + next
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the pages have\n%v, want\n%v", got, want)
	}
	for query, n := range map[string]int{
		"status=skipped": 3, "status=completed": 4, "status=failed": 0, "connector=orders&status=skipped": 3,
		"connector=plain": 0, "since=15m": 7, "until=15m": 0, "since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z": 0,
		"search=needle-4": 1, "search=NEEDLE": 4,
	} {
		if list, _ := g.get("/krosyn/events?" + query).json("events").([]any); len(list) != n {
			t.Errorf("%s: %d events, want %d", query, len(list), n)
		}
	}
	for query, part := range map[string]string{
		"limit=0": "limit", "limit=501": "1 to 500", "limit=x": "limit", "status=done": "completed, skipped, failed, pending",
		"since=yesterday": "since", "cursor=abc": "cursor", "colour=red": "allowed: connector, status", "limit=1&limit=2": "once",
	} {
		if r := g.get("/krosyn/events?" + query); r.status != http.StatusBadRequest || !strings.Contains(r.text, part) {
			t.Errorf("%s: %d %s, want a 400 with %q", query, r.status, r.text, part)
		}
	}
}
