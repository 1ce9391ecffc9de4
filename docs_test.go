package krosyn_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/krosyn/gateway"
)

// around is what stands around an example that begins with a directive, so that it is a whole Caddyfile.
var around = map[string]string{
	"connector": ":80 {\nkrosyn {\n%\n}\n}\n",
	"perform":   ":80 {\nkrosyn {\nconnector a {\nauth none\n%\n}\n}\n}\n",
	"trigger":   ":80 {\nkrosyn {\nconnector a {\nauth none\n%\n}\n}\n}\n",
	"endpoint":  ":80 {\nkrosyn {\nconnector a {\n%\n}\n}\n}\n",
	"process":   ":80 {\nkrosyn {\nconnector a {\nauth none\n%\n}\n}\n}\n",
	"signature": ":80 {\nkrosyn {\nconnector a {\n%\n}\n}\n}\n",
}

// TestDocumentation adapts every Caddyfile of the documentation.
func TestDocumentation(t *testing.T) {
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, example := range strings.Split(string(text), "```caddyfile\n")[1:] {
				example, _, closed := strings.Cut(example, "```")
				if !closed {
					t.Fatalf("an example has no end: %s", example)
				}
				adapt(t, example)
			}
		})
	}
}

// pages are the README and every page of docs.
func pages(t *testing.T) []string {
	found := []string{"README.md"}
	err := filepath.WalkDir("docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) < 2 {
		t.Fatal(found, err)
	}
	return found
}

// adapt gives the JSON of an example.
func adapt(t *testing.T, example string) []byte {
	t.Helper()
	first, _, _ := strings.Cut(example, " ")
	if outside, ok := around[first]; ok {
		example = strings.Replace(outside, "%", example, 1)
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(example), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Errorf("%s\ndoes not adapt: %v", example, err)
	}
	return config
}
