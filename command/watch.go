package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// watchEvery is how often what is watched is drawn again.
const watchEvery = 2 * time.Second

func addWatch(cmd *cobra.Command, watch *bool) {
	cmd.Flags().BoolVar(watch, "watch", false, "draw it again every two seconds, until interrupted")
}

// watched draws something again and again until the context ends. On a terminal each picture takes the place of the one
// before. What cannot be drawn for now, because the gateway restarts, is said in its place.
func watched(ctx context.Context, out *screen, draw func(*screen) error) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		var picture strings.Builder
		drawn := *out
		drawn.Writer = &picture
		if err := draw(&drawn); err != nil {
			if _, said := errors.AsType[toldError](err); !said {
				if refused, ok := errors.AsType[*refusal](err); ok && refused.status < 500 {
					return err
				}
				fmt.Fprintln(&picture, "Error:", printableText(err.Error()))
			}
		}
		text := picture.String()
		if out.isTerminal() {
			// To the top left corner; each line is cleared to its end, and below the last one all of the screen (ECMA-48,
			// CUP, EL, ED). Clearing all of it first would flicker.
			text = "\x1b[H" + strings.ReplaceAll(text, "\n", "\x1b[K\n") + "\x1b[J"
		}
		if _, err := fmt.Fprint(out, text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
