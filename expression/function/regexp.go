package function

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
)

const (
	// maxPattern is the length of a regular expression in bytes.
	maxPattern = 1000
	// maxPatternSize is the number of states of a regular expression with its repetitions written out: `(a{500}){2}`
	// has few letters and 1000 states, each of which can cost time at every byte of the text.
	maxPatternSize = 5000
	// maxScan bounds the states of the expression times the bytes of the text for one search: some tenths of a
	// second at worst.
	maxScan = 1 << 25
	// maxSearchTime bounds the search for all matches, which is quadratic for a few expressions: each search can
	// read to the end of the text and match one byte.
	maxSearchTime = time.Second
	// maxExpansion bounds what one match can be replaced with before its real length is known.
	maxExpansion = 16 * maxText
	// maxPatterns is the number of compiled expressions that are kept.
	maxPatterns = 100
)

var (
	errTextTooLongForPattern = errors.New("the text is too long for this regular expression")
	errSearchTooLong         = errors.New("the search takes too long with this regular expression")
)

// Pattern is a compiled regular expression that can be applied to texts of strangers.
type Pattern struct {
	expression *regexp.Regexp
	size       int
}

// Regexp compiles a regular expression (RE2 syntax), or finds it among those compiled lately.
func Regexp(pattern string) (*Pattern, error) {
	if p := patterns.get(pattern); p != nil {
		return p, nil
	}
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the regular expression is longer than %d bytes", maxPattern)
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, patternError(err)
	}
	size := states(tree)
	if size > maxPatternSize {
		return nil, fmt.Errorf("the regular expression repeats too much: more than %d states", maxPatternSize)
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, patternError(err)
	}
	p := &Pattern{expression: expression, size: size}
	patterns.put(strings.Clone(pattern), p)
	return p, nil
}

// patternError says what is wrong without the pattern itself, which can hold data.
func patternError(err error) error {
	if fault, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("the regular expression is not valid: %s", fault.Code)
	}
	return errors.New("the regular expression is not valid")
}

// states estimates the size of a compiled expression, and stops counting above maxPatternSize.
func states(re *syntax.Regexp) int {
	size := 1
	switch re.Op {
	case syntax.OpLiteral:
		size = len(re.Rune)
	case syntax.OpRepeat:
		size = 0
	}
	for _, sub := range re.Sub {
		size = min(size+states(sub), maxPatternSize+1)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return min(size, maxPatternSize+1)
}

// Match tells whether the expression matches somewhere in the text.
func (p *Pattern) Match(s string) (bool, error) {
	if err := p.checkScan(s); err != nil {
		return false, err
	}
	return p.expression.MatchString(s), nil
}

func (p *Pattern) checkScan(s string) error {
	if len(s) > maxText || len(s) > maxScan/p.size {
		return errTextTooLongForPattern
	}
	return nil
}

// extract gives the first group, the match where there is no group, or nil.
func (p *Pattern) extract(s string) (any, error) {
	if err := p.checkScan(s); err != nil {
		return nil, err
	}
	found := p.expression.FindStringSubmatchIndex(s)
	if found == nil {
		return nil, nil
	}
	group := found[:2]
	if len(found) > 2 {
		group = found[2:4]
	}
	if group[0] < 0 {
		return nil, nil
	}
	return s[group[0]:group[1]], nil
}

func (p *Pattern) replace(s, replacement string) (any, error) {
	matches, err := p.matches(s)
	if err != nil {
		return nil, err
	}
	groups := strings.Count(replacement, "$")
	replacement = expandable(replacement)
	var result []byte
	end := 0
	for _, match := range matches {
		if groups*(match[1]-match[0])+len(replacement) > maxExpansion {
			return nil, errTextTooLong
		}
		result = append(result, s[end:match[0]]...)
		result = p.expression.ExpandString(result, replacement, s, match)
		end = match[1]
		if len(result) > maxText {
			return nil, errTextTooLong
		}
	}
	return string(append(result, s[end:]...)), nil
}

// matches finds all matches. It asks for so many as can be afforded at worst, then for twice as many and so on while
// time is left, because a search cannot be interrupted.
func (p *Pattern) matches(s string) ([][]int, error) {
	if err := p.checkScan(s); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(maxSearchTime)
	for limit := max(maxScan/(p.size*max(len(s), 1)), 1); ; limit *= 2 {
		limit = min(limit, maxElements+1)
		found := p.expression.FindAllStringSubmatchIndex(s, limit)
		switch {
		case len(found) < limit:
			return found, nil
		case limit > maxElements:
			return nil, fmt.Errorf("more than %d matches", maxElements)
		case time.Now().After(deadline):
			return nil, errSearchTooLong
		}
	}
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

// patterns keeps compiled expressions for those that come with the data; when it is full any one makes room.
var patterns = patternCache{compiled: make(map[string]*Pattern, maxPatterns)}

type patternCache struct {
	mu       sync.RWMutex
	compiled map[string]*Pattern
}

func (c *patternCache) get(pattern string) *Pattern {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.compiled[pattern]
}

func (c *patternCache) put(pattern string, p *Pattern) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.compiled) >= maxPatterns {
		for other := range c.compiled {
			delete(c.compiled, other)
			break
		}
	}
	c.compiled[pattern] = p
}
