package integration

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const cliConnectors = `connector slack-orders {
			description  "New orders of the shop to the channel #orders"
			bearer_token {env.TOKEN}
			trigger      {{quote}}equals($payload.event_type, "order.created"){{quote}}
			perform POST http://{{chat}}/services/$secret.SLACK_PATH {
				retry 2 {
					backoff 1ms 5ms
					on      5xx
				}
				breaker 5 60s
			}
		}
		connector orders {
			bearer_token {env.TOKEN}
			perform POST http://{{orders}}/in
		}
		connector down {
			bearer_token {env.TOKEN}
			perform POST http://{{nobody}}
		}
		connector erp {
			bearer_token {env.TOKEN}
			perform POST {{erp}} {
				breaker 5 60s
			}
			respond async
		}`

// TestPageCLI has a shop whose chat breaks down, and a target of `orders` that is away at first. The target of `erp`
// has taken twelve events and keeps the next three waiting. Nobody ever answers `down`.
func TestPageCLI(t *testing.T) {
	chat, orders := newMoody(t), newMoody(t)
	var taken atomic.Int32
	opened := make(chan struct{})
	open := sync.OnceFunc(func() { close(opened) })
	erp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if taken.Add(1) > 12 {
			<-opened
		}
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(erp.Close)
	defer open() // or the gateway would wait for it

	connectors := strings.NewReplacer("{{quote}}", "`", "{{chat}}", chat.address, "{{orders}}", orders.address,
		"{{nobody}}", freeAddress(t), "{{erp}}", erp.URL).Replace(cliConnectors)
	g := start(t, asyncConfig(connectors, "secret SLACK_PATH T00/B00/of-the-chat"), "TOKEN="+callers)
	post := func(connector, body string, times, status int) {
		t.Helper()
		for range times {
			r := g.post("/api/v1/connectors/"+connector+"/trigger", body, bearer)
			if r.status != status {
				t.Fatalf("%s: %d %s", connector, r.status, r.text)
			}
		}
	}
	const order = `{"event_type":"order.created","n":10}`
	chat.comes()
	post("slack-orders", order, 12, http.StatusOK)
	post("slack-orders", `{}`, 7, http.StatusOK)
	chat.faints()
	post("slack-orders", order, 1, http.StatusBadGateway)
	post("orders", order, 12, http.StatusBadGateway)
	for i := range 15 {
		id := g.accepted("erp", order, bearer)
		if i < 12 {
			g.status(id, "completed")
		}
	}
	g.wait("three jobs under way", func() bool { return taken.Load() == 15 })
	g.ask(http.MethodPatch, "/krosyn/connectors/erp", `{"disabled":true}`, "Content-Type: application/json",
		"X-Krosyn-Reason: maintenance")
	g.post("/api/v1/connectors/slack-orders/trigger", order, "Authorization: Bearer another")

	r := newReader(t, g, map[string]conduct{
		"if caddy krosyn events list --status failed --since 5m >/dev/null; then page-somebody; fi": {
			prints: "somebody is paged",
		},
		"caddy krosyn events tail --connector orders": {
			endless: true, before: orders.comes, meanwhile: func() { post("orders", order, 1, http.StatusOK) },
		},
		"caddy krosyn events tail --status failed --json | jq .error.message": {
			endless: true, prints: `"Perform request failed after 1 attempts"`,
			meanwhile: func() { post("down", order, 1, http.StatusBadGateway) },
		},
		"caddy krosyn events retry 0199f0c4-0000-7000-8000-000000000005": {before: chat.comes},
		"caddy krosyn connectors list": {before: func() {
			chat.goes()
			post("slack-orders", order, 3, http.StatusBadGateway)
		}},
		"caddy krosyn connectors compare orders --definition new.json --events 500": {exit: 1, before: func() {
			post("orders", `{"n":3}`, 1, http.StatusOK)
			g.write("new.json", `{"trigger":"greaterThan($payload.n, 5)"}`)
		}},
		"caddy krosyn events export --format csv --status failed > failed.csv": {
			prints: "id,connector,endpoint,status,…\n…,down,default,failed,…",
		},
		"caddy krosyn health --watch": {endless: true, prints: "Status      ok"},
	})
	r.places = append(r.places, "https://hooks.slack.com", "http://"+chat.address, "https://erp.example.com", erp.URL)
	r.read("docs/cli.md")
}
