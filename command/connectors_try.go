package command

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

func tryConnectorCommand(api *adminAPI) *cobra.Command {
	var (
		payload, lookup, id string
		asJSON              bool
	)
	cmd := &cobra.Command{
		Use:   "test NAME [--payload FILE | --event ID] [--lookup FILE] [--json]",
		Short: "Runs a connector without sending anything, step by step",
		Long: `
Takes the steps of a connector and sends nothing, neither the lookup nor the
request: on a payload, on that of a stored event or, without either, on the
connector's example. --lookup has what the lookup would have answered. FILE is -
for the standard input. Secrets are [REDACTED].
` + exitCodes + `A step that fails is exit code 1.
`,
		Example: `  caddy krosyn connectors test orders --payload order.json
  caddy krosyn connectors test orders --event 0199f0c4-…`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := make(map[string]any)
			for field, file := range map[string]string{"payload": payload, "lookup": lookup} {
				if !cmd.Flags().Changed(field) {
					continue
				}
				text, err := readInput(cmd.InOrStdin(), file)
				if err != nil {
					return fmt.Errorf("--%s: %w", field, err)
				}
				if !json.Valid(text) {
					return misuse("--%s: %q is not JSON", field, file)
				}
				request[field] = text
			}
			if cmd.Flags().Changed("event") {
				request["event_id"] = id
			}
			path := pathOf("connectors", args[0], "test")
			text, err := api.ask(http.MethodPost, path, request)
			if err != nil {
				return err
			}
			var steps event.Event
			if err := decode(http.MethodPost, path, text, &steps); err != nil {
				return err
			}
			if err := printAnswer(cmd, asJSON, text, showDryRun); err != nil {
				return err
			}
			if steps.Status == event.Failed {
				return told("a step failed")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&payload, "payload", "", "file with the JSON of the payload")
	cmd.Flags().StringVar(&id, "event", "", "id of the event whose payload it is")
	cmd.Flags().StringVar(&lookup, "lookup", "", "file with the JSON that the lookup would have answered")
	completes(cmd, "event", api.failedEvents)
	cmd.MarkFlagsMutuallyExclusive("payload", "event")
	addJSON(cmd, &asJSON)
	return cmd
}

// showDryRun shows the steps, which are named as those of an event are.
func showDryRun(out *screen, steps *event.Event) error {
	const says = "Dry run: nothing was sent. The status is that of an event whose target answers."
	if _, err := fmt.Fprintln(out, out.paint(yellow, says)); err != nil {
		return err
	}
	return showEvent(out, steps)
}
