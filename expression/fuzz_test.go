package expression

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// seed adds expressions and values of every kind, well formed and not.
func seed(f *testing.F) {
	for _, source := range sources() {
		f.Add(source)
	}
	for _, source := range []string{
		"", "$", "$(", "$()", "$($($(1)))", "$payload.", "$payload[", `$payload["`, `"$( \"$( 1 )\" )"`, `"\x24( 1 )"`,
		`'\u{110000}'`, "and(", "not not not(1)", "if(1", "if (1) {", "{{}}", "{a:", `map([1], {"a": #})`, "map([1], {#})",
		"let x = 1;", "# .a #acc", "1..", "::map", "1e", "0x", "1_", "a?.b?.c()", "$payload.a$b", "count(1", "x|y", "/* ",
		"// ", "\x00", "=", "= =", "[", "[1", "((((((((1))))))))", "true?1:2?3:4", "any([1],any([2],#)})", "“”",
		"$processed.a[-1][0]['x']", "1 not in [2]", "not in(1,[2])", `$secret.TOKEN.reverse`,
		`map([$secret.TOKEN], upper(#))`,
		`if(and(or(not(in(1,[1]))),matches("a","(")),startsWith("a","b"),endsWith("a","b"))`,
	} {
		f.Add(source)
	}
}

// checkProgram evaluates a program and what is known about it: nothing panics, runs away or gives invalid JSON.
func checkProgram(t *testing.T, program *Program, err error) {
	if err != nil {
		if fault, ok := errors.AsType[*Error](err); !ok || fault.Position.Line < 1 || fault.Position.Column < 1 {
			t.Fatalf("the error %#v has no place", err)
		}
		return
	}
	ctx := shop(t)
	text, err := program.AppendJSON(nil, ctx)
	if err == nil && (!json.Valid(text) || !utf8.Valid(text)) {
		t.Fatalf("gave %q", text)
	}
	if err != nil {
		fault, ok := errors.AsType[*Error](err)
		if !ok || fault.Position.Line < 1 {
			t.Fatalf("the error %#v has no place", err)
		}
		if fault.Message == "the expression could not be evaluated" {
			t.Fatalf("panicked: %s", fault.Detail)
		}
	}
	_, explanations, explainErr := program.Explain(ctx)
	if (explainErr == nil) != (err == nil) {
		t.Fatalf("evaluated with the error %v, explained with %v", err, explainErr)
	}
	for _, e := range explanations {
		if !json.Valid(e.Value) || e.Expression == "" {
			t.Fatalf("explained %q as %q", e.Expression, e.Value)
		}
	}
	program.Missing(ctx.Payload)
}

var fuzzCompiler = func() *Compiler {
	c := NewCompiler([]string{"TOKEN"})
	c.limits.steps, c.limits.memory = 20_000, 1<<20
	return c
}()

func FuzzExpression(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, source string) {
		program, err := fuzzCompiler.Expression(source, ScopeResponse)
		checkProgram(t, program, err)
	})
}

func FuzzValue(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, source string) {
		program, err := fuzzCompiler.Value(source, ScopeResponse)
		checkProgram(t, program, err)
	})
}

func FuzzTemplate(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, source string) {
		template, err := fuzzCompiler.Template(source, ScopeResponse)
		if err != nil {
			checkProgram(t, nil, err)
			return
		}
		var written string
		for _, part := range template.Parts {
			written += part.Source
			if part.Program != nil {
				checkProgram(t, part.Program, nil)
			}
		}
		if written != source {
			t.Fatalf("the parts say %q", written)
		}
	})
}
