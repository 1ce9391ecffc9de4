// Package expression is the language of connectors: what is written in a trigger or as a value is compiled once,
// when the configuration is loaded, and evaluated for every event.
//
// The grammar is that of expr-lang, read by its own parser; what follows the parser is made here, because an event's
// data comes from strangers: every evaluation is bounded in steps, time and memory, integers never wrap, a missing
// path is null, and no method of a Go value can be reached. The functions are a table in the package function, the
// data they work on is the package value.
//
// The package knows nothing of connectors, of Caddy or of the network: a Context holds all that an expression can see.
package expression

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/krosyn/gateway/expression/value"
)

// Compiler turns source text into programs. It is safe for concurrent use.
type Compiler struct {
	secrets map[string]bool
	limits  limits
}

// NewCompiler makes a compiler for a configuration that declares these secrets; any other is an error at compile time.
func NewCompiler(secrets []string) *Compiler {
	declared := make(map[string]bool, len(secrets))
	for _, name := range secrets {
		declared[name] = true
	}
	return &Compiler{secrets: declared, limits: defaultLimits}
}

// Scope is the step in which a program runs; it says which variables exist there.
type Scope uint8

const (
	// ScopeTrigger has $payload, $secret, $request, $event and $connector, which exist in every scope.
	ScopeTrigger Scope = iota
	// ScopeLookup is for the lookup's own request; it has what the trigger has.
	ScopeLookup
	// ScopeProcess adds $lookup and $processed, which holds what earlier lines have set.
	ScopeProcess
	// ScopePerform has what process has.
	ScopePerform
	// ScopeResponse adds $response, the target's answer.
	ScopeResponse
)

// Expression compiles a whole expression, as trigger and deduplicate take it. The error is an *Error.
func (c *Compiler) Expression(source string, scope Scope) (*Program, error) {
	return c.program(source, scope, (*builder).expression)
}

// Value compiles a value: an expression after "=", a lone reference, call or literal, which keep their JSON type, or
// else text in which references are replaced. The error is an *Error.
func (c *Compiler) Value(source string, scope Scope) (*Program, error) {
	return c.program(source, scope, (*builder).value)
}

// Template compiles text in which references are replaced and keeps the pieces apart, so that a URL can escape each
// for its place. The error is an *Error.
func (c *Compiler) Template(source string, scope Scope) (*Template, error) {
	if err := checkSource(source); err != nil {
		return nil, err
	}
	whole := newExcerpt(source)
	fragments, err := c.newBuilder(source, scope).fragments(whole)
	if err != nil {
		return nil, err
	}
	result := &Template{}
	for _, fragment := range fragments {
		if fragment.literal {
			result.Parts = append(result.Parts, Part{Literal: string(fragment.text), Source: string(fragment.text)})
			continue
		}
		program, err := c.compile(source, scope, func(b *builder) (node, error) { return b.expression(fragment.inner) })
		if err != nil {
			return nil, err
		}
		_, isSecret := program.root.(*secretNode)
		program.source = string(fragment.text)
		result.Parts = append(result.Parts, Part{Program: program, Source: program.source, Secret: isSecret})
	}
	return result, nil
}

// program compiles the whole of source with one of the builder's methods.
func (c *Compiler) program(source string, scope Scope, build func(*builder, excerpt) (node, error)) (*Program, error) {
	if err := checkSource(source); err != nil {
		return nil, err
	}
	return c.compile(source, scope, func(b *builder) (node, error) { return build(b, newExcerpt(source)) })
}

func checkSource(source string) error {
	start := Position{Line: 1, Column: 1}
	switch {
	case len(source) > maxSource:
		return &Error{Message: fmt.Sprintf("the expression is longer than %d bytes", maxSource), Position: start}
	case !utf8.ValidString(source):
		return &Error{Message: "the expression is not valid UTF-8", Position: start}
	}
	return nil
}

// value builds e by the rules for values.
func (b *builder) value(e excerpt) (node, error) {
	text := string(e.text)
	if strings.HasPrefix(text, "=") {
		return b.expression(e.slice(1, len(e.text)))
	}
	switch b.formOf(e) {
	case formLiteral:
		if v, err := value.Decode([]byte(text)); err == nil {
			return literal{constant{v}, text}, nil
		}
	case formExpression:
		built, err := b.expression(e)
		return built, adviseQuotes(err, text)
	case formWrapped:
		return b.expression(e.slice(len("$("), len(e.text)-len(")")))
	}
	return b.text(e)
}

// adviseQuotes tells, where nothing better is known, how a text that looks like a call is written.
func adviseQuotes(err error, text string) error {
	fault, ok := errors.AsType[*Error](err)
	if ok && fault.Detail == "" && strings.HasPrefix(fault.Message, unknownFunction) && !strings.ContainsAny(text, "'$") {
		fault.Detail = fmt.Sprintf("if this is meant as text, quote it: '%s'", text)
	}
	return err
}
