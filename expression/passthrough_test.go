package expression

import (
	"errors"
	"strings"
	"testing"
)

// forms have an X at every place where an expression can stand within another.
var forms = []string{
	`X`, `X + 1`, `1 + X`, `-X`, `!X`, `X and true`, `true and X`, `X or true`, `false or X`, `X ?? 1`, `null ?? X`,
	`X ? 1 : 2`, `true ? X : 2`, `false ? 1 : X`, `X ?: 1`, `null ?: X`, `if X { 1 } else { 2 }`, `if true { X } else { 2 }`,
	`X..2`, `1..X`, `X in [1]`, `1 in [X]`, `X matches "a"`, `"a" matches X`, `"a" contains X`,
	`[1, X]`, `{"a": X}`, `{(X): 1}`, `{"a $(X)": 1}`, `"a $(X) b"`, `"a $( 'b' + X )"`,
	`X.a`, `$payload[X]`, `$payload.tags[X].b`, `X[1:]`, `$payload.tags[X:]`, `$payload.tags[:X]`, `$payload[X][1:]`,
	`concat("a", X)`, `uppercase(X)`, `X | uppercase()`, `"a" | concat(X)`, `and(X, 1)`, `and(1, X)`, `or(0, X)`, `not(X)`,
	`if(X, 1, 2)`, `if(true, X, 2)`, `if(false, 1, X)`, `coalesce(X, 1)`, `coalesce(null, X)`, `default(X, 1)`, `default("", X)`,
	`let a = X; a`, `let a = 1; X`, `X; 1`, `1; X`,
	`filter(X, true)`, `filter([1], X)`, `map([1], {"a": X})`, `sum([1], X)`, `groupBy([1], X)`, `sortBy([1], X)`,
	`sortBy([1], #, X)`, `reduce([1], #acc, X)`, `reduce([1, 2], X)`, `count([1], X)`, `find([1], X)`, `findLastIndex([1], X)`,
	`one([1], X)`, `all([1], X)`, `map([[1]], map(#, X))`, `upper(X)`, `len([X])`, `len(X | concat("a"))`,
}

// A fault is found in every place, when the program is made and when it runs, and keeps the place where it is.
func TestFaultsPassThrough(t *testing.T) {
	for _, form := range forms {
		for _, fault := range []struct {
			source, want string
			offset       int
		}{
			{"nope", "Unknown variable: nope", 0},
			{"(1 / 0)", "division by zero", len("(1 ")},
		} {
			source := strings.ReplaceAll(form, "X", fault.source)
			column := strings.Index(form, "X") + fault.offset + 1
			err := expressionError(t, source)
			if err == nil {
				t.Errorf("%s gave no error", source)
				continue
			}
			failure, ok := errors.AsType[*Error](err)
			if !ok || failure.Message != fault.want || failure.Position != (Position{1, column}) {
				t.Errorf("%s gave the error %v, want %s at column %d", source, err, fault.want, column)
			}
		}
	}
}

// Explaining a program finds the same fault, and the values that were known before it.
func TestExplainPassesFaultsThrough(t *testing.T) {
	for _, form := range forms {
		source := strings.ReplaceAll(form, "X", "(1 / 0)")
		program := mustExpression(t, source)
		_, want := program.Eval(shop(t))
		_, explanations, err := program.Explain(shop(t))
		if err == nil || err.Error() != want.Error() {
			t.Errorf("%s: explained with the error %v, evaluated with %v", source, err, want)
		}
		for _, e := range explanations {
			if strings.Contains(e.Expression, "1 / 0") {
				t.Errorf("%s: %s has the value %s", source, e.Expression, e.Value)
			}
		}
	}
}
