package command

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Payloads, paths, headers and errors come from strangers. What a terminal would take for a command (ECMA-48), and
// what would change the order or the lines in which text is read, is shown as an escape instead.

// hostile tells whether a character may not reach a terminal. Of the format characters (Cf) some are harmless; none is
// missed in a table.
func hostile(r rune) bool {
	return r == utf8.RuneError || r >= utf8.RuneSelf && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) ||
		r < ' ' || r == 0x7f
}

// printable is a text in one line.
func printable(s string) string { return escape(s, "") }

// printableText is a text whose own line breaks and tabs stay.
func printableText(s string) string { return escape(s, "\n\t") }

// escape writes what is hostile, unless it is kept, as an escape that JSON has too.
func escape(s, kept string) string {
	at := strings.IndexFunc(s, hostile)
	if at < 0 {
		return s
	}
	var out strings.Builder
	out.WriteString(s[:at])
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			out.WriteString(`\ufffd`)
		case r == utf8.RuneError || !hostile(r) || strings.ContainsRune(kept, r):
			out.WriteString(s[at : at+size])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r > 0xffff:
			out.WriteString(surrogates(r))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		at += size
	}
	return out.String()
}

// surrogates is how JSON escapes a character beyond the basic plane.
func surrogates(r rune) string {
	r -= 0x10000
	return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
}

// printableJSON is the same JSON with nothing hostile in its strings. Between them JSON has but blanks, of which a
// carriage return would have what follows cover what is before it.
func printableJSON(text []byte) string {
	return escape(strings.ReplaceAll(string(text), "\r", " "), "\n\t")
}
