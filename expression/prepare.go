package expression

import "github.com/expr-lang/expr/parser/lexer"

// Within a predicate, as in map($payload.items, "$(.name)"), the parser knows # and .name only if it sees a predicate.
const predicateHead, predicateTail = "any(_,{", "\n})"

// prepare is the text for the parser, and notes in u.parsed what stands where.
//
// Object literals get parentheses: in map($payload.items, {"name": .name}) the parser would take the brace for one
// around the predicate.
func (u *unit) prepare(text []rune, inPredicate bool) string {
	var result []rune
	add := func(place int, chars ...rune) {
		for _, char := range chars {
			result = append(result, char)
			u.parsed = append(u.parsed, place)
		}
	}
	if inPredicate {
		add(0, []rune(predicateHead)...)
	}
	next := 0
	for i, token := range u.tokens {
		for ; next < token.From; next++ {
			add(next, text[next])
		}
		switch {
		case u.beginsObject(i):
			add(next, '(')
		case token.Is(lexer.Bracket, "}") && u.beginsObject(u.match[i]):
			add(next, '}', ')')
			next++
		}
	}
	for ; next < len(text); next++ {
		add(next, text[next])
	}
	if inPredicate {
		add(len(text), []rune(predicateTail)...)
	}
	u.parsed = append(u.parsed, len(text))
	return string(result)
}

// beginsObject tells whether the token at i is the brace before an object's first key.
func (u *unit) beginsObject(i int) bool {
	if !u.tokens[i].Is(lexer.Bracket, "{") {
		return false
	}
	key := i + 1
	if u.tokens[key].Is(lexer.Bracket, "(") {
		key = u.match[key]
	}
	return u.tokens[key+1].Is(lexer.Operator, ":") || u.tokens[key].Is(lexer.Bracket, "}")
}
