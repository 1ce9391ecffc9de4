package expression

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/parser/lexer"

	"github.com/krosyn/gateway/expression/function"
)

// operatorWords are functions of the language that expr-lang's parser takes for operators.
var operatorWords = []string{"and", "or", "not", "if", "in", "contains", "startsWith", "endsWith", "matches"}

// swapWords gives the unit's text with every name that expr-lang would misread replaced by underscores of the same
// length, so that places stay true; unit.words keeps what stood there. It refuses what the language does not have.
func (b *builder) swapWords(u *unit) ([]rune, error) {
	text := slices.Clone(u.text)
	swap := func(token lexer.Token) {
		u.words[token.From] = token.Value
		for i := token.From; i < token.To; i++ {
			text[i] = '_'
		}
	}
	for i, token := range u.tokens {
		switch {
		case token.Is(lexer.Operator, "::"):
			return nil, b.fail(u.excerpt, token.From, `the operator "::" is not available`, "write the function's name alone")
		case token.Is(lexer.Bytes):
			return nil, b.fail(u.excerpt, token.From, "byte strings are not available", "write the text without the b")
		case token.Is(lexer.Number):
			if isTooLarge(token) {
				swap(token)
			}
		case u.isWordCall(i):
			swap(token)
		case token.Is(lexer.Identifier) && isPredicateCall(u, i):
			plain, err := b.checkPredicateCall(u, i)
			if err != nil {
				return nil, err
			}
			if plain {
				swap(token)
			}
		}
	}
	return text, nil
}

// isTooLarge tells whether a number is a decimal integer outside int64.
func isTooLarge(token lexer.Token) bool {
	_, err := strconv.ParseInt(strings.ReplaceAll(token.Value, "_", ""), 10, 64)
	return errors.Is(err, strconv.ErrRange)
}

// isWordCall tells whether the token at i is an operator's word that is called like a function: it is followed by a
// bracket and nothing stands before it that it could be an operator for.
func (u *unit) isWordCall(i int) bool {
	token := u.tokens[i]
	if !token.Is(lexer.Operator, operatorWords...) || !u.tokens[i+1].Is(lexer.Bracket, "(") || u.isProperty(i) {
		return false
	}
	switch token.Value {
	case "not":
		// With a blank, not (…) is the operator.
		return u.tokens[i+1].From == token.To && !u.endsOperand(i-1)
	case "if":
		// if (…) { … } is expr-lang's conditional.
		end := u.match[i+1]
		return !u.tokens[end+1].Is(lexer.Bracket, "{")
	}
	if i > 0 && u.tokens[i-1].Is(lexer.Operator, "not") && !u.isProperty(i-1) {
		// The operator of `a not in (…)`, or the function in `not in(a, b)`.
		return !u.endsOperand(i - 2)
	}
	return !u.endsOperand(i - 1)
}

// isProperty tells whether the token at i is a name behind a dot.
func (u *unit) isProperty(i int) bool {
	return i > 0 && u.tokens[i-1].Is(lexer.Operator, ".", "?.")
}

// endsOperand tells whether an operator can follow the token at i.
func (u *unit) endsOperand(i int) bool {
	if i < 0 {
		return false
	}
	token := u.tokens[i]
	switch token.Kind {
	case lexer.Identifier, lexer.Number, lexer.String:
		return true
	case lexer.Bracket:
		return token.Is(lexer.Bracket, ")", "]", "}")
	}
	return token.Is(lexer.Operator, "#") || u.isProperty(i)
}

func isPredicateCall(u *unit, i int) bool {
	_, ok := loops[u.tokens[i].Value]
	return ok && u.tokens[i+1].Is(lexer.Bracket, "(") && !u.isProperty(i)
}

// checkPredicateCall counts the arguments of a call of a function that can take a predicate, because expr-lang's
// parser would not say which function lacks one. It tells whether the call is a plain one, without a predicate.
func (b *builder) checkPredicateCall(u *unit, i int) (plain bool, err error) {
	name := u.tokens[i].Value
	given, pointers := u.arguments(i + 1)
	if i > 0 && u.tokens[i-1].Is(lexer.Operator, "|") {
		given++
	}
	if err := checkCount(name, given); err != nil {
		return false, b.fail(u.excerpt, u.tokens[i].From, err.Error(), "")
	}
	fn, ok := function.Lookup(name)
	switch {
	case !ok || fn.Call == nil || pointers:
		return false, nil
	case given > 1 && len(fn.Parameters) > 1 && fn.Parameters[1].Name == "predicate":
		// A predicate that does not look at the element is one all the same.
		return false, nil
	}
	return true, nil
}

// arguments counts the arguments between the bracket at open and its counterpart, and tells whether # or .field
// stands among them.
func (u *unit) arguments(open int) (count int, pointers bool) {
	depth, pending := 0, false
	for i := open + 1; i < u.match[open]; i++ {
		token := u.tokens[i]
		switch {
		case token.Is(lexer.Operator, "#"), token.Is(lexer.Operator, ".") && !u.endsOperand(i-1):
			pointers = true
		case token.Is(lexer.Bracket, "(", "[", "{"):
			depth++
		case token.Is(lexer.Bracket):
			depth--
		case token.Is(lexer.Operator, ",") && depth == 0:
			count++
			pending = false
			continue
		}
		pending = true
	}
	if pending {
		count++
	}
	return count, pointers
}

// checkCount is the error of a call with so many arguments, nil if they fit.
func checkCount(name string, given int) error {
	if f, ok := function.Lookup(name); ok {
		return f.CheckCount(given)
	}
	least, most := loops[name].least, loops[name].most
	switch {
	case given < least:
		return fmt.Errorf("%s requires at least %d argument(s), %d given", name, least, given)
	case given > most:
		return fmt.Errorf("%s accepts at most %d argument(s), %d given", name, most, given)
	}
	return nil
}
