package expression

import (
	"errors"
	"strings"
	"testing"
)

// cutError takes the "!" from the expectation of an error.
func cutError(want string) (string, bool) { return strings.CutPrefix(want, "!") }

// checkError expects an error, at compile time or at run time, that contains want.
func checkError(t *testing.T, source, want string) {
	t.Helper()
	err := expressionError(t, source)
	source = source[:min(len(source), 200)]
	if err == nil {
		t.Errorf("%s\n\tgave no error, want %s", source, want)
		return
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%s\n\tgave the error %v\n\twant %s", source, err, want)
	}
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("%s\n\tgave an error of type %T", source, err)
	} else if fault.Position.Line < 1 || fault.Position.Column < 1 {
		t.Errorf("%s\n\tgave an error at %v", source, fault.Position)
	}
}

func expressionError(t *testing.T, source string) error {
	t.Helper()
	program, err := shopCompiler.Expression(source, ScopeResponse)
	if err != nil {
		return err
	}
	_, err = program.Eval(shop(t))
	return err
}

func TestErrors(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		// The fixed messages.
		{`uppercas($payload.text)`, `Unknown function: uppercas (line 1, column 1): did you mean uppercase?`},
		{`concat("a", Uppercase("b"))`, `Unknown function: Uppercase (line 1, column 13): did you mean uppercase?`},
		{`xyzzy()`, `Unknown function: xyzzy (line 1, column 1)`},
		{`split("a")`, `split requires at least 2 argument(s), 1 given (line 1, column 1)`},
		{`1 + split("a", "b", "c")`, `split accepts at most 2 argument(s), 3 given (line 1, column 5)`},
		{`and(true)`, `and requires at least 2 argument(s), 1 given (line 1, column 1)`},
		{`not(1, 2)`, `not accepts at most 1 argument(s), 2 given`},
		{`filter($payload.items)`, `filter requires at least 2 argument(s), 1 given`},
		{`$payload.items | filter()`, `filter requires at least 2 argument(s), 1 given`},
		{`findIndex([1])`, `findIndex requires at least 2 argument(s), 1 given`},
		{`findIndex([1], # > 1, 2)`, `findIndex accepts at most 2 argument(s), 3 given`},
		{`$secret.API_KEY`, `Unknown secret: API_KEY (line 1, column 9)`},
		{`$secret.token`, `Unknown secret: token (line 1, column 9): did you mean TOKEN?`},
		// What does not exist.
		{`$env`, `Unknown variable: $env (line 1, column 1)`},
		{`$env["$payload"]`, `Unknown variable: $env`},
		{`payload.text`, `Unknown variable: payload (line 1, column 1): did you mean $payload?`},
		{`1 == Jane`, `Unknown variable: Jane (line 1, column 6): a field is written $payload.Jane, text in quotes: 'Jane'`},
		{`uppercase`, `uppercase is a function: its arguments stand in brackets behind it`},
		{`$payload.with-dash`, `a field with a hyphen stands in brackets`},
		{`$connector.nam`, `$connector has no field nam (line 1, column 12): it has name`},
		{`$request.body`, `$request has no field body (line 1, column 10): it has method, path, query, headers, remote_ip`},
		{`::map([1], #)`, `the operator "::" is not available (line 1, column 1)`},
		{`b"bytes"`, `byte strings are not available`},
		{`$payload.text.uppercase()`, `a value has no methods (line 1, column 15)`},
		{`$payload.text.String()`, `a value has no methods`},
		{`#`, `unexpected "#"`},
		{`filter([1], #foo)`, `Unknown variable: #foo (line 1, column 13): there are #, #index and #acc`},
		{`$(1)`, `Unknown function: $`},
		{`let $payload = 1; 2`, `let cannot declare $payload (line 1, column 5)`},
		// Secrets are named in the source.
		{`$secret`, `$secret needs the name of a secret (line 1, column 1): write $secret.NAME`},
		{`$secret[$payload.text]`, `a secret's name must be written out (line 1, column 8)`},
		{`$secret["$payload.text"]`, `a secret's name must be written out`},
		{`$secret[0]`, `a secret's name must be written out`},
		{`jsonEncode($secret)`, `$secret needs the name of a secret`},
		// Syntax.
		{``, `the expression is empty (line 1, column 1)`},
		{`  // nothing`, `the expression is empty`},
		{`1 +`, `unexpected end of expression (line 1, column 4)`},
		{`concat("a"`, `"(" is not closed (line 1, column 7)`},
		{`concat("a"]`, `unexpected "]" (line 1, column 11)`},
		{`1)`, `unexpected ")" (line 1, column 2)`},
		{`1 2`, `unexpected "2" (line 1, column 3)`},
		{`$payload.tags.0`, `unexpected ".0" (line 1, column 14): an index stands in brackets: [0]`},
		{`"abc`, `literal not terminated`},
		{`@`, `unrecognized character`},
		{`and(1,,2)`, `unexpected "," (line 1, column 7)`},
		{`1 == and`, `unexpected "and" (line 1, column 6)`},
		{"1 +\n  nope", `Unknown variable: nope (line 2, column 3)`},
		{"// ü\n\"ü\" + nope", `Unknown variable: nope (line 2, column 7)`},
		{`1 ?? 2 + 3`, `cannot be mixed`},
		// Places within strings.
		{`"abc $( nope )"`, `Unknown variable: nope (line 1, column 9)`},
		{`"\t\u00e9 $( nope )"`, `Unknown variable: nope (line 1, column 14)`},
		{`"a $( \"b $( nope )\" )"`, `Unknown variable: nope (line 1, column 14)`},
		{`map([1], "a $( nope )")`, `Unknown variable: nope (line 1, column 16)`},
		{`"a $( 1"`, `"(" is not closed (line 1, column 5)`},
		{`"$payload.tags[x]"`, `in text an index is a number or a name in quotes (line 1, column 15)`},
		{`map([1], "$( 1}) )")`, `unexpected "}"`},
		// Constant patterns are read when the configuration is loaded.
		{`$payload.text matches "["`, `the regular expression is not valid`},
		{`$payload.missing and matches($payload.text, "(")`, `the regular expression is not valid`},
		// Faults in the data have a place as well.
		{`1 + $payload.text`, `+ needs two numbers or two strings, number and string given (line 1, column 3)`},
		{`10 / ($payload.small - 5)`, `division by zero (line 1, column 4)`},
		{"uppercase(\n  repeat($payload.tags, 2))", `repeat: value must be of type string, got array (line 2, column 3)`},
		{`map($payload.items, .sku * 2)`, `* needs two numbers, string and number given (line 1, column 26)`},
		{`$payload.tags.sum`, `(line 1, column 15)`},
		{`"x $( 1 / 0 )"`, `division by zero (line 1, column 9)`},
		{`filter($payload.text, true)`, `filter needs an array, string given (line 1, column 1)`},
		{`filter($payload.items, .price)`, `the predicate of filter needs a boolean, number given`},
		{`$payload.tags[0.5]`, `an index must be an integer, number given`},
		{`$payload.small[1:]`, `only arrays and strings have parts, not number`},
		{`sortBy($payload.items, #)`, `sortBy: elements of type object have no order`},
		{`1..200000`, `a range has at most 100000 elements (line 1, column 2)`},
		{`1.5..2`, `.. needs two integers`},
		{`1 in "abc"`, `in needs an array or an object on its right, string given`},
		{`1e999`, `invalid float literal`},
		{`9` + strings.Repeat("0", 400), `the number is out of range (line 1, column 1)`},
	} {
		checkError(t, test.source, test.want)
	}
}

