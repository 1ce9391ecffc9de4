package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

// The pauses before a connection that was lost is tried again double up to the longest.
const (
	firstReconnect   = time.Second
	longestReconnect = 15 * time.Second
)

func tailCommand(api *adminAPI) *cobra.Command {
	var (
		asJSON bool
		limit  int
	)
	parameters := []string{"connector", "status", "since", "search"}
	cmd := &cobra.Command{
		Use:   "tail [--connector NAME] [--status STATUS] [--since TIME] [--search TEXT] [--limit N] [--json]",
		Short: "Follows events as they finish",
		Long: `
Shows each event when it has finished, until it is interrupted; with --since,
first those that were accepted since then. When the connection is lost, as by a
restart of the gateway, it goes on after the last event that it has shown.
` + exitCodes,
		Example: `  caddy krosyn events tail --status failed
  caddy krosyn events tail --connector orders --json | jq .error.message`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := asked(cmd.Flags(), parameters...)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			t := &tail{
				api: api, query: query, out: screenOf(cmd.OutOrStdout()), asJSON: asJSON, left: limit,
				warn: func(text string) { cmd.PrintErrln(text) },
			}
			if err := t.follow(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	}
	addFilters(cmd, api, parameters...)
	cmd.Flags().IntVar(&limit, "limit", 0, "end after so many events (default never)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each event")
	return cmd
}

// tail follows the stream of events.
type tail struct {
	api    *adminAPI
	query  url.Values
	out    *screen
	warn   func(string)
	asJSON bool
	// left is how many more events are shown; 0 from the beginning on is no bound.
	left int
	// last is the id of the last message.
	last string
	// seen are the latest ids that were shown: after a restart the stream goes back a little further than to the last.
	seen [1024]string
	next int
}

// repeats tells whether an event was shown before.
func (t *tail) repeats(id string) bool {
	if slices.Contains(t.seen[:], id) {
		return true
	}
	t.seen[t.next%len(t.seen)] = id
	t.next++
	return false
}

// errEnough ends a tail that has shown as many events as it was to.
var errEnough = errors.New("enough")

// showError is what kept an event from being shown; a new connection would not change that.
type showError struct{ error }

// follow shows events, over lost connections, until the context ends or there were enough. Only the first connection
// has to succeed: from then on the gateway may be away.
func (t *tail) follow(ctx context.Context) error {
	pause, connected := firstReconnect, false
	for {
		asked, reached, err := t.connect(ctx)
		refused, isRefusal := errors.AsType[*refusal](err)
		switch {
		case ctx.Err() != nil:
			return context.Canceled
		case errors.Is(err, errEnough):
			return nil
		case errors.As(err, new(showError)):
			return err
		case !reached && !connected, isRefusal && refused.status < http.StatusInternalServerError:
			return err
		}
		if reached {
			connected, pause = true, cmp.Or(asked, firstReconnect)
		}
		t.warn("The connection is lost: " + printable(err.Error()) + ". Trying again…")
		select {
		case <-ctx.Done():
			return context.Canceled
		case <-time.After(pause):
			pause = min(2*pause, longestReconnect)
		}
	}
}

// connect shows events until the connection ends, and tells whether there was one, and after how long the stream asked
// to be connected again.
func (t *tail) connect(ctx context.Context) (again time.Duration, reached bool, err error) {
	headers := http.Header{"Accept": {"text/event-stream"}}
	if t.last != "" {
		headers.Set("Last-Event-ID", t.last)
	}
	resp, err := t.api.open(http.MethodGet, withQuery(pathOf("events", "stream"), t.query), headers, nil)
	if err != nil {
		return 0, false, err
	}
	defer resp.Body.Close()
	// The body of a stream ends for whoever closes it.
	defer context.AfterFunc(ctx, func() { _ = resp.Body.Close() })()
	stream := newMessages(resp.Body)
	for {
		next, err := stream.next()
		if err != nil {
			return stream.retry, true, err
		}
		if next.id != "" {
			t.last = next.id
		}
		if next.isEvent() && t.repeats(next.id) {
			continue
		}
		if err := t.show(&next); err != nil {
			return 0, true, showError{err}
		}
		if t.left > 0 && next.isEvent() {
			if t.left--; t.left == 0 {
				return 0, true, errEnough
			}
		}
	}
}

// show prints a message: an event, or that some are missing.
func (t *tail) show(m *message) error {
	if !m.isEvent() {
		var gap struct {
			Message string     `json:"message"`
			Since   event.Time `json:"since"`
		}
		if m.kind == "gap" && json.Unmarshal([]byte(m.data), &gap) == nil {
			t.warn(printable(gap.Message) + ": " + moment(&gap.Since, ""))
		}
		return nil
	}
	if t.asJSON {
		return printJSON(t.out, []byte(m.data))
	}
	var e event.Summary
	if err := json.Unmarshal([]byte(m.data), &e); err != nil {
		return fmt.Errorf("reading an event of the stream: %w", err)
	}
	_, err := fmt.Fprintln(t.out, t.line(&e))
	return err
}

// isEvent tells a message with an event from one about the stream.
func (m *message) isEvent() bool { return event.Status(m.kind).Valid() }

// line is an event in a line that fits the screen.
func (t *tail) line(e *event.Summary) string {
	before := moment(&e.ReceivedAt, "") + gap
	status := fmt.Sprintf("%-9s", e.Status)
	after := fmt.Sprintf("  %s  %s", e.ID, printable(e.Connector))
	if e.ResponseStatus != 0 {
		after += fmt.Sprintf("  %d", e.ResponseStatus)
	}
	after += "  " + took(e.DurationMS)
	if e.Error != nil {
		after += "  " + printable(errorOf(e))
	}
	if t.out.isTerminal() {
		// An id stays whole on a narrow terminal: it stands within the first 69 columns.
		after = shorten(after, max(t.out.columns-cells(before)-cells(status), 40))
	}
	return before + t.out.paint(colourOf(e.Status), status) + after
}
