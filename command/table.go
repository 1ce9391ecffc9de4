package command

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// column is a column of a table of T.
type column[T any] struct {
	title string
	cell  func(T) string
	// least is how narrow the column may become where the screen is too narrow for all of it; 0 is as wide as its
	// longest cell. Ids and what else is copied from a table have 0.
	least int
	// right aligns numbers.
	right  bool
	colour func(T) colour
}

// gap stands between two columns.
const gap = "  "

// printTable prints rows below their titles. Of several layouts, widest first, it takes the first that fits the screen.
func printTable[T any](s *screen, rows []T, layouts ...[]column[T]) error {
	var (
		columns []column[T]
		widths  []int
	)
	for _, columns = range layouts {
		var fits bool
		if widths, fits = fit(s.columns, rows, columns); fits {
			break
		}
	}
	var out strings.Builder
	line := func(cell func(column[T]) (string, colour)) {
		var line strings.Builder
		for i, c := range columns {
			text, colour := cell(c)
			text = shorten(text, widths[i])
			blanks := strings.Repeat(" ", widths[i]-cells(text))
			if c.right {
				line.WriteString(blanks)
				blanks = ""
			}
			line.WriteString(s.paint(colour, text) + blanks + gap)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	line(func(c column[T]) (string, colour) { return c.title, bold })
	for _, row := range rows {
		line(func(c column[T]) (string, colour) {
			if c.colour == nil {
				return printable(c.cell(row)), plain
			}
			return printable(c.cell(row)), c.colour(row)
		})
	}
	_, err := io.WriteString(s, out.String())
	return err
}

// fit gives the columns widths with which a row fits the screen, where that is possible: the widest of those that may
// be narrower gives way first. A screen of 0 columns has room for anything.
func fit[T any](screen int, rows []T, columns []column[T]) (widths []int, fits bool) {
	widths = make([]int, len(columns))
	total := len(gap) * (len(columns) - 1)
	for i, c := range columns {
		widths[i] = cells(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], cells(printable(c.cell(row))))
		}
		total += widths[i]
	}
	for ; screen > 0 && total > screen; total-- {
		widest := -1
		for i, c := range columns {
			if c.least > 0 && widths[i] > max(c.least, cells(c.title)) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths, false
		}
		widths[widest]--
	}
	return widths, true
}

// cells is how many columns of a screen a text takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	if r < 0x300 { // where the first combining characters are
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// shorten cuts a text so that it takes no more than so many columns, with … for what is left out.
func shorten(s string, most int) string {
	if cells(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += cellsOf(r); n > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}
