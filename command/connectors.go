package command

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
)

// connectorsCommand is `caddy krosyn connectors`.
func connectorsCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "connectors <command>",
		Short: "Lists, shows, tests, enables and disables connectors",
		Long: `
Looks after the connectors of a running gateway.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listConnectorsCommand(api), showConnectorCommand(api), tryConnectorCommand(api),
		compareConnectorCommand(api),
		switchConnectorCommand(api, "enable", "Has a connector take requests again", false),
		switchConnectorCommand(api, "disable", "Has a connector refuse requests, over restarts too", true))
	return cmd
}

type connectorList struct {
	Connectors []app.Overview `json:"connectors"`
}

func listConnectorsCommand(api *adminAPI) *cobra.Command {
	var asJSON, watch bool
	cmd := &cobra.Command{
		Use:   "list [--watch] [--json]",
		Short: "Lists the connectors, with their events and breakers",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			draw := func(out *screen) error {
				var list connectorList
				if err := api.get(pathOf("connectors"), &list); err != nil {
					return err
				}
				return printConnectors(out, list.Connectors)
			}
			if watch {
				return watched(cmd.Context(), screenOf(cmd.OutOrStdout()), draw)
			}
			if !asJSON {
				return draw(screenOf(cmd.OutOrStdout()))
			}
			text, err := api.ask(http.MethodGet, pathOf("connectors"), nil)
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), text)
		},
	}
	addWatch(cmd, &watch)
	addJSON(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("json", "watch")
	return cmd
}

func printConnectors(out *screen, list []app.Overview) error {
	type connector = app.Overview
	count := func(status event.Status) column[connector] {
		c := column[connector]{title: strings.ToUpper(string(status)), right: true, cell: func(c connector) string {
			return strconv.FormatInt(c.Events[status], 10)
		}}
		if status == event.Failed {
			c.colour = func(c connector) colour {
				if c.Events[event.Failed] == 0 {
					return plain
				}
				return red
			}
		}
		return c
	}
	columns := []column[connector]{
		{title: "NAME", cell: func(c connector) string { return c.Name }},
		{
			title: "STATE", cell: stateOf, colour: func(c connector) colour {
				if c.Disabled {
					return yellow
				}
				return plain
			},
		},
		count(event.Completed), count(event.Skipped), count(event.Failed), count(event.Pending),
		{
			title: "BREAKER", cell: func(c connector) string {
				if c.Breaker == nil {
					return "-"
				}
				return c.Breaker.State
			},
			colour: func(c connector) colour { return breakerColour(c.Breaker) },
		},
	}
	description := column[connector]{
		title: "DESCRIPTION", least: 11, cell: func(c connector) string { return c.Description },
	}
	return printTable(out, list, append(slices.Clone(columns), description), columns)
}

func stateOf(c app.Overview) string {
	if c.Disabled {
		return "disabled"
	}
	return "enabled"
}

func breakerColour(b *outbound.BreakerState) colour {
	switch {
	case b == nil || b.State == outbound.BreakerClosed:
		return plain
	case b.State == outbound.BreakerOpen:
		return red
	}
	return yellow
}

func showConnectorCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show NAME [--json]",
		Short:             "Shows a connector, with its definition",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := api.ask(http.MethodGet, pathOf("connectors", args[0]), nil)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, showConnector)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func showConnector(out *screen, c *app.Overview) error {
	p := newPage(out)
	p.line("Connector", c.Name)
	p.line("", c.Description)
	state := stateOf(*c)
	if c.DisabledBy != "" {
		state += " by " + c.DisabledBy
	}
	p.line("State", state)
	var counts []string
	for _, status := range event.Statuses {
		counts = append(counts, fmt.Sprintf("%d %s", c.Events[status], status))
	}
	p.line("Events", strings.Join(counts, ", "))
	if b := c.Breaker; b != nil {
		p.painted("Breaker", breakerText(b), breakerColour(b))
	}
	p.line("Config", c.Config)
	for _, e := range c.Endpoints {
		p.section("Endpoint "+e.Name, "")
		for _, path := range e.Paths {
			p.print("  " + printable(path) + "\n")
		}
		p.print("  " + printable(credentialsOf(&e)) + "\n")
	}
	p.body("Definition", "", c.Definition)
	return p.err
}

func breakerText(b *outbound.BreakerState) string {
	text := fmt.Sprintf("%s, %s in a row", b.State, counted(b.Failures, "failure"))
	if b.RetryAt != nil {
		text += ", tries again at " + moment(b.RetryAt, "")
	}
	return text
}

// credentialsOf says how callers of an endpoint authenticate.
func credentialsOf(e *app.EndpointOverview) string {
	has := map[string]bool{
		counted(e.BearerTokens, "bearer token"):         e.BearerTokens > 0,
		counted(e.SecretTokens, "secret token"):         e.SecretTokens > 0,
		"header " + strings.Join(e.SecretHeaders, ", "): len(e.SecretHeaders) > 0,
		"auth " + e.Auth: e.Auth != "",
		"from " + strings.Join(e.AllowOrigins, ", "): len(e.AllowOrigins) > 0,
	}
	if e.ExpiresAt != nil {
		has["until "+e.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z")] = true
	}
	maps.DeleteFunc(has, func(_ string, there bool) bool { return !there })
	if len(has) == 0 {
		return "signature"
	}
	return strings.Join(slices.Sorted(maps.Keys(has)), "; ")
}

func switchConnectorCommand(api *adminAPI, name, short string, disabled bool) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               name + " NAME [--reason TEXT] [--json]",
		Short:             short,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := api.ask(http.MethodPatch, pathOf("connectors", args[0]), map[string]bool{"disabled": disabled})
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, func(out *screen, c *app.Overview) error {
				_, err := fmt.Fprintf(out, "Connector %s is %s.\n", printable(c.Name), stateOf(*c))
				return err
			})
		},
	}
	api.addReason(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}