// A fault in an expression must be findable for a program too: in its fields, not in its text alone.
func TestErrorFields(t *testing.T) {
	fault, ok := errors.AsType[*Error](expressionError(t, "1 +\n uppercas()"))
	if !ok {
		t.Fatal("no *Error")
	}
	want := Error{Message: "Unknown function: uppercas", Detail: "did you mean uppercase?", Position: Position{2, 2}}
	if *fault != want {
		t.Errorf("got %+v, want %+v", *fault, want)
	}
}

func TestScopes(t *testing.T) {
	for _, test := range []struct {
		source string
		from   Scope
		detail string
	}{
		{`$payload.x`, ScopeTrigger, ""},
		{`$request.path`, ScopeTrigger, ""},
		{`$secret.TOKEN`, ScopeTrigger, ""},
		{`$lookup.x`, ScopeProcess, "it exists after the lookup, in set and in perform"},
		{`$processed.x`, ScopeProcess, "it exists in later set lines and in perform"},
		{`$response.status`, ScopeResponse, "it exists after perform, in success"},
	} {
		for scope := ScopeTrigger; scope <= ScopeResponse; scope++ {
			_, err := shopCompiler.Value("text "+test.source, scope)
			if scope >= test.from {
				if err != nil {
					t.Errorf("%s in scope %d: %v", test.source, scope, err)
				}
				continue
			}
			fault, ok := errors.AsType[*Error](err)
			if !ok || fault.Detail != test.detail || fault.Position.Column != 6 {
				t.Errorf("%s in scope %d: %v, want the detail %q", test.source, scope, err, test.detail)
			}
		}
	}
}

// A secret that the configuration declares but the context lacks must not pass as empty.
func TestSecretMissingAtRunTime(t *testing.T) {
	program, err := shopCompiler.Value("Bearer $secret.TOKEN", ScopePerform)
	if err != nil {
		t.Fatal(err)
	}
	_, err = program.Text(&Context{})
	if err == nil || err.Error() != "Unknown secret: TOKEN (line 1, column 16)" {
		t.Errorf("got %v", err)
	}
}

// Errors are stored and shown, so they must not carry what they were about.
func TestErrorsShowNoValues(t *testing.T) {
	for _, source := range []string{
		`$secret.TOKEN + 1`, `$secret.TOKEN > 1`, `toNumber($secret.TOKEN)`, `$secret.TOKEN and true`,
		`-$secret.TOKEN`, `filter($secret.TOKEN, true)`, `jsonDecode($secret.TOKEN)`, `date($secret.TOKEN)`,
		`"a" matches ("(" + $secret.TOKEN)`, `1 in $secret.TOKEN`, `keys($secret.TOKEN)`, `1..$secret.TOKEN`,
		`base64Decode("!" + $secret.TOKEN)`, `[1][$secret.TOKEN.length / 5]`,
	} {
		err := expressionError(t, source)
		if err == nil {
			t.Errorf("%s gave no error", source)
		} else if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s shows the secret: %v", source, err)
		}
	}
}
