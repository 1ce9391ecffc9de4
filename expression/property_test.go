package expression

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// sources are expressions of every kind, for the laws that hold for all of them.
func sources() []string {
	all := []string{
		orderTrigger, orderName, `$payload.items[0].price * 1.2`, `"New $payload.text"`, `$payload.text | split("a")`,
		`map($payload.items, "$(.sku) $payload.text")`, `let a = [1, $payload.small]; a[1] ?? 5`,
		`filter($payload.items, .price > 10)`, `map($payload.items, {"a": .sku})`,
		`if $payload.yes { 1 } else { {"a": $payload.tags[1:]} }`, `$payload.nothing?.x > 3 or not $payload.yes`,
		`reduce($payload.items, #acc + .qty, 0)`, `1..3`, `-$payload.small ** 2 / 3`, `10 / ($payload.small - 5)`,
		`$request`, `$request.headers["x-list"]`, `$processed`, `$event.id`, `$payload.id`, `$payload.tags.sum`,
	}
	for _, fn := range function.All() {
		for _, example := range fn.Examples {
			if example.Pattern == "" {
				all = append(all, example.Source)
			}
		}
	}
	return all
}

// Explain is Eval that talks.
func TestExplainGivesTheResultOfEval(t *testing.T) {
	for _, source := range sources() {
		program, err := shopCompiler.Expression(source, ScopeResponse)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		want, wantErr := program.Eval(shop(t))
		got, explanations, err := program.Explain(shop(t))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: explained %v, %v, evaluated %v, %v", source, got, err, want, wantErr)
		}
		for i, e := range explanations {
			if !json.Valid(e.Value) || len(e.Value) > maxExplained {
				t.Errorf("%s: the value of %s is %s", source, e.Expression, e.Value)
			}
			if i == 0 && wantErr == nil && e.Expression != strings.TrimSpace(source) {
				t.Errorf("%s: the first explanation is about %s", source, e.Expression)
			}
			if !strings.Contains(source, e.Expression) {
				t.Errorf("%s: %q is no part of it", source, e.Expression)
			}
		}
	}
}

// Each explained part, compiled on its own, has the value that the explanation gives.
func TestExplanationsAreTrue(t *testing.T) {
	for _, source := range sources() {
		program, err := shopCompiler.Expression(source, ScopeResponse)
		if err != nil {
			t.Fatal(err)
		}
		_, explanations, _ := program.Explain(shop(t))
		for _, e := range explanations {
			part, err := shopCompiler.Expression(e.Expression, ScopeResponse)
			if err != nil {
				continue // a part of a predicate, or with a name that let declares
			}
			got, err := part.Eval(shop(t))
			if err != nil {
				t.Errorf("%s: %s alone fails: %v", source, e.Expression, err)
				continue
			}
			if text := explain(got); !bytes.Equal(text, e.Value) && !bytes.HasPrefix(e.Value, []byte("["+string(text))) {
				t.Errorf("%s: %s is explained as %s, alone it is %s", source, e.Expression, e.Value, text)
			}
		}
	}
}

// A value that is one reference has the JSON that was received, to the byte.
func TestLoneReferenceGivesTheRawBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, reference, part := anyDocument(t)
		payload, err := value.NewDocument([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		program, err := NewCompiler(nil).Value(reference, ScopePerform)
		if err != nil {
			t.Fatalf("%s: %v", reference, err)
		}
		ctx := &Context{Payload: payload}
		got, err := program.AppendJSON(nil, ctx)
		if err != nil || string(got) != part {
			t.Fatalf("%s of %s gave %s, %v, want %s", reference, text, got, err, part)
		}
		if err := program.Set(ctx, "kept"); err != nil {
			t.Fatal(err)
		}
		again, err := mustProcessed(t).AppendJSON(nil, ctx)
		if err != nil || string(again) != part {
			t.Fatalf("$processed.kept gave %s, %v, want %s", again, err, part)
		}
		v, err := program.Eval(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if decoded, err := value.Decode(got); err != nil || !reflect.DeepEqual(decoded, v) {
			t.Fatalf("%s: the JSON is of %v, the value is %v", reference, decoded, v)
		}
	})
}

