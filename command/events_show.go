package command

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

func showEventCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID [--json]",
		Short: "Shows an event, step by step",
		Long: `
Shows all that is known of an event: why it failed or was skipped, what came in,
what each step made of it, what was sent, and each attempt.
`,
		Example:           `  caddy krosyn events show 0199f0c4-…`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: first(api.failedEvents),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := api.ask(http.MethodGet, pathOf("events", args[0]), nil)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, showEvent)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print the answer of the admin API")
}

// printAnswer prints an answer of the API as JSON, or has it shown.
func printAnswer[T any](cmd *cobra.Command, asJSON bool, text []byte, show func(*screen, *T) error) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), text)
	}
	var answer T
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("reading the answer of the admin API: %w", err)
	}
	return show(screenOf(cmd.OutOrStdout()), &answer)
}

// showEvent shows an event. Parts that it does not have are left out, so a dry run can be shown as one too.
func showEvent(out *screen, e *event.Event) error {
	p := newPage(out)
	if !e.ID.IsZero() {
		p.line("Event", e.ID.String())
	}
	p.line("Connector", e.Connector+endpointOf(e))
	p.painted("Status", string(e.Status), colourOf(e.Status))
	if e.Error != nil {
		p.painted("Error", e.Error.Message, red)
		p.line("", e.Error.Detail)
		p.line("", fmt.Sprintf("step %s, code %s", e.Error.Step, e.Error.Code))
	}
	if !e.ReceivedAt.IsZero() {
		p.line("Received", fmt.Sprintf("%s, took %s", moment(&e.ReceivedAt, ""), took(e.DurationMS)))
	}
	if e.NextAttemptAt != nil {
		p.line("Next try", moment(e.NextAttemptAt, ""))
	}
	if e.Depth > 0 {
		p.line("Depth", counted(e.Depth, "execution")+" led to this one")
	}
	if e.RetryOf != nil {
		p.line("Retry of", e.RetryOf.String())
	}
	for _, id := range e.RetriedBy {
		p.line("Retried by", id.String())
	}
	p.line("Trace", e.TraceID)
	p.line("Config", e.Config)
	p.request(e)
	p.trigger(e.Trigger)
	p.lookup(e.Lookup)
	p.body("Processed", "", e.Processed)
	if o := e.Outbound; o != nil {
		p.section("Request to the target", o.Method+" "+o.URL)
		p.headers(o.Headers)
		p.json(o.Body, o.Encoding, o.Truncated)
	}
	p.attempts(e.Attempts)
	if r := e.Response; r != nil {
		p.section("Answer of the target", strconv.Itoa(r.Status))
		p.headers(r.Headers)
		p.json(r.Body, r.Encoding, r.Truncated)
	}
	return p.err
}

func endpointOf(e *event.Event) string {
	if e.Endpoint == "" {
		return ""
	}
	return ", endpoint " + e.Endpoint
}

func (p *page) request(e *event.Event) {
	r := e.Request
	if r == nil {
		p.body("Payload", "", e.Payload)
		return
	}
	path := r.Path
	if r.Query != "" {
		path += "?" + r.Query
	}
	p.section("Request", fmt.Sprintf("%s %s from %s", r.Method, path, r.RemoteIP))
	p.headers(r.Headers)
	p.json(e.Payload, "", false)
}

func (p *page) trigger(t *event.Trigger) {
	if t == nil {
		return
	}
	result := "could not be evaluated"
	if t.Result != nil {
		result = strconv.FormatBool(*t.Result)
	}
	p.section("Trigger", result+": "+t.Expression)
	if len(t.Explain) == 0 || p.err != nil {
		return
	}
	p.table(func(out *screen) error {
		return printTable(out, t.Explain, []column[event.Explanation]{
			{title: "EXPRESSION", least: 12, cell: func(e event.Explanation) string { return e.Expression }},
			{title: "VALUE", least: 12, cell: func(e event.Explanation) string { return string(e.Value) }},
		})
	})
}

func (p *page) lookup(l *event.Lookup) {
	if l == nil || l.Request == nil {
		return
	}
	p.section("Lookup", l.Request.Method+" "+l.Request.URL)
	p.headers(l.Request.Headers)
	switch {
	case l.Response != nil:
		p.print(fmt.Sprintf("  answered %d after %s\n", l.Response.Status, took(l.DurationMS)))
		p.json(l.Response.Body, l.Response.Encoding, l.Response.Truncated)
	case l.DurationMS == 0 && l.Error == "":
		const says = "not sent: a dry run sends nothing, and $lookup is what it was given, else null"
		p.print("  " + p.paint(yellow, says) + "\n")
	}
	if l.Error != "" {
		p.print("  " + p.paint(red, printable(l.Error)) + "\n")
	}
}

func (p *page) attempts(attempts []event.Attempt) {
	if len(attempts) == 0 || p.err != nil {
		return
	}
	p.section("Attempts", "")
	n := 0
	rows := make([]numbered, len(attempts))
	for i, a := range attempts {
		n++
		rows[i] = numbered{a, n}
	}
	p.table(func(out *screen) error {
		return printTable(out, rows, []column[numbered]{
			{title: "#", right: true, cell: func(a numbered) string { return strconv.Itoa(a.n) }},
			{title: "AT", cell: func(a numbered) string { return moment(&a.At, "") }},
			{title: "TOOK", right: true, cell: func(a numbered) string { return took(a.DurationMS) }},
			{title: "HTTP", cell: func(a numbered) string { return number(a.Status) }},
			{title: "PAUSE", right: true, cell: func(a numbered) string {
				if a.RetryAfterMS == 0 {
					return ""
				}
				return took(float64(a.RetryAfterMS))
			}},
			{title: "ERROR", least: 12, cell: func(a numbered) string {
				switch {
				case a.Error == nil:
					return ""
				case a.Class == "" || strings.HasPrefix(*a.Error, a.Class):
					return *a.Error
				}
				return a.Class + ": " + *a.Error
			}},
		})
	})
}

type numbered struct {
	event.Attempt
	n int
}
