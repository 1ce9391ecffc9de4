package command

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/krosyn/gateway/event"
)

// jobsCommand is `caddy krosyn jobs`.
func jobsCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "jobs <command>",
		Short: "Lists, shows and cancels bulk retries",
		Long: `
Looks after the bulk retries of a running gateway, which 'events retry' starts.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listJobsCommand(api), showJobCommand(api), cancelJobCommand(api))
	return cmd
}

// job is a bulk retry as the API shows it.
type job struct {
	ID         string         `json:"id"`
	State      string         `json:"state"`
	Total      int            `json:"total"`
	Done       int            `json:"done"`
	Failed     int            `json:"failed"`
	Reasons    map[string]int `json:"reasons"`
	CreatedAt  event.Time     `json:"created_at"`
	FinishedAt *event.Time    `json:"finished_at"`
}

const (
	jobRunning = "running"
	jobDone    = "done"
)

func listJobsCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "Lists bulk retries, those that have ended for a day",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := api.ask(http.MethodGet, pathOf("jobs"), nil)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, func(out *screen, list *struct {
				Jobs []job `json:"jobs"`
			}) error {
				return printTable(out, list.Jobs, []column[job]{
					{title: "ID", cell: func(j job) string { return j.ID }},
					{title: "STATE", cell: func(j job) string { return j.State }},
					{title: "TOTAL", right: true, cell: func(j job) string { return strconv.Itoa(j.Total) }},
					{title: "DONE", right: true, cell: func(j job) string { return strconv.Itoa(j.Done) }},
					{title: "FAILED", right: true, cell: func(j job) string { return strconv.Itoa(j.Failed) }},
					{title: "CREATED", least: 10, cell: func(j job) string { return moment(&j.CreatedAt, "") }},
				})
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func showJobCommand(api *adminAPI) *cobra.Command {
	var asJSON, wait bool
	cmd := &cobra.Command{
		Use:   "show ID [--wait] [--json]",
		Short: "Shows how far a bulk retry is",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !wait {
				text, err := api.ask(http.MethodGet, pathOf("jobs", args[0]), nil)
				if err != nil {
					return err
				}
				return printAnswer(cmd, asJSON, text, showJob)
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			text, _, err := api.awaitJob(ctx, screenOf(cmd.ErrOrStderr()), args[0])
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, showJob)
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it has ended")
	addJSON(cmd, &asJSON)
	return cmd
}

func cancelJobCommand(api *adminAPI) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "cancel ID [--json]",
		Short: "Ends a bulk retry; what was retried stays so",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := api.ask(http.MethodDelete, pathOf("jobs", args[0]), nil)
			if err != nil {
				return err
			}
			return printAnswer(cmd, asJSON, text, showJob)
		},
	}
	api.addReason(cmd)
	addJSON(cmd, &asJSON)
	return cmd
}

// showJob says in a line how a job stands, and in further ones why retries failed.
func showJob(out *screen, j *job) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Job %s is %s: %d of %s retried, %d of them failed.\n", printable(j.ID), printable(j.State),
		j.Done+j.Failed, counted(j.Total, "event"), j.Failed)
	for _, reason := range slices.Sorted(maps.Keys(j.Reasons)) {
		fmt.Fprintf(&text, "  %6d  %s\n", j.Reasons[reason], printable(reason))
	}
	_, err := fmt.Fprint(out, text.String())
	return err
}

// jobPause is how often a job is looked at.
const jobPause = 300 * time.Millisecond

// awaitJob shows how far a job is until it has ended, and gives the API's last answer about it.
func (a *adminAPI) awaitJob(ctx context.Context, progress *screen, id string) ([]byte, *job, error) {
	bar := &progressBar{out: progress}
	defer bar.clear()
	path := pathOf("jobs", id)
	pause := time.NewTicker(jobPause)
	defer pause.Stop()
	for {
		text, err := a.ask(http.MethodGet, path, nil)
		if err != nil {
			return nil, nil, err
		}
		var now job
		if err := decode(http.MethodGet, path, text, &now); err != nil {
			return nil, nil, err
		}
		if now.State != jobRunning {
			return text, &now, nil
		}
		worked := now.Done + now.Failed
		bar.show(worked, now.Total, fmt.Sprintf("%d of %d, %d failed", worked, now.Total, now.Failed))
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-pause.C:
		}
	}
}
