package expression

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/expression/value"
)

func TestSourceLimits(t *testing.T) {
	const (
		tooLong = "the expression is longer than 8192 bytes"
		tooDeep = "the expression is nested too deeply"
		tooMany = "the expression has too many parts"
	)
	for _, test := range []struct{ name, source, want string }{
		{"length", strings.Repeat(" ", maxSource) + "1", tooLong},
		{"a million brackets", strings.Repeat("(", 1_000_000), tooLong},
		{"brackets", strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), tooDeep},
		{"arrays", strings.Repeat("[", 65) + strings.Repeat("]", 65), tooDeep + " (line 1, column 65)"},
		{"signs", strings.Repeat("-", 1000) + "1", tooDeep},
		{"negations", strings.Repeat("!", 1000) + "true", tooDeep},
		{"conditionals", strings.Repeat("true ? 1 : ", 300) + "2", tooDeep},
		{"terms", strings.Repeat("1+", 300) + "1", tooDeep},
		{"lets", strings.Repeat("let a = 1;", 500) + "1", tooDeep},
		{"too many signs", strings.Repeat("-", 8000) + "1", tooMany},
		{"elements", "[" + strings.Repeat("1,", 4000) + "1]", tooMany},
		{"steps of a path", "$payload" + strings.Repeat(".a", 4000), tooMany},
		{"chained comparisons", strings.Repeat("1 < (", 30) + "1" + strings.Repeat(") < 3", 30), tooMany},
		{"references", `"` + strings.Repeat("$(1)", 2000) + `"`, tooMany},
		{"UTF-8", "'\xff'", "the expression is not valid UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkError(t, test.source, test.want)
			_, err := shopCompiler.Value("="+test.source, ScopeTrigger)
			want, _, _ := strings.Cut(test.want, " (")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("as a value: %.200v", err)
			}
		})
	}
	if _, err := shopCompiler.Template(strings.Repeat("x", maxSource+1), ScopeTrigger); err == nil {
		t.Error("a template can have any length")
	}
	// What people write stays far below the limits.
	check(t, strings.Repeat("(", 60)+"1"+strings.Repeat(")", 60), "1")
	check(t, "["+strings.Repeat("1,", 1500)+"1][1500]", "1")
	check(t, strings.Repeat("1+", 150)+"1", "151")
}

// Each of these would run for minutes or need gigabytes.
func TestEvaluationLimits(t *testing.T) {
	patient := NewCompiler(nil)
	patient.limits.duration = time.Hour
	for _, test := range []struct{ source, want string }{
		{`let a = 1..1000; count(a, any(a, any(a, # < 0)))`, errSteps.Error()},
		{`let a = 1..100000; count(a, any(a, # < 0))`, errSteps.Error()},
		{`let a = 1..5000; map(a, map(a, map(a, 1)))`, errMemory.Error()},
		{"let a = 1..100000; [" + strings.Repeat("a, ", 50) + "a]", errMemory.Error()},
		{`reduce(1..30, merge(#acc, #acc), [$payload])`, errMemory.Error()},
		{`reduce(1..100, [#acc, #acc], "x")`, errMemory.Error()},
		{`reduce(1..100, {"a": #acc, "b": #acc}, "x")`, errMemory.Error()},
		{`reduce(1..100, #acc + #acc, "x")`, errMemory.Error()},
		{`reduce(1..100, "$(#acc)$(#acc)", "x")`, errMemory.Error()},
		{`map(1..100000, $payload.long)`, errMemory.Error()},
		{`map(1..100000, "$payload.long")`, errMemory.Error()},
		{`map(1..100000, $payload.long | uppercase())`, errMemory.Error()},
		{`map(1..100000, repeat("x", 1000000))`, errMemory.Error()},
		{`count(1..100000, $payload.long[1:-1] == "")`, errMemory.Error()},
		{`groupBy(1..100000, $payload.long)`, errMemory.Error()},
		{`{($payload.long): 1, "a": map(1..200, $payload.long)}`, errMemory.Error()},
		{`repeat("x", 1000000000)`, "repeat: the text becomes longer than 1 MiB"},
	} {
		ctx := longContext(t)
		program, err := patient.Expression(test.source, ScopeTrigger)
		if err != nil {
			t.Fatalf("%s: %v", test.source, err)
		}
		_, err = program.Eval(ctx)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s gave the error %v, want %s", test.source, err, test.want)
		}
		if fault, ok := errors.AsType[*Error](err); ok && fault.Position.Line != 1 {
			t.Errorf("%s: the error has no place: %v", test.source, err)
		}
	}
}

