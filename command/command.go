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

Those that ask a running gateway find it at Caddy's admin endpoint, of which
--address has the address; check, expr, version and store restore work without
one. Each has --help, and --json where it prints something.
` + exitCodes,
		CobraFunc: build,
	})
}

// build gives `caddy krosyn` its commands.
func build(cmd *cobra.Command) {
	cmd.AddCommand(
		eventsCommand(), connectorsCommand(), breakersCommand(), jobsCommand(), rejectionsCommand(), auditCommand(),
		healthCommand(), tokensCommand(), storeCommand(), checkCommand(), expressionCommand(), versionCommand(),
	)
	finish(cmd)
}
