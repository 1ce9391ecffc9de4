package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

// healthCommand is `caddy krosyn health`.
func healthCommand() *cobra.Command {
	var asJSON, watch bool
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "health [--watch] [--json]",
		Short: "Tells whether a running gateway can accept events",
		Long: `
Tells whether a running gateway can accept events, and how its store and its
queue stand.
` + exitCodes + `A gateway that accepts nothing is exit code 1.
`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return watched(cmd.Context(), screenOf(cmd.OutOrStdout()), func(out *screen) error {
					text, err := api.health()
					if err != nil {
						return err
					}
					var h health
					if err := json.Unmarshal(text, &h); err != nil {
						return err
					}
					return h.show(out)
				})
			}
			text, err := api.health()
			if err != nil {
				return err
			}
			var h health
			if err := decode(http.MethodGet, pathOf("health"), text, &h); err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), text)
			} else {
				err = h.show(screenOf(cmd.OutOrStdout()))
			}
			if err == nil && h.Status != "ok" {
				return told("the gateway is " + h.Status)
			}
			return err
		},
	}
	api.addFlags(cmd)
	addWatch(cmd, &watch)
	addJSON(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("json", "watch")
	return cmd
}

// health is how the gateway stands, as the API says it.
type health struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Store  struct {
		Engine    string `json:"engine"`
		Bytes     int64  `json:"bytes"`
		FreeBytes int64  `json:"free_bytes"`
	} `json:"store"`
	Queue struct {
		Pending         int64 `json:"pending"`
		Leased          int64 `json:"leased"`
		OldestPendingMS int64 `json:"oldest_pending_ms"`
	} `json:"queue"`
}

// health asks how the gateway stands. One that is degraded says so with an error.
func (a *adminAPI) health() ([]byte, error) {
	text, err := a.ask(http.MethodGet, pathOf("health"), nil)
	if refused, ok := errors.AsType[*refusal](err); ok && refused.status == http.StatusServiceUnavailable {
		var h health
		if json.Unmarshal(refused.body, &h) == nil && h.Status != "" {
			return refused.body, nil
		}
	}
	return text, err
}

func (h *health) show(out *screen) error {
	p := newPage(out)
	c := green
	if h.Status != "ok" {
		c = red
	}
	p.painted("Status", h.Status, c)
	p.line("", h.Error)
	if h.Store.Engine != "" {
		used, free := bytesOf(h.Store.Bytes), bytesOf(h.Store.FreeBytes)
		p.line("Store", fmt.Sprintf("%s, %s used, %s free", h.Store.Engine, used, free))
		queue := fmt.Sprintf("%d pending, %d under way", h.Queue.Pending, h.Queue.Leased)
		if h.Queue.OldestPendingMS > 0 {
			queue += ", the oldest due for " + took(float64(h.Queue.OldestPendingMS))
		}
		p.line("Queue", queue)
	}
	return p.err
}
