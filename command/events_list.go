package command

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

// maxPage is the longest page that the API gives.
const maxPage = "500"

func listEventsCommand(api *adminAPI) *cobra.Command {
	var asJSON, all, watch bool
	parameters := []string{"connector", "status", "since", "until", "search", "limit", "cursor"}
	cmd := &cobra.Command{
		Use:   "list [--connector NAME] [--status STATUS] [--since TIME] [--until TIME] [--search TEXT] [--all] [--json]",
		Short: "Lists events, newest first",
		Long: `
Lists events, newest first: the latest 50, as many as --limit says, or --all of
those that the filters select. A table is as wide as the terminal; in a pipe
nothing is shortened.

With --watch the list is drawn again every two seconds.
` + exitCodes + `No event to list is exit code 1.
`,
		Example: `  caddy krosyn events list --status failed --since 1h
  caddy krosyn events list --connector orders --search ORD-12345 --all
  if caddy krosyn events list --status failed --since 5m >/dev/null; then page; fi`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := asked(cmd.Flags(), parameters...)
			if err != nil {
				return err
			}
			out := screenOf(cmd.OutOrStdout())
			switch {
			case all && asJSON:
				return api.dumpEvents(out, query)
			case all:
				return api.listAll(out, query)
			case watch:
				return watched(cmd.Context(), out, func(out *screen) error {
					_, err := api.listPage(out, query)
					return err
				})
			case asJSON:
				return api.dumpPage(out, query)
			}
			page, err := api.listPage(out, query)
			if err == nil && page.NextCursor != nil {
				cmd.PrintErrf("There are more: --all lists them, --cursor %s goes on.\n", page.NextCursor)
			}
			return err
		},
	}
	addFilters(cmd, api, parameters[:5]...)
	cmd.Flags().String("limit", "", "how many events, 1 to 500 (default 50); with --all, how many are asked for at a time")
	cmd.Flags().String("cursor", "", "go on from where another list ended: its next_cursor")
	cmd.Flags().BoolVar(&all, "all", false, "list all events that the filters select")
	addWatch(cmd, &watch)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the admin API")
	cmd.MarkFlagsMutuallyExclusive("all", "watch")
	cmd.MarkFlagsMutuallyExclusive("json", "watch")
	return cmd
}

// eventPage is a page of the API's list.
type eventPage struct {
	Events     []event.Summary `json:"events"`
	NextCursor *event.ID       `json:"next_cursor"`
}

var errNoEvents = told("no event is selected")

// listPage prints a page as a table.
func (a *adminAPI) listPage(out *screen, query url.Values) (*eventPage, error) {
	var page eventPage
	if err := a.get(withQuery(pathOf("events"), query), &page); err != nil {
		return nil, err
	}
	if len(page.Events) == 0 && page.NextCursor == nil {
		fmt.Fprintln(out, "No events.")
		return &page, errNoEvents
	}
	return &page, printEvents(out, page.Events)
}

// dumpPage prints a page as the API gave it.
func (a *adminAPI) dumpPage(out io.Writer, query url.Values) error {
	path := withQuery(pathOf("events"), query)
	text, err := a.ask(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	var page eventPage
	if err := decode(http.MethodGet, path, text, &page); err != nil {
		return err
	}
	if err := printJSON(out, text); err != nil {
		return err
	}
	if len(page.Events) == 0 {
		return errNoEvents
	}
	return nil
}

// pages asks for one page after the other.
func (a *adminAPI) pages(query url.Values, show func(*rawPage) error) error {
	if !query.Has("limit") {
		query.Set("limit", maxPage)
	}
	for {
		var page rawPage
		if err := a.get(withQuery(pathOf("events"), query), &page); err != nil {
			return err
		}
		if err := show(&page); err != nil || page.NextCursor == nil {
			return err
		}
		query.Set("cursor", *page.NextCursor)
	}
}

// rawPage is a page whose events are as the API gave them.
type rawPage struct {
	Events     []json.RawMessage `json:"events"`
	NextCursor *string           `json:"next_cursor"`
}

// dumpEvents prints all pages as one document.
func (a *adminAPI) dumpEvents(out io.Writer, query url.Values) error {
	n := 0
	err := a.pages(query, func(page *rawPage) error {
		for _, e := range page.Events {
			before := ","
			if n == 0 {
				before = `{"events":[`
			}
			if _, err := fmt.Fprint(out, before, printableJSON(e)); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Fprintln(out, `{"events":[],"next_cursor":null}`)
		return errNoEvents
	}
	_, err = fmt.Fprintln(out, `],"next_cursor":null}`)
	return err
}

// listAll prints all pages as tables of the same form below each other.
func (a *adminAPI) listAll(out *screen, query url.Values) error {
	n := 0
	err := a.pages(query, func(page *rawPage) error {
		if len(page.Events) == 0 {
			return nil
		}
		events := make([]event.Summary, len(page.Events))
		for i, text := range page.Events {
			if err := json.Unmarshal(text, &events[i]); err != nil {
				return fmt.Errorf("reading an event of the list: %w", err)
			}
		}
		n += len(events)
		return printEvents(out, events)
	})
	if err == nil && n == 0 {
		fmt.Fprintln(out, "No events.")
		return errNoEvents
	}
	return err
}
