package command

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// exitCodes is the part of each command's help that is for scripts.
const exitCodes = `
Exit codes: 0 success; 1 a failure, or nothing was found that was asked for; 2 a
wrong use of the command, such as an unknown flag or a value that the gateway
refuses.
`

const usageExit = 2

// usageError is a wrong use of a command.
type usageError struct{ error }

func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// toldError is a failure of which the output has already said everything.
type toldError struct{ error }

// told ends a command with exit code 1 and without another word.
func told(reason string) error { return toldError{errors.New(reason)} }

// finish has a command and those below it say what is wrong in one way, and exit with one of the codes. A group that is
// given no command of its own shows its help.
func finish(cmd *cobra.Command) {
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	if !strings.Contains(cmd.Long, exitCodes) {
		cmd.Long = cmp.Or(cmd.Long, "\n"+cmd.Short+".\n") + exitCodes
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return leave(cmd, usageError{err}) })
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.Args = nil
		cmd.RunE = group
	}
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, words []string) error {
			err := errors.Join(args(cmd, words), cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())
			if err != nil {
				err = usageError{err}
			}
			return leave(cmd, err)
		}
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, words []string) error { return leave(cmd, run(cmd, words)) }
	for _, below := range cmd.Commands() {
		finish(below)
	}
}

// group is what a command does that only has others below it.
func group(cmd *cobra.Command, words []string) error {
	if len(words) == 0 {
		return cmd.Help()
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(words[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
	}
	return misuse("%q has no command %q%s", cmd.CommandPath(), words[0], hint)
}

// leave prints an error and turns it into the exit code.
func leave(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[toldError](err); ok {
		return err
	}
	cmd.PrintErrln("Error:", printableText(err.Error()))
	refused, ok := errors.AsType[*refusal](err)
	if _, misused := errors.AsType[usageError](err); !misused && (!ok || refused.status != http.StatusBadRequest) {
		return err
	}
	cmd.PrintErrf("See '%s --help'.\n", cmd.CommandPath())
	// Caddy's own way to an exit code other than 1, without its log line.
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return usageExit, nil })(cmd, nil)
}
