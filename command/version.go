package command

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
)

const modulePath = "github.com/krosyn/gateway"

// release is the version that the linker was told, see the Makefile: a build from a folder has none of its own.
var release string

// buildInfo is what the binary was built from.
type buildInfo struct {
	// Krosyn is the version of the gateway's module, "(devel)" for one that has none.
	Krosyn   string `json:"krosyn"`
	Revision string `json:"revision,omitempty"`
	// Modified tells that the source was not that of the revision.
	Modified bool   `json:"modified,omitempty"`
	Caddy    string `json:"caddy"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// versionCommand is `caddy krosyn version`.
func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version [--json]",
		Short: "Prints the versions of the gateway, of Caddy and of Go",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := newBuild()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			krosyn := b.Krosyn
			if b.Revision != "" {
				krosyn += " " + b.Revision
			}
			if b.Modified {
				krosyn += " (modified)"
			}
			const lines = "Krosyn Gateway  %s\nCaddy           %s\nGo              %s %s\n"
			_, err := fmt.Fprintf(cmd.OutOrStdout(), lines, krosyn, b.Caddy, b.Go, b.Platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"krosyn": …, "caddy": …, "go": …, "platform": …}`)
	return cmd
}

func newBuild() buildInfo {
	caddyVersion, _ := caddy.Version()
	b := buildInfo{
		Krosyn: "(devel)", Caddy: caddyVersion, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, module := range info.Deps {
		if module.Path == modulePath {
			b.Krosyn = module.Version // built by xcaddy: the gateway is a plugin of another main module
		}
	}
	if info.Main.Path != modulePath {
		return b
	}
	if version := cmp.Or(release, info.Main.Version); version != "" {
		b.Krosyn = version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}
