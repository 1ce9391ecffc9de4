package expression

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// A call of concat gives what the function of the library gives.
func TestConcatIsTheFunction(t *testing.T) {
	fn, _ := function.Lookup("concat")
	large := strings.Repeat("x", 400_000)
	argument := rapid.SampledFrom([]any{
		nil, "", "text", "é\xff", true, int64(-7), 1.5, 1e30, value.Number("12345678901234567890"), large, []any{large, "y"},
		[]any{large, large, large}, []any{int64(1), nil, "a\"b"}, map[string]any{"b": 1.0, "a": []any{}},
	})
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(argument, 1, 6).Draw(t, "arguments")
		sources := make([]string, len(args))
		for i := range args {
			sources[i] = fmt.Sprintf("$payload[%d]", i)
		}
		source := "concat(" + strings.Join(sources, ", ") + ")"
		program, err := NewCompiler(nil).Expression(source, ScopeTrigger)
		if err != nil {
			t.Fatal(err)
		}
		got, err := program.Eval(&Context{Payload: value.DocumentOf(args)})
		want, wantErr := fn.Call(args)
		if wantErr == nil {
			if err != nil || got != want {
				t.Fatalf("%s gave %.100v, %v, want %.100v", source, got, err, want)
			}
			return
		}
		if fault, ok := errors.AsType[*Error](err); !ok || fault.Message != wantErr.Error() {
			t.Fatalf("%s gave the error %v, want %v", source, err, wantErr)
		}
	})
}

func TestConcatLimits(t *testing.T) {
	const tooLong = "concat: the text becomes longer than 1 MiB"
	for _, test := range []struct{ source, want string }{
		{`1 + concat($payload.long, $payload.long, $payload.long, "x")`, tooLong + ` (line 1, column 5)`},
		{`concat("a", concat($payload, $payload, $payload))`, tooLong + ` (line 1, column 13)`},
		{`concat($payload.long, $payload.long, $payload.long, 1 / 0)`, `division by zero (line 1, column 55)`},
		{`count(1..20, and(concat($payload.long), false))`, errSteps.Error() + ` (line 1, column 18)`},
		{`count(1..20, and(concat($payload), false))`, errMemory.Error() + ` (line 1, column 18)`},
	} {
		compiler := NewCompiler(nil)
		compiler.limits.steps, compiler.limits.memory = 1000, 8<<20
		program, err := compiler.Expression(test.source, ScopeTrigger)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = program.Eval(longContext(t)); err == nil || err.Error() != test.want {
			t.Errorf("%s gave the error %v, want %s", test.source, err, test.want)
		}
	}
}
