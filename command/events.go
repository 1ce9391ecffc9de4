package command

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/krosyn/gateway/event"
)

// eventsCommand is `caddy krosyn events`.
func eventsCommand() *cobra.Command {
	api := &adminAPI{}
	cmd := &cobra.Command{
		Use:   "events <command>",
		Short: "Lists, shows, follows, retries and exports events",
		Long: `
Looks after the events of a running gateway: the records of what its connectors
did.
` + exitCodes,
	}
	api.addFlags(cmd)
	cmd.AddCommand(listEventsCommand(api), showEventCommand(api), tailCommand(api), retryCommand(api), exportCommand(api))
	return cmd
}

// filterUsage is what each filter of events is for, by its flag, which has the name of the API's parameter.
var filterUsage = map[string]string{
	"connector":  "events of this connector",
	"status":     "events of this status: completed, skipped, failed or pending",
	"since":      "events accepted since then: 15m, 2d or an RFC 3339 time",
	"until":      "events accepted before then: 15m, 2d or an RFC 3339 time",
	"search":     "events that have this text in them",
	"error_code": "events that failed with this code: perform_failed, lookup_failed, …",
}

// addFilters gives a command flags that select events.
func addFilters(cmd *cobra.Command, api *adminAPI, names ...string) {
	for _, name := range names {
		cmd.Flags().String(flagOf(name), "", filterUsage[name])
		switch name {
		case "connector":
			completes(cmd, name, api.connectorNames)
		case "status":
			completes(cmd, name, words(event.Statuses))
		case "error_code":
			completes(cmd, flagOf(name), words(event.Codes))
		}
	}
}

func flagOf(parameter string) string { return strings.ReplaceAll(parameter, "_", "-") }

// asked are the parameters that the flags of a command ask for, of those that are named. One that is given and empty,
// as by an unset variable, would select everything, so it is refused.
func asked(flags *pflag.FlagSet, names ...string) (url.Values, error) {
	query := url.Values{}
	for _, name := range names {
		flag := flags.Lookup(flagOf(name))
		if !flag.Changed {
			continue
		}
		if flag.Value.String() == "" {
			return nil, misuse("--%s is empty", flag.Name)
		}
		query.Set(name, flag.Value.String())
	}
	return query, nil
}
