package function

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
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
	// maxPatterns is the number of compiled expressions that are kept.
	maxPatterns = 100
)

var errTextTooLongForPattern = errors.New("the text is too long for this regular expression")

// Pattern is a compiled regular expression that can be applied to texts of strangers.
type Pattern struct {
	expression *regexp.Regexp
	// behind matches one character and the expression behind it: what goes on inside a text is found with it, because
	// `^` and `\b` depend on the character before.
	behind func() *regexp.Regexp
	size   int
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
	behind := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?s:.)(?:" + tree.String() + ")") })
	p := &Pattern{expression: expression, behind: behind, size: size}
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
