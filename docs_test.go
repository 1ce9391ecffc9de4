package krosyn_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	"store":     "{\nkrosyn {\n%\n}\n}\n",

	"encryption_key": "{\nkrosyn {\nstore badger {\n%\n}\n}\n}\n",
	"signature":      ":80 {\nkrosyn {\nconnector a {\n%\n}\n}\n}\n",
}

// TestLinks follows the links between the pages, to the headings that they name.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(link[1], "#")
			to := page
			if path != "" {
				to = filepath.Join(filepath.Dir(page), path)
			}
			target, err := os.ReadFile(to)
			if info, failed := os.Stat(to); failed == nil && info.IsDir() {
				err = nil
			}
			if err != nil {
				t.Errorf("%s links to %s, which is not there", page, link[1])
			} else if anchor != "" && !slices.Contains(anchors(string(target)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", page, link[1])
			}
		}
	}
}

// anchors are the names under which the headings of a page are linked to, as the forges make them.
func anchors(page string) (all []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all = append(all, strings.ReplaceAll(words, " ", "-"))
	}
	return all
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
