// Package command is the command line of the gateway: `caddy krosyn …`.
//
// What it prints is for people, or JSON for programs with --json. It holds no logic of its own: it asks the same code
// that the admin API asks.
package command

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "krosyn",
		Usage: "<command>",
		Short: "Commands of the Krosyn gateway",
		Long: `
Commands for whoever writes connectors and looks after their events.
`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.AddCommand(expressionCommand())
			cmd.AddCommand(tokensCommand())
		},
	})
}
