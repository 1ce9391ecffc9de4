package command

import (
	"fmt"
	"strings"
)

// progressBar shows on a terminal how far something is, in one line that is drawn again and again. Elsewhere it shows
// nothing.
type progressBar struct {
	out   *screen
	drawn bool
}

// show draws the bar with what it says; a total of 0 is not known, and there is no bar then.
func (b *progressBar) show(done, total int, says string) {
	if !b.out.isTerminal() {
		return
	}
	b.drawn = true
	line := says
	if room := min(b.out.columns-cells(says)-4, 40); total > 0 && room >= 10 {
		full := room * min(done, total) / total
		line = "[" + b.out.paint(green, strings.Repeat("=", full)) + strings.Repeat(" ", room-full) + "] " + says
	}
	fmt.Fprint(b.out, "\r", line, "\x1b[K")
}

// clear takes the bar away.
func (b *progressBar) clear() {
	if b.drawn {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
