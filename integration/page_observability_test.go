package integration

import (
	"strings"
	"testing"
)

// TestPageObservability runs the page's site with tracing as the page says, and finds every span of the page's drawing.
func TestPageObservability(t *testing.T) {
	collected, to := newSpans(t), newTarget(t)
	g := newGateway(t, "ORDERS_TOKEN="+callers)
	var config, drawing string
	for _, b := range blocksOf(t, "docs/observability.md") {
		switch {
		case strings.Contains(b.text, "\ttracing {"):
			config = onThisMachine(b.text, to.URL)
		case b.language == "text":
			drawing = b.text
		}
	}
	// The drawing has all steps, and an asynchronous connector beside.
	config = strings.Replace(config, "connector orders {", `connector later {
			auth none
			perform POST `+to.URL+`/later
			respond async
		}
		connector orders {
			trigger $payload
			process {
				lookup `+to.URL+`/lookup
				set a 1
			}`, 1)
	g.write("Caddyfile", config)
	r := newReader(t, g, map[string]conduct{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 OTEL_SERVICE_NAME=krosyn caddy run --config Caddyfile": {
			serves: true,
		},
	})
	r.places = append(r.places, "http://localhost:4318", collected.URL)
	r.env = append(r.env, "OTEL_BSP_SCHEDULE_DELAY=20")
	r.read("docs/observability.md")

	trace := func(event *reply) string {
		id, _ := event.json("trace_id").(string)
		return id
	}
	now := trace(g.event(g.post("/api/v1/connectors/orders/trigger", `{"ok":true}`, bearer)))
	later := trace(g.status(g.accepted("later", `{}`), "completed"))
	for _, path := range drawn(drawing) {
		name := path[strings.LastIndex(path, "/")+1:]
		g.wait("the span "+path, func() bool {
			return collected.path(now, name) == path || collected.path(later, name) == path
		})
	}
}

// drawn are the paths of a drawing of a tree, a level of which is three signs wide.
func drawn(tree string) (paths []string) {
	var path []string
	for line := range strings.Lines(tree) {
		name := strings.TrimLeft(line, "│├└─ ")
		depth := (len([]rune(line)) - len([]rune(name))) / 3
		name, _, _ = strings.Cut(name, "  ")
		path = append(path[:depth:depth], strings.TrimSpace(name))
		paths = append(paths, strings.Join(path, "/"))
	}
	return paths
}
