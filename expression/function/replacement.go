package function

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	// maxReplaceScan bounds the search for all matches like maxScan the search for one. A few expressions make it
	// quadratic, since each search can read to the end of the text and match one character.
	maxReplaceScan = 2 * maxScan
	// searchCost is what a search costs beside what it reads, in bytes read.
	searchCost = 16
)

var errSearchTooLong = errors.New("the search in this text takes too long with this regular expression")

// replace puts the expanded replacement in the place of every match. An empty match right behind another is none.
func (p *Pattern) replace(s, replacement string) (any, error) {
	if err := p.checkScan(s); err != nil {
		return nil, err
	}
	groups := strings.Count(replacement, "$")
	replacement = expandable(replacement)
	var result []byte
	end, scanned := 0, 0
	for from := 0; from <= len(s); {
		match, read := p.find(s, from)
		if scanned += read + searchCost; scanned > maxReplaceScan/p.size {
			return nil, errSearchTooLong
		}
		if match == nil {
			break
		}
		// Every group may be the whole match.
		if groups*(match[1]-match[0])+len(replacement) > maxHandled {
			return nil, errTextTooLong
		}
		result = append(result, s[end:match[0]]...)
		if match[1] > end || match[0] == 0 {
			result = p.expression.ExpandString(result, replacement, s, match)
		}
		if len(result) > maxText {
			return nil, errTextTooLong
		}
		end = match[1]
		_, width := utf8.DecodeRuneInString(s[from:])
		from = max(end, from+max(width, 1))
	}
	return string(append(result, s[end:]...)), nil
}

// find gives the first match from a place on, as Regexp.FindStringSubmatchIndex does, and how many bytes it read.
func (p *Pattern) find(s string, from int) (match []int, read int) {
	expression, before := p.expression, 0
	if from > 0 {
		expression = p.behind()
		_, before = utf8.DecodeLastRuneInString(s[:from])
	}
	start := from - before
	r := countingReader{rest: s[start:]}
	match = expression.FindReaderSubmatchIndex(&r)
	if match == nil {
		return nil, r.read
	}
	for i := range match {
		if match[i] >= 0 {
			match[i] += start
		}
	}
	if from > 0 {
		_, before = utf8.DecodeRuneInString(s[match[0]:])
		match[0] += before
	}
	return match, r.read
}

// countingReader is an io.RuneReader that knows how far it was read.
type countingReader struct {
	rest string
	read int
}

func (r *countingReader) ReadRune() (rune, int, error) {
	if r.rest == "" {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.rest)
	r.rest = r.rest[size:]
	r.read += size
	return c, size, nil
}

// dollarNumber is a group in a replacement as PHP reads it: at most two digits, whatever follows them. The regexp
// package would take `$1st` for a group named "1st".
var dollarNumber = regexp.MustCompile(`\$\$|\$\{\w+\}|\$[0-9]{1,2}|\$`)

// expandable rewrites a replacement for Regexp.Expand.
func expandable(replacement string) string {
	if !strings.Contains(replacement, "$") {
		return replacement
	}
	return dollarNumber.ReplaceAllStringFunc(replacement, func(group string) string {
		switch {
		case group == "$":
			return "$$"
		case group[1] == '$' || group[1] == '{':
			return group
		}
		return "${" + group[1:] + "}"
	})
}
