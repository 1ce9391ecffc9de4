package command

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/app"
)

func compareConnectorCommand(api *adminAPI) *cobra.Command {
	var (
		definition string
		events     int
		asJSON     bool
	)
	cmd := &cobra.Command{
		Use:   "compare NAME --definition FILE [--events N] [--json]",
		Short: "Tells for which stored events another definition would do something else",
		Long: `
Tries a candidate definition and the present one on the latest events of a
connector, without sending anything, and lists those for which they do not do
the same. The definition is the connector's JSON, as 'caddy adapt' gives it in
the handler's "connector"; - is the standard input.
` + exitCodes + `An event for which something would change is exit code 1.
`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(api.connectorNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			candidate, err := readInput(cmd.InOrStdin(), definition)
			if err != nil {
				return fmt.Errorf("--definition: %w", err)
			}
			request := map[string]any{"definition": candidate}
			if cmd.Flags().Changed("events") {
				request["n"] = events
			}
			path := pathOf("connectors", args[0], "compare")
			text, err := api.ask(http.MethodPost, path, request)
			if err != nil {
				return err
			}
			var result app.Comparison
			if err := decode(http.MethodPost, path, text, &result); err != nil {
				return err
			}
			if err := printAnswer(cmd, asJSON, text, showComparison); err != nil {
				return err
			}
			if result.Changed > 0 {
				return told("something would change")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&definition, "definition", "", "file with the candidate definition")
	cmd.Flags().IntVar(&events, "events", 0, "on how many events (default 100)")
	if err := cmd.MarkFlagRequired("definition"); err != nil {
		panic(err) // the flag does not exist
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func showComparison(out *screen, c *app.Comparison) error {
	says := fmt.Sprintf("Of %s, %d would change.", counted(c.Compared, "event"), c.Changed)
	if c.WithoutPayload > 0 {
		says += fmt.Sprintf(" %s without a stored payload were passed over.", counted(c.WithoutPayload, "event"))
	}
	if c.Unstable > 0 {
		says += fmt.Sprintf(" For %s the present definition gives something else each time.", counted(c.Unstable, "event"))
	}
	if _, err := fmt.Fprintln(out, says); err != nil || len(c.Differences) == 0 {
		return err
	}
	return printTable(out, c.Differences, []column[app.Difference]{
		{title: "ID", cell: func(d app.Difference) string { return d.EventID.String() }},
		{title: "WAS", cell: func(d app.Difference) string { return string(d.Current.Status) }},
		{title: "WOULD BE", cell: func(d app.Difference) string { return string(d.Candidate.Status) }},
		{title: "CHANGES", least: 10, cell: func(d app.Difference) string { return strings.Join(d.Changes, ", ") }},
	})
}
