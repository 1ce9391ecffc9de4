package command

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/outbound"
)

// breakersCommand is `caddy krosyn breakers`.
func breakersCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "breakers <command>",
		Short: "Lists and resets circuit breakers",
		Long: `
Looks after the circuit breakers of a running gateway, which stop requests to
targets that fail.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listBreakersCommand(api), resetBreakersCommand(api))
	return cmd
}

func listBreakersCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "Lists circuit breakers and how they stand",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := api.ask(http.MethodGet, pathOf("breakers"), nil)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, func(out *screen, list *struct {
				Breakers []outbound.BreakerState `json:"breakers"`
			}) error {
				type breaker = outbound.BreakerState
				return printTable(out, list.Breakers, []column[breaker]{
					{title: "CONNECTOR", least: 9, cell: func(b breaker) string { return b.Connector }},
					{
						title: "STATE", cell: func(b breaker) string { return b.State },
						colour: func(b breaker) colour { return breakerColour(&b) },
					},
					{title: "FAILURES", right: true, cell: func(b breaker) string { return strconv.Itoa(b.Failures) }},
					{title: "TRIES AGAIN", cell: func(b breaker) string { return moment(b.RetryAt, "") }},
					{title: "URL", least: 12, cell: func(b breaker) string { return b.URL }},
				})
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func resetBreakersCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "reset [CONNECTOR] [--reason TEXT] [--json]",
		Short:             "Closes the breaker of a connector, or all of them",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := map[string]string{}
			if len(args) == 1 {
				if args[0] == "" {
					return misuse("the name of the connector is empty")
				}
				request["connector"] = args[0]
			}
			text, err := api.ask(http.MethodPost, pathOf("breakers", "reset"), request)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, func(out *screen, answer *struct {
				Reset int `json:"reset"`
			}) error {
				_, err := fmt.Fprintf(out, "%s closed.\n", counted(answer.Reset, "breaker"))
				return err
			})
		},
	}
	api.addReason(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}
