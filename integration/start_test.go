package integration

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStart goes through docs/start.md as its reader does, and adds the blocks `caddyfile` to the end of the
// configuration.
func TestStart(t *testing.T) {
	r := cloned(t, map[string]conduct{"go build -o caddy ./cmd/caddy": {serves: true}})
	r.caddyfile = func(site string) {
		config, err := os.OpenFile(filepath.Join(r.g.folder, "examples/Caddyfile"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer config.Close()
		if _, err := config.WriteString("\n" + site); err != nil {
			t.Fatal(err)
		}
	}
	r.read("docs/start.md")
}

// TestPageReadme does what the README says, from the first start to the build.
func TestPageReadme(t *testing.T) {
	r := cloned(t, nil)
	r.unsaid = map[string]conduct{
		"go run ./cmd/caddy run --config examples/Caddyfile": {serves: true},
		"curl 'localhost:2019/krosyn/events?limit=1'": {
			prints: `{"events":[{"id":"0199f0c4-…", … "status":"completed", … }], … }
				{"id":"0199f0c4-…", … "payload":{ … }, … }`,
		},
		"curl 'localhost:2019/krosyn/events?status=failed'": {
			prints: `{"events":[{"id":"0199f0d2-…", … }], … }
				{"id":"0199f0d3-…", … "retry_of":"0199f0d2-…", … }`,
		},
	}
	r.read("README.md")
}

// cloned is a reader with the examples, at free ports.
func cloned(t *testing.T, unsaid map[string]conduct) *reader {
	t.Helper()
	r := newReader(t, newGateway(t), unsaid)
	for _, address := range []string{"localhost:8081", "localhost:8082", "localhost:8083"} {
		r.places = append(r.places, address, freeAddress(t))
	}
	r.folder("examples")
	for _, name := range []string{"examples/Caddyfile", "examples/order.json"} {
		r.g.write(name, r.here(shipped(t, filepath.Join("..", name))))
	}
	return r
}
