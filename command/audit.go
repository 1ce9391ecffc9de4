package command

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/audit"
)

// auditCommand is `caddy krosyn audit`.
func auditCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "audit <command>",
		Short: "Lists what was changed in a running gateway",
		Long: `
Tells what was changed through the admin API of a running gateway: when, from
where and why.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listAuditCommand(api))
	return cmd
}

func listAuditCommand(api *adminAPI) *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "list [--action ACTION] [--since TIME] [--until TIME] [--limit N] [--all] [--json]",
		Short: "Lists changes, newest first",
		Long: `
Lists changes, newest first: the latest 50, as many as --limit says, or --all;
--all with --json is a line for each.
` + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := asked(cmd.Flags(), "action", "since", "until", "limit", "cursor")
			if err != nil {
				return err
			}
			if all && asJSON {
				query.Del("limit")
				return api.exportAudit(cmd, query)
			}
			return api.listAudit(cmd, query, all, asJSON)
		},
	}
	cmd.Flags().String("action", "", "changes of this kind, such as connector.disable")
	completes(cmd, "action", words(audit.Actions))
	cmd.Flags().String("since", "", "changes since then: 15m, 2d or an RFC 3339 time")
	cmd.Flags().String("until", "", "changes before then: 15m, 2d or an RFC 3339 time")
	cmd.Flags().String("limit", "", "how many changes, 1 to 500 (default 50)")
	cmd.Flags().String("cursor", "", "go on from where another list ended: its next_cursor")
	cmd.Flags().BoolVar(&all, "all", false, "list all changes")
	addJSON(cmd, &asJSON)
	return cmd
}

// auditPage is a page of the API's list.
type auditPage struct {
	Entries    []audit.Entry `json:"entries"`
	NextCursor *string       `json:"next_cursor"`
}

func (a *adminAPI) listAudit(cmd *cobra.Command, query url.Values, all, asJSON bool) error {
	if all {
		query.Set("limit", maxPage)
	}
	out, found := screenOf(cmd.OutOrStdout()), 0
	for {
		path := withQuery(pathOf("audit"), query)
		text, err := a.ask(http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var page auditPage
		if err := decode(http.MethodGet, path, text, &page); err != nil {
			return err
		}
		found += len(page.Entries)
		switch {
		case asJSON:
			err = printJSON(out, text)
		case len(page.Entries) > 0:
			err = printAudit(out, page.Entries)
		}
		if err != nil {
			return err
		}
		if !all || page.NextCursor == nil {
			break
		}
		query.Set("cursor", *page.NextCursor)
	}
	if found == 0 {
		if !asJSON {
			fmt.Fprintln(out, "No changes.")
		}
		return told("no change is selected")
	}
	return nil
}

// exportAudit prints a line of JSON for each change.
func (a *adminAPI) exportAudit(cmd *cobra.Command, query url.Values) error {
	text, err := a.ask(http.MethodGet, withQuery(pathOf("audit", "export"), query), nil)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return told("no change is selected")
	}
	return printJSON(cmd.OutOrStdout(), text)
}

func printAudit(out *screen, entries []audit.Entry) error {
	change := func(e audit.Entry) string {
		if before := string(e.Before); before != "null" && before != "" {
			return before + " → " + string(e.After)
		}
		return string(e.After)
	}
	var (
		at     = column[audit.Entry]{title: "AT", cell: func(e audit.Entry) string { return moment(&e.At, "") }}
		age    = column[audit.Entry]{title: "AGE", cell: func(e audit.Entry) string { return ago(out.now().Sub(e.At.Time)) }}
		remote = column[audit.Entry]{title: "FROM", least: 9, cell: func(e audit.Entry) string {
			if e.User != "" {
				return e.User + " at " + e.Remote
			}
			return e.Remote
		}}
		action  = column[audit.Entry]{title: "ACTION", cell: func(e audit.Entry) string { return string(e.Action) }}
		subject = column[audit.Entry]{title: "SUBJECT", least: 12, cell: func(e audit.Entry) string { return e.Subject }}
		changed = column[audit.Entry]{title: "CHANGE", least: 8, cell: change}
		reason  = column[audit.Entry]{title: "REASON", least: 8, cell: func(e audit.Entry) string { return e.Reason }}
	)
	return printTable(out, entries,
		[]column[audit.Entry]{at, remote, action, subject, changed, reason},
		[]column[audit.Entry]{age, remote, action, subject, reason})
}
