package command

import (
	"time"

	"github.com/spf13/cobra"
)

// completionPatience is how long a shell waits for names at most.
const completionPatience = time.Second

// completer gives what a word may be.
type completer = cobra.CompletionFunc

// completes has the shell complete the value of a flag.
func completes(cmd *cobra.Command, flag string, complete completer) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist
	}
}

// words completes fixed words.
func words[T ~string](list []T) completer {
	fixed := make([]string, len(list))
	for i, w := range list {
		fixed[i] = string(w)
	}
	return cobra.FixedCompletions(fixed, cobra.ShellCompDirectiveNoFileComp)
}

// first completes the first word of a command; those that follow are for nobody to know.
func first(complete completer) completer {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, toComplete)
	}
}

// connectorNames completes the names of the running gateway's connectors. Without an answer there are none.
func (a *adminAPI) connectorNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found := make(chan []cobra.Completion, 1)
	go func() {
		var names []cobra.Completion
		connectors, _ := listEndpoints(a, nil)
		for _, c := range connectors {
			names = append(names, c.Name)
		}
		found <- names
	}()
	select {
	case names := <-found:
		return names, cobra.ShellCompDirectiveNoFileComp
	case <-time.After(completionPatience):
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// failedEvents completes the ids of the latest events that have failed, with what they failed of.
func (a *adminAPI) failedEvents(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	found := make(chan []cobra.Completion, 1)
	go func() {
		var (
			page  eventPage
			names []cobra.Completion
		)
		_ = a.get(pathOf("events")+"?status=failed&limit=20", &page)
		for _, e := range page.Events {
			names = append(names, cobra.CompletionWithDesc(e.ID.String(), printable(e.Connector+": "+errorOf(&e))))
		}
		found <- names
	}()
	select {
	case names := <-found:
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	case <-time.After(completionPatience):
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
