package command

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// screen is what a command prints on: a terminal, or a file or pipe, where nothing is coloured, shortened or redrawn.
type screen struct {
	io.Writer
	// columns is the width of the terminal; 0 is none.
	columns int
	colours bool
	now     func() time.Time
}

// screenOf is the screen behind the output of a command.
func screenOf(out io.Writer) *screen {
	if s, ok := out.(*screen); ok {
		return s
	}
	s := &screen{Writer: out, now: time.Now}
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	const usual = 80
	s.columns = usual
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
		s.columns = columns
	}
	// https://no-color.org
	s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && understandsEscapes(file)
	return s
}

func (s *screen) isTerminal() bool { return s.columns > 0 }

// isInteractive tells whether somebody can answer a question.
func isInteractive(in io.Reader) bool {
	file, ok := in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colour is a way to show text (ECMA-48, SGR).
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	faint  colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

// paint shows a text, which has to be printable, in a colour where there are any.
func (s *screen) paint(c colour, text string) string {
	if !s.colours || c == plain || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
