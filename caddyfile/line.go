package caddyfile

import (
	"fmt"
	"math"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// anyNumber is the most words of a line that may have as many as one likes.
const anyNumber = math.MaxInt

// line is a directive with the words that follow it.
type line struct {
	d     *caddyfile.Dispenser
	name  string
	usage string
	words []string
	// raw has the words with their quotes.
	raw       []string
	blockRead bool
}

// readLine reads the rest of the line on whose first word d stands, and leaves d on its last word.
func readLine(d *caddyfile.Dispenser, usage string) *line {
	l := &line{d: d, name: d.Val(), usage: usage}
	for d.NextArg() {
		l.words = append(l.words, d.Val())
		l.raw = append(l.raw, d.ValRaw())
	}
	return l
}

// end refuses a block that the directive did not read.
func (l *line) end() error {
	if l.blockRead || !l.d.Next() {
		return nil
	}
	defer l.d.Prev()
	if l.d.ValRaw() != "{" {
		return nil
	}
	hint := ""
	if strings.HasSuffix(l.usage, "`") {
		hint = ": a value with braces stands between backquotes"
	}
	return l.d.Errf("%s takes no block%s", l.name, hint)
}

// count refuses a line that has not between least and most words.
func (l *line) count(least, most int) error {
	expected := strings.TrimSpace(l.name + " " + l.usage)
	switch {
	case len(l.words) < least:
		return l.errf("%s lacks a word, expected: %s", l.name, expected)
	case len(l.words) <= most:
		return nil
	case l.raw[len(l.raw)-1] == "}":
		return l.errf("the closing brace belongs on a line of its own, not at the end of %s", l.name)
	}
	return l.errf("too many words after %s, expected: %s", l.name, expected)
}

// value refuses a line that has not exactly n words, of which the last is free text. Where there are more, they are
// most likely one value without its quotes, so the error shows the line with them.
func (l *line) value(n int) error {
	if len(l.words) < n && strings.HasSuffix(l.usage, "`") {
		if err := l.end(); err != nil {
			return err
		}
	}
	if len(l.words) <= n || l.raw[len(l.raw)-1] == "}" {
		return l.count(n, n)
	}
	shown := append([]string{l.name}, l.raw[:n-1]...)
	return l.errf("too many words after %s: a value with blanks or quotes stands between backquotes, as in %s %s",
		l.name, strings.Join(shown, " "), l.quoted(n-1))
}

// quoted is what the words from i on were meant to be, in quotes that keep them together.
func (l *line) quoted(i int) string {
	var text strings.Builder
	for ; i < len(l.raw); i++ {
		word := l.raw[i]
		if strings.HasPrefix(word, "`") && word != l.words[i] {
			word = l.words[i]
		}
		// The lexer ends a word after its closing quote, so what follows may have had no blank before it.
		adjacent := strings.HasPrefix(word, ",") || strings.HasPrefix(word, ")") || strings.HasPrefix(word, "]")
		if text.Len() > 0 && !adjacent {
			text.WriteByte(' ')
		}
		text.WriteString(word)
	}
	if strings.Contains(text.String(), "`") {
		return `"` + strings.ReplaceAll(text.String(), `"`, `\"`) + `"`
	}
	return "`" + text.String() + "`"
}

// errf makes an error that names the file and line on which d stands.
func (l *line) errf(format string, args ...any) error {
	return l.d.Errf(format, args...)
}

// position is where the line stands, as errors write it.
func (l *line) position() string {
	return fmt.Sprintf("%s:%d", l.d.File(), l.d.Line())
}
