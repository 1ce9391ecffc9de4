package expression

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

const (
	// maxSource bounds a source, in bytes: expr-lang's parser recurses, and its stack must not depend on a stranger.
	maxSource = 8 << 10
	// maxBrackets bounds how deep brackets stand in brackets.
	maxBrackets = 64
	// maxNodes and maxDepth bound the tree of a program.
	maxNodes = 2000
	maxDepth = 200
)

// unit is an expression as expr-lang's parser reads it: all of a source, or one within a text.
type unit struct {
	excerpt
	tokens []lexer.Token
	// match has for each bracket among tokens the index of its counterpart, -1 where it has none.
	match []int
	// words has what was swapped for a neutral name before parsing, by offset: names of functions that expr-lang
	// would read as operators, and integers that are too large for it.
	words map[int]string
	// parsed has, for each character that the parser saw, its offset in the unit: characters were added for it.
	parsed []int
	root   ast.Node
	// spans has what is known of where nodes begin and end, see source.
	spans map[ast.Node]span
}

// offset is where a node's own token begins in the unit.
func (u *unit) offset(n ast.Node) int { return u.parsedAt(n.Location().From) }

func (u *unit) parsedAt(i int) int { return u.parsed[max(0, min(i, len(u.parsed)-1))] }

// tokenAt is the index of the token that begins at an offset, or of the last one before it.
func (u *unit) tokenAt(offset int) int {
	i, found := slices.BinarySearchFunc(u.tokens[:len(u.tokens)-1], offset, func(token lexer.Token, offset int) int {
		return cmp.Compare(token.From, offset)
	})
	if !found {
		i--
	}
	return max(i, 0)
}

// parse reads e as an expression; inPredicate allows # and .field. The error is an *Error.
func (b *builder) parse(e excerpt, inPredicate bool) (*unit, error) {
	u := &unit{excerpt: e, words: map[int]string{}}
	source := string(e.text)
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		return nil, b.syntaxError(u, err)
	}
	u.tokens = tokens
	if len(tokens) <= 1 {
		return nil, b.fail(u.excerpt, 0, "the expression is empty", "")
	}
	if err := b.matchBrackets(u); err != nil {
		return nil, err
	}
	text, err := b.swapWords(u)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseWithConfig(u.prepare(text, inPredicate), &conf.Config{MaxNodes: maxNodes})
	if err != nil {
		return nil, b.syntaxError(u, err)
	}
	u.root = tree.Node
	if inPredicate {
		u.root = tree.Node.(*ast.BuiltinNode).Arguments[1].(*ast.PredicateNode).Node
	}
	return u, nil
}

func (b *builder) matchBrackets(u *unit) error {
	u.match = make([]int, len(u.tokens))
	var open []int
	for i, token := range u.tokens {
		u.match[i] = -1
		if token.Kind != lexer.Bracket {
			continue
		}
		if strings.Contains("([{", token.Value) {
			if len(open) == maxBrackets {
				return b.fail(u.excerpt, token.From, "the expression is nested too deeply",
					fmt.Sprintf("at most %d brackets can stand in each other", maxBrackets))
			}
			open = append(open, i)
			continue
		}
		if len(open) == 0 || !closes(u.tokens[open[len(open)-1]].Value, token.Value) {
			return b.fail(u.excerpt, token.From, fmt.Sprintf("unexpected %q", token.Value), "")
		}
		last := open[len(open)-1]
		open = open[:len(open)-1]
		u.match[i], u.match[last] = last, i
	}
	if len(open) > 0 {
		bracket := u.tokens[open[len(open)-1]]
		return b.fail(u.excerpt, bracket.From, fmt.Sprintf("%q is not closed", bracket.Value), "")
	}
	return nil
}

func closes(opening, closing string) bool {
	switch opening {
	case "(":
		return closing == ")"
	case "[":
		return closing == "]"
	}
	return closing == "}"
}

// syntaxError is an error of expr-lang's lexer or parser in our words and with our place.
func (b *builder) syntaxError(u *unit, err error) error {
	fault, ok := errors.AsType[*file.Error](err)
	if !ok {
		return b.fail(u.excerpt, 0, err.Error(), "")
	}
	message, at := fault.Message, min(fault.From, len(u.text))
	if u.parsed != nil {
		at = u.parsedAt(fault.From)
	}
	switch before, token, found := strings.Cut(message, "unexpected token "); {
	case found && (strings.HasPrefix(token, "EOF") || at == len(u.text)):
		return b.fail(u.excerpt, len(u.text), "unexpected end of expression", "")
	case found:
		detail := strings.TrimSuffix(before, " (")
		if strings.HasPrefix(string(u.text[at:]), ".") {
			detail = "an index stands in brackets: [0]"
		}
		return b.fail(u.excerpt, at, u.unexpected(at), detail)
	case strings.Contains(message, "maximum allowed nodes"):
		message = "the expression has too many parts"
	}
	return b.fail(u.excerpt, at, message, "")
}

// unexpected names the token at an offset as it was written.
func (u *unit) unexpected(at int) string {
	token := u.tokens[u.tokenAt(at)]
	return fmt.Sprintf("unexpected %q", string(u.text[token.From:token.To]))
}
