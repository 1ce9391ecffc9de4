package integration

import (
	"fmt"
	"net/http"
	"testing"
)

// TestPageAdmin has a shop whose target was away, and is back: ten of its events can be retried. Those of `down`
// cannot, and what `private` was sent is not kept. Fifteen events are for `slow`: three are under way, the others wait.
func TestPageAdmin(t *testing.T) {
	blocked, away, down := newGate(t), newMoody(t), freeAddress(t)
	g := start(t, asyncConfig(`connector orders {
			bearer_token {env.ORDERS_TOKEN}
			perform POST http://`+away.address+`/in
		}
		connector down {
			auth none
			perform POST http://`+down+`
		}
		connector private {
			auth none
			store_payload off
			perform POST http://`+down+`
		}
		connector slow {
			auth none
			perform POST `+blocked.URL+`
			respond async
		}`, "workers 3"), "ORDERS_TOKEN="+callers)
	defer blocked.open() // or the gateway would wait for it
	post := func(n, status int) {
		t.Helper()
		r := g.post("/api/v1/connectors/orders/trigger", fmt.Sprintf(`{"n":%d}`, n), bearer)
		if r.status != status {
			t.Fatalf("%d %s", r.status, r.text)
		}
	}
	g.fail("down", 2)
	g.fail("private", 1)
	for n := range 10 {
		post(n+10, http.StatusBadGateway)
	}
	for range 15 {
		g.accepted("slow", `{}`)
	}

	r := newReader(t, g, map[string]conduct{
		`curl -X POST "$API/events/retry" -d '{"since":"2h","error_code":"perform_failed","rate":50}' \`: {
			before: away.comes,
		},
		`curl "$API/jobs/01a205f5-1981-7171-942a-f2a718746041"`: {later: true},
		`curl "$API/events/export?format=csv&since=1d" > events.csv`: {
			prints: "id,connector,endpoint,status,…\n…,orders,default,failed,…",
		},
		`curl -N "$API/events/stream?connector=orders"`: {
			endless: true, meanwhile: func() { post(100, http.StatusOK) },
		},
		`curl -X PATCH "$API/connectors/orders" -d '{"disabled":true}' -H 'X-Krosyn-Reason: the shop is being moved'`: {
			before: func() { post(3, http.StatusOK) }, prints: `{"name":"orders", … "disabled_by":"admin", … }`,
		},
		`curl "$API/health"`: {later: true},
	})
	r.places = append(r.places, "https://example.com/in", "http://"+away.address+"/in")
	// The page leaves it out.
	r.env = append(r.env, "KROSYN_TEST_JSON=1")
	r.read("docs/admin.md")
}
