package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

// selecting are the parameters of a bulk retry that select events.
var selecting = []string{"connector", "since", "until", "error_code"}

func retryCommand(api *adminAPI) *cobra.Command {
	var all, dryRun, yes, detach, asJSON bool
	cmd := &cobra.Command{
		Use: "retry ID… | retry [--connector NAME] [--since TIME] [--until TIME] [--error-code CODE] [--limit N] " +
			"[--rate N] [--dry-run] [--yes]",
		Short: "Retries failed events, one by one or in bulk",
		Long: `
Retries events that have failed: those that are named, each at once, or, as a
job, those that the filters select. --all selects every one. A job retries each
delivery once, and none that was retried with success since.

In bulk the command counts first and asks; where nobody can be asked it needs
--yes. It shows how far the job is and ends with it; interrupted, or with
--detach, it leaves the job running, for 'jobs show' and 'jobs cancel'.
` + exitCodes + `A retry that fails again is exit code 1, and so is one that selects nothing.
`,
		Example: `  caddy krosyn events retry 0199f0c4-…
  caddy krosyn events retry --connector orders --since 2h --dry-run
  caddy krosyn events retry --connector orders --since 2h --rate 10 --yes`,
		ValidArgsFunction: api.failedEvents,
		Args: func(cmd *cobra.Command, args []string) error {
			query, err := asked(cmd.Flags(), selecting...)
			switch {
			case err != nil:
				return err
			case len(args) > 0 && (len(query) > 0 || all):
				return errors.New("name events, or select some: not both")
			case len(args) == 0 && len(query) == 0 && !all:
				return errors.New("name events, or select some with --connector, --since, --until or --error-code; " +
					"--all retries every event that has failed")
			case len(args) > 0 && (dryRun || detach || cmd.Flags().Changed("rate") || cmd.Flags().Changed("limit")):
				return errors.New("--dry-run, --detach, --rate and --limit are for retries in bulk")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return api.retryEach(cmd, args, asJSON)
			}
			request, err := bulkRequest(cmd)
			if err != nil {
				return err
			}
			count, err := api.countRetries(request)
			if err != nil {
				return err
			}
			if dryRun || count == 0 {
				return showCount(cmd, count, asJSON)
			}
			if !yes {
				question := fmt.Sprintf("Retry %s?", counted(count, "failed event"))
				if err := confirm(cmd, question); err != nil {
					return err
				}
			}
			return api.runJob(cmd, request, detach, asJSON)
		},
	}
	addFilters(cmd, api, selecting...)
	cmd.Flags().String("limit", "", "retry the newest so many")
	cmd.Flags().String("rate", "", "how many events per second (default as many as the targets take)")
	cmd.Flags().BoolVar(&all, "all", false, "retry every event that has failed")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "count only")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&detach, "detach", false, "do not wait for the job")
	api.addReason(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}

// retryEach retries events one by one, and goes on after one that cannot be retried.
func (a *adminAPI) retryEach(cmd *cobra.Command, ids []string, asJSON bool) error {
	out := screenOf(cmd.OutOrStdout())
	bad := 0
	for _, id := range ids {
		path := pathOf("events", id, "retry")
		text, err := a.ask(http.MethodPost, path, nil)
		if _, refused := errors.AsType[*refusal](err); refused {
			cmd.PrintErrf("Error: %s: %s\n", printable(id), printableText(err.Error()))
			bad++
			continue
		}
		if err != nil {
			return err
		}
		var made event.Event
		if err := decode(http.MethodPost, path, text, &made); err != nil {
			return err
		}
		if made.Status == event.Failed {
			bad++
		}
		if asJSON {
			if err := printJSON(out, text); err != nil {
				return err
			}
			continue
		}
		line := fmt.Sprintf("%s  %s", made.ID, out.paint(colourOf(made.Status), string(made.Status)))
		if made.Error != nil {
			line += "  " + printable(made.Error.Error())
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	if bad > 0 {
		return told(fmt.Sprintf("%d of %d failed", bad, len(ids)))
	}
	return nil
}

// bulkRequest is the body of a bulk retry that the flags of a command ask for.
func bulkRequest(cmd *cobra.Command) (map[string]any, error) {
	query, err := asked(cmd.Flags(), append([]string{"limit", "rate"}, selecting...)...)
	if err != nil {
		return nil, err
	}
	request := make(map[string]any, len(query))
	for name := range query {
		request[name] = query.Get(name)
	}
	return request, errors.Join(
		makeNumber(request, query, "limit", func(s string) (any, error) { return strconv.Atoi(s) }),
		makeNumber(request, query, "rate", func(s string) (any, error) { return strconv.ParseFloat(s, 64) }),
	)
}

func makeNumber(request map[string]any, query url.Values, name string, parse func(string) (any, error)) (err error) {
	if !query.Has(name) {
		return nil
	}
	if request[name], err = parse(query.Get(name)); err != nil {
		return misuse("--%s %q is no number", name, query.Get(name))
	}
	return nil
}

// countRetries asks how many events a bulk retry would take.
func (a *adminAPI) countRetries(request map[string]any) (int, error) {
	request["dry_run"] = true
	defer delete(request, "dry_run")
	path := pathOf("events", "retry")
	text, err := a.ask(http.MethodPost, path, request)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Count int `json:"count"`
	}
	err = decode(http.MethodPost, path, text, &answer)
	return answer.Count, err
}

func showCount(cmd *cobra.Command, count int, asJSON bool) error {
	out := cmd.OutOrStdout()
	switch {
	case asJSON:
		fmt.Fprintf(out, "{\"count\":%d}\n", count)
	case count == 0:
		fmt.Fprintln(out, "No failed event is selected.")
	default:
		fmt.Fprintf(out, "%s would be retried.\n", counted(count, "failed event"))
	}
	if count == 0 {
		return errNoEvents
	}
	return nil
}

// runJob starts a job and, unless it is detached, waits for its end.
func (a *adminAPI) runJob(cmd *cobra.Command, request map[string]any, detach, asJSON bool) error {
	path := pathOf("events", "retry")
	text, err := a.ask(http.MethodPost, path, request)
	if err != nil {
		return err
	}
	if detach {
		return printAnswer(cmd, asJSON, text, showJob)
	}
	var started job
	if err := decode(http.MethodPost, path, text, &started); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	text, last, err := a.awaitJob(ctx, screenOf(cmd.ErrOrStderr()), started.ID)
	if errors.Is(err, context.Canceled) {
		cmd.PrintErrf("The job goes on: see 'caddy krosyn jobs show %[1]s', or end it with 'jobs cancel %[1]s'.\n", started.ID)
		return told("interrupted")
	}
	if err != nil {
		return err
	}
	if err := printAnswer(cmd, asJSON, text, showJob); err != nil {
		return err
	}
	if last.Failed > 0 || last.State != jobDone {
		return told("not every retry succeeded")
	}
	return nil
}