func longContext(tb testing.TB) *Context {
	tb.Helper()
	payload, err := value.NewDocument(fmt.Appendf(nil, `{"long":%q}`, strings.Repeat("ab", 250_000)))
	if err != nil {
		tb.Fatal(err)
	}
	return &Context{Payload: payload}
}

// Work that steps do not measure well is stopped by the clock.
func TestTimeLimit(t *testing.T) {
	hasty := NewCompiler(nil)
	hasty.limits.duration = time.Nanosecond
	for _, source := range []string{
		`count(1..100000, # < 0)`,
		`count(1..1000, sha256($payload.long) == "")`,
		`count(1..1000, $payload.long matches "x$")`,
		`count(1..1000, matches($payload.long, "x$"))`,
		`count(1..1000, $payload.long[400000] == "")`,
		`count(1..10000, $payload == $payload)`,
	} {
		program, err := hasty.Expression(source, ScopeTrigger)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if _, err = program.Eval(longContext(t)); err == nil || !strings.Contains(err.Error(), errDuration.Error()) {
			t.Errorf("%s gave the error %v", source, err)
		}
	}
	// A short program ends before anyone looks at the clock.
	program, err := hasty.Expression(orderTrigger, ScopeTrigger)
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := program.Truthy(orderContext(t)); err != nil || !holds {
		t.Errorf("gave %t, %v", holds, err)
	}
}

// What a sensible program does with a large payload stays within the limits.
func TestLargePayload(t *testing.T) {
	var items []string
	for i := range 10_000 {
		items = append(items, fmt.Sprintf(`{"sku":"SKU-%d","price":%d.5,"tags":["a","b"]}`, i, i))
	}
	payload, err := value.NewDocument([]byte(`{"items":[` + strings.Join(items, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx := &Context{Payload: payload}
	for _, source := range []string{
		`filter($payload.items, .price > 100 and .sku startsWith "SKU")`,
		`map($payload.items, {"sku": .sku.lowercase, "price": .price * 1.2})`,
		`map($payload.items, "$(.sku): $(.price)") | join(", ")`,
		`sortBy($payload.items, "price", "desc")`,
		`sum($payload.items, .price)`,
		`count($payload.items, matches(.sku, "^SKU-[0-9]+$"))`,
		`[$payload.items]`,
		`$payload.items | sortBy("price") | reverse() | slice(0, 5000) | unique() | map({"a": #}) | count()`,
	} {
		if _, err := mustExpression(t, source).Eval(ctx); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// An evaluation that failed leaves nothing behind for the next one in its frame.
func TestFrameAfterError(t *testing.T) {
	failing := mustExpression(t, `map([1, 2], {let x = [1, concat("a", "b $( 1 / (# - #) )")]; x})`)
	healthy := mustExpression(t, `map([1, 2], {let x = concat("a", "b $(#)"); x + "c"})`)
	for range 100 {
		if _, err := failing.Eval(&Context{}); err == nil {
			t.Fatal("no error")
		}
		text, err := healthy.Text(&Context{})
		if err != nil || text != `["ab 1c","ab 2c"]` {
			t.Fatalf("got %s, %v", text, err)
		}
	}
	f := newFrame(&Context{}, defaultLimits)
	if len(f.args)+len(f.variables)+len(f.loops)+len(f.text)+f.built+f.spent != 0 || !f.started.IsZero() {
		t.Errorf("a fresh frame has %+v", f)
	}
}

type panicking struct{}

func (panicking) eval(*frame) (any, error) { panic("s3cr3t") }

// A panic costs one evaluation, and its text, which may be data, is not shown.
func TestPanicIsAnError(t *testing.T) {
	program := &Program{root: &notNode{operand: panicking{}}, limits: defaultLimits}
	_, err := program.Eval(&Context{})
	if err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
}
