package function

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/expression/value"
)

// TestExamples runs every example of the table. Those with predicates or operators need the compiler.
func TestExamples(t *testing.T) {
	ran := 0
	for _, f := range All() {
		if len(f.Examples) == 0 {
			t.Errorf("%s has no example", f.Name)
		}
		for _, example := range f.Examples {
			if !strings.Contains(example.Source, f.Name) && !strings.Contains(example.Source, f.AccessorName()) {
				t.Errorf("example %s does not call %s", example.Source, f.Name)
			}
			got, err := evaluate(t, example.Source, example.Payload)
			if errors.Is(err, errNeedsCompiler) {
				if !f.Builtin {
					t.Errorf("example %s of %s is not a plain call", example.Source, f.Name)
				}
				continue
			}
			ran++
			if err != nil {
				t.Errorf("%s: %v", example.Source, err)
				continue
			}
			checkExample(t, example, got)
		}
	}
	if ran < len(functions) {
		t.Errorf("%d examples of %d functions ran", ran, len(functions))
	}
}

func checkExample(t *testing.T, example Example, got any) {
	t.Helper()
	if example.Pattern != "" {
		if example.Result != "" || !regexp.MustCompile(example.Pattern).MatchString(value.Text(got)) {
			t.Errorf("%s = %v, want a text like %s", example.Source, got, example.Pattern)
		}
		return
	}
	encoded, err := value.AppendJSON(nil, got)
	if err != nil || string(encoded) != example.Result {
		t.Errorf("%s = %s (%v), want %s", example.Source, encoded, err, example.Result)
	}
}

// evaluate understands calls, literals and paths of $payload: enough for most examples and tables of this package.
func evaluate(t *testing.T, source, payload string) (any, error) {
	t.Helper()
	e := evaluator{rest: source}
	if payload != "" {
		var err error
		if e.payload, err = value.Decode([]byte(payload)); err != nil {
			t.Fatalf("payload of %s: %v", source, err)
		}
	}
	result, err := e.expression()
	if err == nil && e.rest != "" {
		err = errNeedsCompiler
	}
	return result, err
}

var errNeedsCompiler = errors.New("more than calls, literals and paths")

type evaluator struct {
	rest    string
	payload any
}

var (
	numberToken = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?(e[0-9]+)?`)
	stringToken = regexp.MustCompile(`^("([^"\\]|\\.)*"|'[^']*')`)
	nameToken   = regexp.MustCompile(`^\$?[a-zA-Z][a-zA-Z0-9]*`)
	stepToken   = regexp.MustCompile(`^\.[a-zA-Z]+`)
)

func (e *evaluator) take(token *regexp.Regexp) string {
	found := token.FindString(e.rest)
	e.rest = e.rest[len(found):]
	return found
}

func (e *evaluator) expression() (any, error) {
	v, err := e.primary()
	for err == nil {
		step := e.take(stepToken)
		if step == "" {
			return v, nil
		}
		v, err = member(v, step[1:])
	}
	return nil, err
}

func member(v any, name string) (any, error) {
	if fields, ok := v.(map[string]any); ok {
		if field, ok := fields[name]; ok {
			return field, nil
		}
	}
	if f, ok := LookupAccessor(name); ok && f.AppliesTo(v) {
		return f.Call([]any{v})
	}
	return nil, nil
}

func (e *evaluator) primary() (any, error) {
	if token := e.take(numberToken); token != "" {
		n, _ := value.ParseNumber(token)
		return n, nil
	}
	if token := e.take(stringToken); token != "" {
		if token[0] == '\'' {
			return token[1 : len(token)-1], nil
		}
		return strconv.Unquote(token)
	}
	if strings.HasPrefix(e.rest, "[") {
		e.rest = e.rest[1:]
		return e.list("]")
	}
	name := e.take(nameToken)
	switch name {
	case "":
		return nil, errNeedsCompiler
	case "true", "false":
		return name == "true", nil
	case "null":
		return nil, nil
	case "$payload":
		return e.payload, nil
	}
	f, ok := Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no function %s", name)
	}
	if f.Call == nil || !strings.HasPrefix(e.rest, "(") {
		return nil, errNeedsCompiler
	}
	e.rest = e.rest[1:]
	args, err := e.list(")")
	if err != nil {
		return nil, err
	}
	return f.Call(args)
}

func (e *evaluator) list(end string) ([]any, error) {
	elements := []any{}
	for {
		e.rest = strings.TrimLeft(e.rest, ", ")
		if rest, ok := strings.CutPrefix(e.rest, end); ok {
			e.rest = rest
			return elements, nil
		}
		element, err := e.expression()
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
}

// outcome is one line of a table: a source and its result as JSON, or a part of its error.
type outcome struct {
	source string
	want   string // JSON
	err    string
}

func checkOutcomes(t *testing.T, outcomes []outcome) {
	t.Helper()
	for _, o := range outcomes {
		got, err := evaluate(t, o.source, "")
		if o.err != "" {
			if err == nil || !strings.Contains(err.Error(), o.err) {
				t.Errorf("%s = %v, %v; want the error %q", o.source, got, err, o.err)
			}
			continue
		}
		encoded, _ := value.AppendJSON(nil, got)
		if err != nil || string(encoded) != o.want {
			t.Errorf("%s = %s, %v; want %s", o.source, encoded, err, o.want)
		}
	}
}

// apply calls a function with Go values, and makes sure that it leaves them alone.
func apply(t testing.TB, name string, args ...any) (any, error) {
	t.Helper()
	f, ok := Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	before := clone(args)
	result, err := f.Call(args)
	if diff := cmp.Diff(before, any(args)); len(args) > 0 && diff != "" {
		t.Fatalf("%s changed its arguments: %s", name, diff)
	}
	return result, err
}

func mustApply(t testing.TB, name string, args ...any) any {
	t.Helper()
	result, err := apply(t, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func clone(v any) any {
	switch v := v.(type) {
	case []any:
		copied := make([]any, len(v))
		for i, element := range v {
			copied[i] = clone(element)
		}
		return copied
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, field := range v {
			copied[name] = clone(field)
		}
		return copied
	}
	return v
}
