package command

import (
	"bufio"
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// confirm asks a question on a terminal; without a yes the command ends.
func confirm(cmd *cobra.Command, question string) error {
	if !isInteractive(cmd.InOrStdin()) {
		return misuse("%s Nobody can be asked here: say --yes, or count with --dry-run", question)
	}
	cmd.PrintErr(question + " [y/N] ")
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && answer == "" {
		return told("no answer")
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	cmd.PrintErrln("Nothing was done.")
	return told("the answer was no")
}

// interruptible ends a context when the command is interrupted.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}
