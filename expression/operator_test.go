package expression

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"
)

func TestOperators(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		// Comparison with null is false, whichever way round.
		{`$payload.missing > 3`, `false`},
		{`$payload.missing <= 3`, `false`},
		{`3 < null`, `false`},
		{`null >= null`, `false`},
		{`null == null`, `true`},
		{`$payload.missing == null`, `true`},
		{`$payload.missing != 3`, `true`},
		{`null == false`, `false`},
		{`null and true`, `false`},
		{`true and null`, `false`},
		{`null or true`, `true`},
		{`null or null`, `false`},
		{`not null`, `true`},
		{`!null`, `true`},
		{`null ? 1 : 2`, `2`},
		{`null ?: 2`, `2`},
		{`true ?: 2`, `true`},
		{`null ?? 2`, `2`},
		{`false ?? 2`, `false`},
		{`nil`, `null`},
		{`null in [null]`, `true`},
		{`1 in null`, `false`},
		{`null contains "a"`, `false`},
		{`"a" startsWith null`, `false`},
		{`null matches "a"`, `false`},
		{`null in {"a": 1}`, `false`},
		{`"a" in {"a": null}`, `true`},
		// Arithmetic with null is null; beside a string it is empty text.
		{`null + 1`, `null`},
		{`1 - $payload.missing`, `null`},
		{`-null`, `null`},
		{`null + null`, `null`},
		{`"a" + null`, `"a"`},
		{`null + "a"`, `"a"`},
		{`1..null`, `null`},
		// Operators are strict about types, functions are not.
		{`5 == 5.0`, `true`},
		{`"5" == 5`, `false`},
		{`5 == "5"`, `false`},
		{`equals("5", 5)`, `true`},
		{`notEquals("5", 5)`, `false`},
		{`greaterThan("10", 9)`, `true`},
		{`"10" > "9"`, `false`},
		{`"b" > "a"`, `true`},
		{`[1, "a"] == [1.0, "a"]`, `true`},
		{`[1] == ["1"]`, `false`},
		{`{"a": [1]} == {"a": [1]}`, `true`},
		{`{"a": 1} == {"b": 1}`, `false`},
		{`{"a": 1} == {"a": 1, "b": 1}`, `false`},
		{`[1] == [1, 2]`, `false`},
		{`5 in ["5"]`, `false`},
		{`1 < 2 < 3`, `true`},
		{`3 > 2 > 2`, `false`},
		// Integers are exact, at any size.
		{`9007199254740993 == 9007199254740992`, `false`},
		{`9223372036854775807 + 1`, `9223372036854775808`},
		{`-9223372036854775808 - 1`, `-9223372036854775809`},
		{`9223372036854775807 * 9223372036854775807`, `85070591730234615847396907784232501249`},
		{`$payload.id + 1`, `12345678901234567891`},
		{`$payload.id > 5`, `true`},
		{`$payload.id == 12345678901234567890`, `true`},
		{`$payload.id - 12345678901234567889`, `1`},
		{`12_345_678_901_234_567_890 == $payload.id`, `true`},
		{`-$payload.id`, `-12345678901234567890`},
		{`-(-9223372036854775808)`, `9223372036854775808`},
		{`+5`, `5`},
		{`7 / 2`, `3.5`},
		{`6 / 2`, `3`},
		{`7 % 3`, `1`},
		{`2 ** 10`, `1024`},
		{`2 ^ 64`, `18446744073709551616`},
		{`2 ** -1`, `0.5`},
		{`0.1 + 0.2`, `0.30000000000000004`},
		{`0x10 + 0b11 + 0o7 + 1_000`, `1026`},
		{`1..4`, `[1,2,3,4]`},
		{`4..1`, `[]`},
		{`9223372036854775806..9223372036854775807`, `[9223372036854775806,9223372036854775807]`},
		// The operators' order is expr-lang's.
		{`1 + 2 * 3`, `7`},
		{`not true == false`, `true`},
		{`not (true) or true`, `true`},
		{`"a" + "b" contains "ab"`, `true`},
		{`"abc" not contains "x"`, `true`},
		{`"abc" matches "^a.c$"`, `true`},
		{`"abc" not matches "^b"`, `true`},
		{`true || false && false`, `true`},
		{`1 > 2 ? "a" : 2 > 1 ? "b" : "c"`, `"b"`},
		{`{a: 1, "b": 2, 3: 3, ("c" + "d"): 4}`, `{"3":3,"a":1,"b":2,"cd":4}`},
		{`[1, 2, 3][1:][0]`, `2`},
		{`false and 1 / 0 == 1`, `false`},
		{`true or 1 / 0 == 1`, `true`},
	} {
		check(t, test.source, test.want)
	}
	for _, test := range []struct{ source, want string }{
		{`"0" and true`, `and needs a boolean, string given`},
		{`true && 1`, `&& needs a boolean, number given`},
		{`!"a"`, `not needs a boolean, string given`},
		{`not 0`, `not needs a boolean`},
		{`1 ? 2 : 3`, `? needs a boolean`},
		{`1 ?: 3`, `?: needs a boolean`},
		{`"a" > 1`, `cannot compare string with number (line 1, column 5): greaterThan and its kin`},
		{`[1] > [0]`, `cannot compare array with array`},
		{`true > false`, `cannot compare boolean with boolean`},
		{`1 contains 1`, `contains needs two strings, number and number given`},
		{`[1] contains "a"`, `the function contains(…) takes other types`},
		{`"5" * 2`, `* needs two numbers, string and number given (line 1, column 5): toNumber(…)`},
		{`-"5"`, `a sign needs a number, string given`},
		{`+[]`, `a sign needs a number, array given`},
		{`"a" + 1`, `+ needs two numbers or two strings`},
		{`[1] + [2]`, `+ needs two numbers, array and array given`},
		{`1 % 0`, `division by zero`},
		{`1e308 * 10`, `out of range`},
	} {
		checkError(t, test.source, test.want)
	}
}

