package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestPageInstall installs what is in the repository, with stand-ins for the programs that would do it to the machine,
// and backs a running gateway up.
func TestPageInstall(t *testing.T) {
	to := newTarget(t)
	g := start(t, storeConfig("/store", to.URL))
	r := newReader(t, g, map[string]conduct{
		"caddy krosyn store backup krosyn-2026-11-22.backup": {
			prints: "krosyn-2026-11-22.backup has 60 B in 0 entries.",
		},
	})
	r.folder("etc/systemd/system")
	r.folder("secrets")
	var credentials []string
	credential := regexp.MustCompile(`/run/credentials/krosyn\.service/secret_([\w-]+)\}`)
	r.caddyfile = func(text string) {
		for _, found := range credential.FindAllStringSubmatch(text, -1) {
			credentials = append(credentials, found[1])
		}
	}
	r.read("docs/install.md")
	for _, name := range credentials {
		if secret, err := os.ReadFile(filepath.Join(g.folder, "etc/krosyn/secrets", name)); err != nil || len(secret) == 0 {
			t.Errorf("the page's Caddyfile reads a secret that its commands have not made: %v", err)
		}
	}
	if len(credentials) == 0 {
		t.Error("the page's Caddyfile reads no secret")
	}
}
