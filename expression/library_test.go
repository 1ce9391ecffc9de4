package expression

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

func exampleContext(tb testing.TB, payload string) *Context {
	tb.Helper()
	document, err := value.NewDocument([]byte(payload))
	if err != nil {
		tb.Fatal(err)
	}
	return &Context{Payload: document}
}

// Every example of the library holds when it is compiled and evaluated like any expression, and as a value.
func TestLibraryExamples(t *testing.T) {
	compiler := NewCompiler(nil)
	for _, fn := range function.All() {
		if len(fn.Examples) == 0 {
			t.Errorf("%s has no example", fn.Name)
		}
		for _, example := range fn.Examples {
			program, err := compiler.Expression(example.Source, ScopeTrigger)
			if err != nil {
				t.Errorf("%s: %v", example.Source, err)
				continue
			}
			got, err := program.AppendJSON(nil, exampleContext(t, example.Payload))
			switch {
			case err != nil:
				t.Errorf("%s: %v", example.Source, err)
			case example.Pattern != "":
				text, _ := program.Text(exampleContext(t, example.Payload))
				if !regexp.MustCompile(example.Pattern).MatchString(text) {
					t.Errorf("%s gave %s, want a match of %s", example.Source, text, example.Pattern)
				}
			case !sameJSON(t, string(got), example.Result):
				t.Errorf("%s gave %s, want %s", example.Source, got, example.Result)
			}
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal([]byte(a), &left); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if err := json.Unmarshal([]byte(b), &right); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return reflect.DeepEqual(left, right)
}

// The node that stands for a function which need not evaluate all arguments agrees with the function.
func TestLazyCallsAgreeWithTheLibrary(t *testing.T) {
	arguments := []any{nil, false, true, int64(0), "", "0", "x", []any{}}
	for _, name := range []string{"and", "or", "if", "coalesce", "default"} {
		fn, ok := function.Lookup(name)
		if !ok {
			t.Fatalf("the library has no %s", name)
		}
		for _, a := range arguments {
			for _, b := range arguments {
				want, err := fn.Call([]any{a, b})
				if err != nil {
					t.Fatal(err)
				}
				f := newFrame(&Context{}, defaultLimits)
				got, err := lazyCall(name, []node{constant{a}, constant{b}}).eval(f)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s(%#v, %#v) gave %#v, %v, the library %#v", name, a, b, got, err, want)
				}
				f.release()
			}
		}
	}
}

// A result must not be a part of the stack of arguments, which the next call overwrites.
func TestResultsOutliveTheFrame(t *testing.T) {
	compiler := NewCompiler(nil)
	for _, fn := range function.All() {
		for _, example := range fn.Examples {
			if example.Pattern != "" {
				continue
			}
			ctx := exampleContext(t, example.Payload)
			source := "[" + example.Source + "]"
			program, err := compiler.Expression(source, ScopeTrigger)
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			first, err := program.Eval(ctx)
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			before, _ := value.AppendJSON(nil, first)
			scramble := mustExpression(t, `concat("a", "b", "c", [1, 2, max(7, 8, 9)], {"a": 1})`)
			for range 3 {
				if _, err := scramble.Eval(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if after, _ := value.AppendJSON(nil, first); string(after) != string(before) {
				t.Errorf("%s gave %s, which became %s", source, before, after)
			}
		}
	}
}

// Every function of one argument follows a path under its accessor's name.
func TestEveryAccessorIsReachable(t *testing.T) {
	for _, fn := range function.All() {
		name := fn.AccessorName()
		if name == "" {
			continue
		}
		for _, argument := range []any{"2026-11-22", "1", "e30=", "{}", int64(1), []any{int64(1)}, map[string]any{"a": "b"}} {
			if !fn.AppliesTo(argument) {
				continue
			}
			want, wantErr := fn.Call([]any{argument})
			ctx := &Context{Payload: value.DocumentOf(map[string]any{"x": argument})}
			got, err := mustExpression(t, "$payload.x."+name).Eval(ctx)
			if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(got, want) {
				t.Errorf("%v.%s gave %v, %v, the function %v, %v", argument, name, got, err, want, wantErr)
			}
		}
	}
}

func TestStockFunctions(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`len("abc") + len([1, 2])`, `5`},
		{`upper("a") + lower("B")`, `"Ab"`},
		{`hasPrefix("abc", "a") and hasSuffix("abc", "c")`, `true`},
		{`int("5") + float("1.5")`, `6.5`},
		{`string(5) + type([])`, `"5array"`},
		{`mean([1, 2])`, `1.5`},
		{`uniq([1, 1])`, `[1]`},
		{`fromJSON(toJSON({"a": 1}))`, `{"a":1}`},
		{`fromBase64(toBase64("a"))`, `"a"`},
		{`trimPrefix("abc", "a") + trimSuffix("abc", "c")`, `"bcab"`},
		{`trimPrefix(null, "a")`, `null`},
		{`lastIndexOf("äbäb", "ä")`, `2`},
		{`lastIndexOf("a", "b")`, `-1`},
		{`take([1, 2, 3], 2)`, `[1,2]`},
		{`take([1], 5)`, `[1]`},
		{`median([3, 1, 2])`, `2`},
		{`median([4, 1, 2, 3])`, `2.5`},
		{`median([])`, `null`},
		{`toPairs({"b": 1, "a": 2})`, `[["a",2],["b",1]]`},
		{`fromPairs([["a", 1], [2, "b"]])`, `{"2":"b","a":1}`},
		{`[bitand(6, 3), bitor(6, 3), bitxor(6, 3), bitnand(6, 3), bitnot(0)]`, `[2,7,5,4,-1]`},
		{`[bitshl(1, 3), bitshr(-8, 1), bitushr(-1, 63), bitshl(1, 64), bitshl(1, -1)]`, `[8,-4,1,0,0]`},
		{`"abc" | trimPrefix("a")`, `"bc"`},
	} {
		check(t, test.source, test.want)
	}
	for _, test := range []struct{ source, want string }{
		{`trimPrefix(1, "a")`, `trimPrefix: needs two strings, number and string given (line 1, column 1)`},
		{`take([1], -1)`, `take: needs an array and a count`},
		{`median(["1"])`, `median: needs an array of numbers, string found in it`},
		{`median("1")`, `median: needs an array, string given`},
		{`toPairs([])`, `toPairs: needs an object, array given`},
		{`fromPairs([[1]])`, `fromPairs: needs an array of pairs`},
		{`fromPairs(1)`, `fromPairs: needs an array, number given`},
		{`bitand(1.5, 1)`, `bitand: needs integers, number given`},
		{`bitnot("1")`, `bitnot: needs integers, string given`},
		{`upper()`, `uppercase requires at least 1 argument(s), 0 given`},
		{`median([], 1)`, `median accepts at most 1 argument(s), 2 given`},
		// What gives Go's own types is not there.
		{`duration("1h")`, `Unknown function: duration`},
		{`timezone("UTC")`, `Unknown function: timezone`},
	} {
		checkError(t, test.source, test.want)
	}
	for name, ours := range stockNames {
		if stock[name] == nil {
			t.Errorf("the library has no %s for %s", ours, name)
		}
	}
}

// The table says which functions take a predicate; the compiler must know each of them.
func TestPredicateFunctionsAreKnown(t *testing.T) {
	for _, fn := range function.All() {
		if _, known := loops[fn.Name]; fn.Builtin != known {
			t.Errorf("%s: the library says Builtin %t, the compiler %t", fn.Name, fn.Builtin, known)
		}
	}
}