// Where an operator has numbers to work on, it gives what expr-lang gives, as long as that does not wrap around or
// lose digits.
func TestOperatorsAgreeWithExprLang(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := arithmeticSource(t, 3)
		want, err := expr.Eval(source, nil)
		if err != nil {
			t.Skip("not valid in expr-lang: division by zero")
		}
		program, err := NewCompiler(nil).Expression(source, ScopeTrigger)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		got, err := program.Eval(&Context{})
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		switch number := want.(type) {
		case int:
			want = int64(number)
		case float64:
			if math.IsInf(number, 0) || math.IsNaN(number) {
				t.Skip("not finite in expr-lang")
			}
		}
		if !same(got, want) {
			t.Fatalf("%s gave %v, in expr-lang %v", source, got, want)
		}
	})
}

// arithmeticSource is an expression without null and with small integers, of type number.
func arithmeticSource(t *rapid.T, depth int) string {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "number"))
	}
	left, right := arithmeticSource(t, depth-1), arithmeticSource(t, depth-1)
	switch form := rapid.SampledFrom([]string{"+", "-", "*", "?", "()", "-x", "max"}).Draw(t, "form"); form {
	case "?":
		comparison := rapid.SampledFrom([]string{"<", ">", "==", "!=", "<=", ">="}).Draw(t, "comparison")
		logic := rapid.SampledFrom([]string{"and", "or", "&&", "||"}).Draw(t, "logic")
		condition := fmt.Sprintf("%s %s %s %s not (%s in [%s, 1])", left, comparison, right, logic, left, right)
		return fmt.Sprintf("(%s ? %s : %s)", condition, right, left)
	case "()":
		return "(" + left + ")"
	case "-x":
		return "-" + left
	case "max":
		return fmt.Sprintf("sum(filter([%s, %s], # > %s), # * 2)", left, right, left)
	default:
		return fmt.Sprintf("%s %s %s", left, form, right)
	}
}

// == is an equivalence, and agrees with the equality of JSON texts of values without numbers in two spellings.
func TestSameIsAnEquivalence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue(t, 3), anyValue(t, 3)
		if !same(a, a) {
			t.Fatalf("%v is not the same as itself", a)
		}
		if same(a, b) != same(b, a) {
			t.Fatalf("%v and %v: not symmetric", a, b)
		}
		textA, _ := json.Marshal(a)
		textB, _ := json.Marshal(b)
		if want := string(textA) == string(textB); same(a, b) != want {
			t.Fatalf("%s and %s: %t", textA, textB, !want)
		}
		if reflect.DeepEqual(a, b) && !same(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

func anyValue(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "boolean")
	case 2:
		return rapid.Int64Range(-3, 3).Draw(t, "integer")
	case 3:
		return rapid.SampledFrom([]string{"", "0", "1", "a"}).Draw(t, "string")
	case 4:
		elements := []any{}
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			elements = append(elements, anyValue(t, depth-1))
		}
		return elements
	}
	members := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "length") {
		members[rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")] = anyValue(t, depth-1)
	}
	return members
}
