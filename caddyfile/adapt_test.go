package caddyfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"

	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/gzip"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/zstd"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/krosyn/gateway/store/badger"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/*.caddyfiletest")

// TestAdapt adapts the Caddyfile in the first part of each file and expects the second: JSON, or the exact error.
func TestAdapt(t *testing.T) {
	const rule = "----------\n"
	files, err := filepath.Glob("testdata/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(content), rule)
			if !ok {
				t.Fatal("the file has no rule")
			}
			got := adapt(t, file, input)
			if *update {
				if err := os.WriteFile(file, []byte(input+rule+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs from what is expected (-want +got):\n%s", diff)
			}
		})
	}
}

// adapt gives the indented JSON or the error of a Caddyfile, in which the absolute path of testdata is shortened.
func adapt(t testing.TB, filename, input string) string {
	t.Helper()
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), map[string]any{"filename": filename})
	if err != nil {
		out.WriteString(err.Error())
	} else if err := json.Indent(&out, config, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), testdata, "testdata") + "\n"
}

// folder is a store, for what the adapter does with one.
type folder struct {
	Path string `json:"path,omitempty"`
}

func init() { caddy.RegisterModule(new(folder)) }

func (*folder) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "krosyn.stores.folder", New: func() caddy.Module { return new(folder) }}
}

func (f *folder) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Val() != "path" {
			return d.Errf("unrecognized subdirective %q in folder; allowed: path", d.Val())
		}
		if !d.AllArgs(&f.Path) {
			return d.ArgErr()
		}
	}
	return nil
}
