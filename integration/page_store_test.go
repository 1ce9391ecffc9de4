package integration

import (
	"net/http"
	"strings"
	"testing"
)

// storeConfig keeps its events where a page has them.
func storeConfig(path, perform string) string {
	config := asyncConfig("connector orders {\nauth none\nperform POST " + perform + "\n}")
	return strings.Replace(config, "{{folder}}/store", "{{folder}}"+path, 1)
}

// TestPageReliability backs a gateway up, and restores it for another configuration.
func TestPageReliability(t *testing.T) {
	to := newTarget(t)
	g := start(t, storeConfig("/store", to.URL))
	kept := g.post("/api/v1/connectors/orders/trigger", `{}`)
	for range 10 {
		g.post("/api/v1/connectors/orders/trigger", `{}`)
	}
	restored := storeConfig("/var/lib/krosyn", to.URL)
	r := newReader(t, g, map[string]conduct{
		"caddy krosyn store restore krosyn.backup --config Caddyfile": {
			before: func() { g.write("Caddyfile", restored) },
		},
	})
	r.read("docs/reliability.md")
	g.stop()
	g.run(restored)
	g.event(kept)
}

// TestPageUpgrading goes back to the store of before an upgrade, and builds the next binary.
func TestPageUpgrading(t *testing.T) {
	to := newTarget(t)
	g, config := newGateway(t), storeConfig("/var/lib/krosyn", to.URL)
	r := newReader(t, g, map[string]conduct{
		"mv /var/lib/krosyn /var/lib/krosyn.new": {before: g.stop, after: func() { g.run(config) }},
		"xcaddy build v2.11.9 --with github.com/krosyn/gateway@VERSION --output ./caddy.new": {
			prints: "Krosyn Gateway  v1.0.0\nValid configuration",
		},
	})
	g.run(config)
	before := g.post("/api/v1/connectors/orders/trigger", `{}`)
	if _, said, code := g.krosyn("store", "backup", "before.backup", "--address", g.admin); code != 0 {
		t.Fatal(said)
	}
	since := g.post("/api/v1/connectors/orders/trigger", `{}`)
	r.read("docs/upgrading.md")
	g.event(before)
	if lost := g.get("/krosyn/events/" + since.json("event_id").(string)); lost.status != http.StatusNotFound {
		t.Errorf("an event since the backup: %d %s", lost.status, lost.text)
	}
}
