package command

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/app"
)

// rejectionsCommand is `caddy krosyn rejections`.
func rejectionsCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "rejections <command>",
		Short: "Lists requests that were turned away, and why",
		Long: `
Tells which requests a running gateway has turned away before they became
events: a wrong or missing token, a signature that does not hold, a rate limit.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listRejectionsCommand(api))
	return cmd
}

func listRejectionsCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--connector NAME] [--reason REASON] [--limit N] [--json]",
		Short: "Lists the latest rejections, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := asked(cmd.Flags(), "connector", "reason", "limit")
			if err != nil {
				return err
			}
			path := withQuery(pathOf("rejections"), query)
			text, err := api.ask(http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			var list rejectionList
			if err := decode(http.MethodGet, path, text, &list); err != nil {
				return err
			}
			if err := printAnswer(cmd, asJSON, text, printRejections); err != nil {
				return err
			}
			if len(list.Rejections) == 0 {
				return told("no rejection is selected")
			}
			return nil
		},
	}
	cmd.Flags().String("connector", "", "requests to this connector")
	completes(cmd, "connector", api.connectorNames)
	cmd.Flags().String("reason", "", "missing_token, invalid_token, expired_token, origin, signature, disabled, body, …")
	cmd.Flags().String("limit", "", "how many, 1 to 500 (default 50)")
	addJSON(cmd, &asJSON)
	return cmd
}

type rejectionList struct {
	Rejections []app.Rejection `json:"rejections"`
}

func printRejections(out *screen, list *rejectionList) error {
	if len(list.Rejections) == 0 {
		_, err := fmt.Fprintln(out, "No rejections.")
		return err
	}
	type rejection = app.Rejection
	return printTable(out, list.Rejections, []column[rejection]{
		{title: "AT", cell: func(r rejection) string { return moment(&r.At, "") }},
		{title: "CONNECTOR", least: 9, cell: func(r rejection) string { return r.Connector }},
		{title: "REASON", cell: func(r rejection) string { return r.Reason }},
		{title: "FROM", least: 9, cell: func(r rejection) string { return r.RemoteIP }},
		{title: "MESSAGE", least: 12, cell: func(r rejection) string { return r.Message }},
	})
}
