package expression

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// excerpt is a piece of a program's source that is read on its own: all of it, a reference in text, or the inside of a
// quoted string with its escapes resolved. It knows where each of its characters stands in the whole source.
type excerpt struct {
	text []rune
	// place has, for each character of text, its offset in the whole source in characters, and one more for the end.
	place []int
}

func newExcerpt(source string) excerpt {
	text := []rune(source)
	place := make([]int, len(text)+1)
	for i := range place {
		place[i] = i
	}
	return excerpt{text: text, place: place}
}

func (e excerpt) slice(from, to int) excerpt {
	return excerpt{text: e.text[from:to], place: e.place[from : to+1]}
}

// escaped tells whether the character at i was written as an escape sequence.
func (e excerpt) escaped(i int) bool { return e.place[i+1]-e.place[i] != 1 }

// unquote is what stands between the quotes of the string that begins at from and ends before to. The lexer has
// accepted the string, so its escapes are well formed.
func (e excerpt) unquote(from, to int) excerpt {
	inside := e.slice(from+1, to-1)
	if !slices.Contains(inside.text, '\\') {
		return inside
	}
	var result excerpt
	for i := 0; i < len(inside.text); {
		char, width := inside.text[i], 1
		if char == '\\' {
			char, width = unescape(inside.text[i:])
		}
		result.text = append(result.text, char)
		result.place = append(result.place, inside.place[i])
		i += width
	}
	result.place = append(result.place, inside.place[len(inside.text)])
	return result
}

// unescape reads the escape sequence at the beginning of text: those of Go, and \u{1F600}.
func unescape(text []rune) (char rune, width int) {
	source := string(text[:min(len(text), len(`\u{10FFFF}`))])
	if digits, ok := strings.CutPrefix(source, `\u{`); ok {
		digits, _, _ = strings.Cut(digits, "}")
		code, err := strconv.ParseUint(digits, 16, 32)
		if err != nil || !utf8.ValidRune(rune(code)) {
			code = utf8.RuneError
		}
		return rune(code), len(`\u{`) + len(digits) + len("}")
	}
	if len(source) >= 2 && (source[1] == '\'' || source[1] == '"') {
		return rune(source[1]), 2
	}
	char, _, rest, err := strconv.UnquoteChar(source, 0)
	if err != nil {
		return utf8.RuneError, 2
	}
	return char, utf8.RuneCountInString(source) - utf8.RuneCountInString(rest)
}

// lineStarts is where the lines of a source begin, in characters.
func lineStarts(source string) []int {
	starts := []int{0}
	offset := 0
	for _, char := range source {
		offset++
		if char == '\n' {
			starts = append(starts, offset)
		}
	}
	return starts
}

func position(lines []int, place int) Position {
	line, found := slices.BinarySearch(lines, place)
	if !found {
		line--
	}
	return Position{Line: line + 1, Column: place - lines[line] + 1}
}
