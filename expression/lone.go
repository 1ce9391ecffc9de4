package expression

import (
	"strings"
	"unicode"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/krosyn/gateway/expression/value"
)

// form is how a value is written.
type form uint8

const (
	formText form = iota
	// formLiteral is a number, true, false or null: its own JSON.
	formLiteral
	// formExpression is a lone reference, call, array or quoted string; a path may follow the call.
	formExpression
	// formWrapped is a lone $( … ).
	formWrapped
)

// formOf tells how source is to be read; it has no "=" at its beginning.
func (b *builder) formOf(source excerpt) form {
	text := string(source.text)
	if _, isNumber := value.ParseNumber(text); isNumber || text == "true" || text == "false" || text == "null" {
		return formLiteral
	}
	u := &unit{excerpt: source}
	var err error
	if u.tokens, err = lexer.Lex(file.NewSource(text)); err != nil {
		return brokenForm(text)
	}
	u.tokens = u.tokens[:len(u.tokens)-1]
	last := len(u.tokens) - 1
	if last < 0 || u.tokens[0].From != 0 || u.tokens[last].To != len(source.text) {
		return formText
	}
	if err := b.matchBrackets(u); err != nil {
		return formText
	}
	first := u.tokens[0]
	switch {
	case last == 0:
		return u.formOfWord()
	case first.Is(lexer.Bracket, "[") && u.match[0] == last:
		return formExpression
	case u.tokens[1].Is(lexer.Bracket, "(") && u.tokens[1].From == first.To && u.isPath(u.match[1]+1):
		return formOfCall(first, u.match[1] == last)
	case findVariable(first.Value) != nil && u.isPath(1):
		return formExpression
	}
	return formText
}

// formOfWord is the form of a single token.
func (u *unit) formOfWord() form {
	isQuoted := u.tokens[0].Is(lexer.String) && u.text[0] != '`'
	if isQuoted || findVariable(u.tokens[0].Value) != nil {
		return formExpression
	}
	return formText
}

// formOfCall is the form of brackets that begin right behind a token; alone tells that nothing follows them.
func formOfCall(name lexer.Token, alone bool) form {
	switch {
	case name.Value == "$" && alone:
		return formWrapped
	case name.Is(lexer.Identifier) && !strings.HasPrefix(name.Value, "$"), name.Is(lexer.Operator, operatorWords...):
		return formExpression
	}
	return formText
}

// isPath tells whether everything from the token at i on is a path behind what precedes it, without blanks outside
// brackets.
func (u *unit) isPath(i int) bool {
	end := u.tokens[i-1].To
	for i < len(u.tokens) {
		token := u.tokens[i]
		if token.From != end {
			return false
		}
		switch {
		case token.Is(lexer.Bracket, "["):
			i = u.match[i]
			end = u.tokens[i].To
			i++
		case token.Is(lexer.Operator, ".", "?."):
			if i++; i == len(u.tokens) || u.tokens[i].From != token.To || !isName(u.tokens[i].Value) {
				return false
			}
			end = u.tokens[i].To
			i++
		default:
			return false
		}
	}
	return true
}

// brokenForm is the form of what the lexer refuses: text, unless it looks so much like a call or an array that its
// error should be seen.
func brokenForm(text string) form {
	name := text[:nameLength(text)]
	if name != "" && strings.HasPrefix(text[len(name):], "(") && strings.HasSuffix(text, ")") {
		return formExpression
	}
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return formExpression
	}
	return formText
}

// isName tells whether a token is a name in the sense of text, where a dollar sign begins the next reference.
func isName(token string) bool { return nameLength(token) == len(token) }

func nameLength(text string) int {
	for i, char := range text {
		if !isNameStart(char) && (i == 0 || !unicode.IsDigit(char)) {
			return i
		}
	}
	return len(text)
}
