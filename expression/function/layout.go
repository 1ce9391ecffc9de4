package function

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"
)

// layoutLetters is the part of the reference about layouts.
const layoutLetters = "Letters: `%Y` year, `%m` month, `%d` day, `%H` hour, `%I` hour of 12, `%M` minute, " +
	"`%S` second, `%L` milliseconds, `%p` AM or PM, `%z` offset, `%Z` zone, `%A` and `%a` weekday, `%B` and `%b` " +
	"month's name, `%j` day of the year, `%V` week, `%u` day of the week, `%s` seconds since 1970, `%F` is " +
	"`%Y-%m-%d`, `%T` is `%H:%M:%S`, `%%` a percent sign. A hyphen, as in `%-d`, leaves out the leading zero."

const (
	// maxLayout is the length of a layout in bytes; one letter makes no more than some 30 bytes.
	maxLayout = 1000
	// writable are the letters of a layout, readable those of one that a date is read with: the others are not
	// enough to tell a date, and the name of a zone (%Z) would be looked up among those of the machine.
	writable = "AaBbhmdeIlHkMSLfNyYCUWVgGsQwujpPzZ+cvFDxrTXRnt%"
	readable = "AaBbhmdejIHMSLfNyYpPzcvFDxrTXRnt%"
)

var errLayoutText = errors.New("the value does not have the form of the layout")

// writeDate formats t with a layout of strftime letters.
func writeDate(t time.Time, layout string) (any, error) {
	if err := checkLayout(layout, writable); err != nil {
		return nil, err
	}
	if err := checkYear(t); err != nil {
		return nil, fmt.Errorf("the date %w", err)
	}
	return strftime.Format(layout, t), nil
}

// readDate reads a text with a layout; zone is that of a layout without an offset.
func readDate(s, layout string, zone *time.Location) (time.Time, error) {
	if err := checkLayout(layout, readable); err != nil {
		return time.Time{}, err
	}
	if len(s) > maxLayout {
		return time.Time{}, errLayoutText
	}
	t, err := strftime.Parse(layout, s)
	if err != nil {
		return time.Time{}, errLayoutText
	}
	if !strings.Contains(strings.ReplaceAll(layout, "%%", ""), "z") {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	}
	if err := checkYear(t); err != nil {
		return time.Time{}, fmt.Errorf("the date %w", err)
	}
	return t, nil
}

// checkLayout finds letters that are not known: strftime would leave them in the text.
func checkLayout(layout, letters string) error {
	if len(layout) > maxLayout {
		return fmt.Errorf("the layout is longer than %d bytes", maxLayout)
	}
	for rest := layout; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return nil
		}
		letter := strings.TrimLeft(after, "-:")
		if letter == "" || len(after)-len(letter) > 1 || !strings.Contains(letters, letter[:1]) {
			return errors.New("the layout has a % without one of the letters " + letters)
		}
		rest = letter[1:]
	}
}
