package function

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

func TestNullInNullOut(t *testing.T) {
	tested := 0
	for _, f := range All() {
		for i, p := range f.Parameters {
			if f.Call == nil || !p.Subject {
				continue
			}
			tested++
			args := fitting(f)
			args[i] = nil
			if got, err := f.Call(args); got != nil || err != nil {
				t.Errorf("%s with null as %s = %v, %v", f.Name, p.Name, got, err)
			}
		}
	}
	if tested < 55 {
		t.Errorf("only %d functions give null for null", tested)
	}
}

// TestNullForOptional checks that null for an optional parameter is as good as leaving it out.
func TestNullForOptional(t *testing.T) {
	for _, f := range All() {
		if f.Call == nil || f.Name == "if" {
			continue
		}
		args := fitting(f)
		want, err := f.Call(args)
		for range f.MaxArgs() - len(args) {
			args = append(args, nil)
			if f.Builtin && f.Parameters[len(args)-1].Predicate || f.Name == "now" || f.Name == "uuid" {
				continue
			}
			got, errWithNull := f.Call(args)
			if !cmp.Equal(got, want) || (err == nil) != (errWithNull == nil) {
				t.Errorf("%s%v = %v, %v; want %v, %v", f.Name, args, got, errWithNull, want, err)
			}
		}
	}
}

// TestWrongTypes gives every parameter every type that it does not take: the error names the function, the parameter
// and the type, and shows nothing of the value.
func TestWrongTypes(t *testing.T) {
	const hidden = "hidden-7391"
	for _, f := range All() {
		if f.Call == nil {
			continue
		}
		args := fitting(f)
		for len(args) < len(f.Parameters) && !f.Parameters[len(args)].Predicate {
			args = append(args, fittingFor(f.Parameters[len(args)]))
		}
		for i, p := range f.Parameters[:len(args)] {
			for _, v := range []any{nil, true, int64(7), hidden, []any{hidden}, map[string]any{hidden: hidden}} {
				nullIsFine := v == nil && (p.Optional || p.Variadic || nullAnswers[f.Name+" "+p.Name] || p.Subject)
				if p.Kind.admits(v) || nullIsFine {
					continue
				}
				wrong := slices.Clone(args)
				wrong[i] = v
				_, err := f.Call(wrong)
				if err == nil {
					t.Errorf("%s takes %s as %s", f.Name, value.TypeOf(v), p.Name)
					continue
				}
				message := err.Error()
				if !strings.HasPrefix(message, f.Name+": ") || !strings.Contains(message, p.Name) ||
					!strings.Contains(message, value.TypeOf(v)) || strings.Contains(message, hidden) {
					t.Errorf("%s with %s as %s: %s", f.Name, value.TypeOf(v), p.Name, message)
				}
			}
		}
	}
}

// nullAnswers are the parameters that take null without being subjects: questions about nothing are answered with
// false, null is no replacement, a null object is left out of a merge.
var nullAnswers = map[string]bool{
	"startsWith value": true, "startsWith prefix": true, "endsWith value": true, "endsWith suffix": true,
	"contains haystack": true, "matches value": true, "matches pattern": true, "in array": true,
	"replace replacement": true, "replaceRegex replacement": true, "get object": true, "has object": true,
	"merge a": true,
}

// fitting are arguments for the required parameters.
func fitting(f *Function) []any {
	var args []any
	for _, p := range f.Parameters {
		if !p.Optional {
			args = append(args, fittingFor(p))
		}
	}
	return args
}

func fittingFor(p Parameter) any {
	byName := map[string]any{
		"unit": "seconds", "order": "asc", "duration": "1h", "zone": "UTC", "path": "a", "start": int64(0),
	}
	if v, ok := byName[p.Name]; ok {
		return v
	}
	switch {
	case p.Kind == anything:
		return "5"
	case p.Kind&array != 0:
		return []any{int64(1), int64(2)}
	case p.Kind&object != 0:
		return map[string]any{"a": int64(1)}
	case p.Kind&(number|integer) != 0:
		return int64(2)
	case p.Kind&date != 0:
		return "2026-11-22"
	case p.Kind&boolean != 0:
		return true
	}
	return "5"
}

// TestAnyArguments calls every function with arguments of all kinds: it must not panic, change them, leak them or give
// anything that is no value of the language, and must give the same again.
func TestAnyArguments(t *testing.T) {
	for _, f := range All() {
		if f.Call == nil {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				most := f.MaxArgs()
				if most < 0 {
					most = f.MinArgs() + 2
				}
				args := make([]any, rapid.IntRange(f.MinArgs(), most).Draw(t, "count"))
				for i := range args {
					args[i] = anyArgument(f.Parameters[min(i, len(f.Parameters)-1)]).Draw(t, "argument")
				}
				before := clone(args)
				result, err := f.Call(args)
				if diff := cmp.Diff(before, any(args)); diff != "" {
					t.Fatalf("arguments changed: %s", diff)
				}
				if err != nil {
					if !strings.HasPrefix(err.Error(), f.Name+": ") || strings.Contains(err.Error(), hiddenText) {
						t.Fatalf("error %q", err)
					}
					return
				}
				if problem := foreign(result); problem != "" {
					t.Fatalf("result %#v: %s", result, problem)
				}
				again, _ := f.Call(args)
				if f.Name != "now" && f.Name != "uuid" && !cmp.Equal(again, result) {
					t.Fatalf("first %#v, then %#v", result, again)
				}
			})
		})
	}
}

const hiddenText = "hidden-7391"

func anyArgument(p Parameter) *rapid.Generator[any] {
	return rapid.OneOf(rapid.Just(fittingFor(p)), anyValue())
}

func anyValue() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Int64Range(-3, 12).AsAny(),
		rapid.Float64Range(-1e300, 1e300).AsAny(),
		rapid.SampledFrom([]any{value.Number("12345678901234567890"), value.Number("-12345678901234567890")}),
		rapid.String().AsAny(),
		rapid.SampledFrom([]any{
			"", "0", "12", "-1.5", "1e3", "2026-11-22T10:00:00Z", "%Y-%m-%d", "(a+)(b)?", "$1", "a.b[0]", "Europe/Berlin",
			"desc", "1h", `{"a":[1]}`, "SmFuZQ==", "%41", hiddenText, "\xff\xfe",
		}),
	)
	return rapid.OneOf(
		scalar,
		rapid.SliceOfN(scalar, 0, 4).AsAny(),
		rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "name", "5"}), scalar, 0, 3).AsAny(),
		rapid.SliceOfN(rapid.SliceOfN(scalar, 0, 3).AsAny(), 0, 3).AsAny(),
	)
}

// foreign tells what in v is no value of the language, or too large.
func foreign(v any) string {
	if err := checkSize(v); err != nil {
		return err.Error()
	}
	switch v := v.(type) {
	case nil, bool, int64, string:
		return ""
	case float64:
		if _, err := value.AppendJSON(nil, v); err != nil {
			return err.Error()
		}
		return ""
	case value.Number:
		if n, ok := value.ParseNumber(string(v)); !ok || n != any(v) {
			return "a Number that is not written as one"
		}
		return ""
	case []any:
		for _, element := range v {
			if problem := foreign(element); problem != "" {
				return problem
			}
		}
		return ""
	case map[string]any:
		for _, field := range v {
			if problem := foreign(field); problem != "" {
				return problem
			}
		}
		return ""
	}
	return fmt.Sprintf("a %T", v)
}
