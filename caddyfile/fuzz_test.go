package caddyfile

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// FuzzAdapt adapts any text, alone or within a block. Whatever the text is, there is JSON or an error.
func FuzzAdapt(f *testing.F) {
	blocks := slices.Sorted(maps.Keys(within))
	alone := uint8(len(blocks))
	seed := func(pattern string, block func(file string) uint8) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%d files, %v", len(files), err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for text := range strings.SplitSeq(string(content), "\n\n") {
				text, _, _ = strings.Cut(text, "\n----")
				f.Add(text, block(file))
			}
		}
	}
	seed("testdata/*.caddyfiletest", func(string) uint8 { return alone })
	seed("testdata/errors/*.txt", func(file string) uint8 {
		return uint8(slices.Index(blocks, strings.TrimSuffix(filepath.Base(file), ".txt")))
	})
	adapter := caddyconfig.GetAdapter("caddyfile")
	f.Fuzz(func(t *testing.T, text string, block uint8) {
		if strings.Contains(text, "import") {
			t.Skip("an import reads files of the machine")
		}
		if block < alone {
			text = fmt.Sprintf(within[blocks[block]], text)
		}
		config, _, err := adapter.Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
		if err == nil && len(config) == 0 {
			t.Error("neither JSON nor an error")
		}
	})
}