func mustProcessed(t *rapid.T) *Program {
	program, err := NewCompiler(nil).Value("$processed.kept", ScopePerform)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// anyDocument is a JSON text with odd spelling, a reference to a part of it, and the text of that part.
func anyDocument(t *rapid.T) (text, reference, part string) {
	part = anyJSON(t, 3)
	text, reference = part, ""
	for range rapid.IntRange(0, 4).Draw(t, "steps") {
		if rapid.Bool().Draw(t, "array") {
			before := rapid.IntRange(0, 2).Draw(t, "before")
			after := rapid.IntRange(0, 2).Draw(t, "after")
			elements := slicesOf(before, "{\"x\": [1.0]}")
			elements = append(elements, text)
			elements = append(elements, slicesOf(after, "\"]\\\"\"")...)
			text = "[ " + strings.Join(elements, " ,\t") + "]"
			index := before
			if rapid.Bool().Draw(t, "negative") {
				index = -1 - after
			}
			reference = fmt.Sprintf("[%d]", index) + reference
			continue
		}
		name := rapid.SampledFrom([]string{"a", "name", "with blank", "ü", "length", `q"uote`}).Draw(t, "name")
		quoted, _ := json.Marshal(name)
		// A name that appears twice: the last one counts.
		text = fmt.Sprintf("{\"z\":0, %s : {}, \"a_\": [{}],\n%s :%s }", quoted, quoted, text)
		if strings.ContainsAny(name, `" `) {
			reference = "['" + name + "']" + reference
		} else {
			reference = "." + name + reference
		}
	}
	return text, "$payload" + reference, part
}

func slicesOf(n int, text string) []string {
	result := make([]string, n)
	for i := range result {
		result[i] = text
	}
	return result
}

func anyJSON(t *rapid.T, depth int) string {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return "null"
	case 1:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "boolean")
	case 2:
		numbers := []string{"0", "-0.0", "1.50", "1e3", "1E-2", "12345678901234567890", "9007199254740993"}
		return rapid.SampledFrom(numbers).Draw(t, "number")
	case 3:
		texts := []string{`""`, `"\u0041"`, `"a\/b"`, `"ü€😀"`, `"\ud83d\ude00"`, `"\\\""`}
		return rapid.SampledFrom(texts).Draw(t, "string")
	case 4:
		return rapid.SampledFrom([]string{"[]", "{}", "[ ]", "{ }"}).Draw(t, "empty")
	case 5:
		return "[" + anyJSON(t, depth-1) + " , " + anyJSON(t, depth-1) + "]"
	}
	return `{"b" : ` + anyJSON(t, depth-1) + `,"a":` + anyJSON(t, depth-1) + "}"
}

// Programs are shared by all requests; with -race this finds what is written while others read.
func TestProgramsAreSafeForConcurrentUse(t *testing.T) {
	var programs []*Program
	var want []string
	for _, source := range sources() {
		program, err := shopCompiler.Expression(source, ScopeResponse)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, program)
		want = append(want, outcome(program, shop(t)))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 300 {
				i := rand.IntN(len(programs))
				if got := outcome(programs[i], shop(t)); got != want[i] {
					t.Errorf("%s gave %s, want %s", programs[i].Source(), got, want[i])
				}
				if _, _, err := programs[i].Explain(shop(t)); (err == nil) == strings.HasPrefix(want[i], "error") {
					t.Errorf("%s: explained with the error %v", programs[i].Source(), err)
				}
			}
		})
	}
	group.Wait()
}

func outcome(program *Program, ctx *Context) string {
	text, err := program.AppendJSON(nil, ctx)
	if err != nil {
		return "error " + err.Error()
	}
	return string(text)
}
