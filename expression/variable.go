package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// variable is one of the names with a dollar sign.
type variable struct {
	name string
	// from is the first scope that has it, and since says so in words.
	from  Scope
	since string
	// fields are the only fields it has; nil for data, which can have any.
	fields []string
	value  func(ctx *Context) any
	// document is where the value comes from, where that is JSON text.
	document func(ctx *Context) *value.Document
}

var variables = []*variable{
	{
		name: "$payload", value: func(ctx *Context) any { return ctx.Payload.Value() },
		document: func(ctx *Context) *value.Document { return ctx.Payload },
	},
	{
		name: "$processed", from: ScopeProcess, since: "in later set lines and in perform",
		value: func(ctx *Context) any { return ctx.Processed.Value() },
	},
	{
		name: "$lookup", from: ScopeProcess, since: "after the lookup, in set and in perform",
		value:    func(ctx *Context) any { return ctx.Lookup.Value() },
		document: func(ctx *Context) *value.Document { return ctx.Lookup },
	},
	{
		name: "$response", from: ScopeResponse, since: "after perform, in success",
		value:    func(ctx *Context) any { return ctx.Response.Value() },
		document: func(ctx *Context) *value.Document { return ctx.Response },
	},
	{name: "$secret"},
	{
		name:   "$request",
		fields: []string{"method", "path", "query", "headers", "remote_ip"},
		value:  func(ctx *Context) any { return ctx.requestObject() },
	},
	{
		name: "$event", fields: []string{"id", "received_at"},
		value: func(ctx *Context) any {
			return map[string]any{"id": ctx.Event.ID, "received_at": ctx.Event.receivedAt()}
		},
	},
	{
		name: "$connector", fields: []string{"name"},
		value: func(ctx *Context) any { return map[string]any{"name": ctx.Connector} },
	},
}

func findVariable(name string) *variable {
	for _, v := range variables {
		if v.name == name {
			return v
		}
	}
	return nil
}

// variableNode is a whole variable, or one of the parts of $request, which have no name.
type variableNode struct {
	name     string
	get      func(ctx *Context) any
	document func(ctx *Context) *value.Document
}

func (n *variableNode) eval(f *frame) (any, error) { return n.get(f.ctx), nil }

// secretNode is $secret.NAME.
type secretNode struct {
	name string
	at   Position
}

func (n *secretNode) eval(f *frame) (any, error) {
	secret, ok := f.ctx.Secrets[n.name]
	if !ok {
		return nil, &Error{Message: "Unknown secret: " + n.name, Position: n.at}
	}
	return secret, nil
}

// name builds a name that stands alone.
func (b *builder) name(u *unit, n *ast.IdentifierNode) (node, error) {
	if digits, ok := u.words[u.offset(n)]; ok {
		return b.largeInteger(u, n, digits)
	}
	for i, name := range slices.Backward(b.variables) {
		if name == n.Value {
			b.pointers++
			return localNode{i}, nil
		}
	}
	if n.Value == "null" {
		return constant{}, nil
	}
	v, err := b.root(u, n)
	if err != nil {
		return nil, err
	}
	if v.name == "$secret" {
		return nil, b.failAt(u, n, "$secret needs the name of a secret", "write $secret.NAME")
	}
	b.refer(u, n, v, nil)
	return &variableNode{v.name, v.value, v.document}, nil
}

func (b *builder) largeInteger(u *unit, n ast.Node, digits string) (node, error) {
	number, ok := value.ParseNumber(strings.ReplaceAll(digits, "_", ""))
	if !ok {
		return nil, b.failAt(u, n, "the number is out of range", "")
	}
	return constant{number}, nil
}

// root finds the variable of a name and checks that it exists in the builder's scope.
func (b *builder) root(u *unit, n *ast.IdentifierNode) (*variable, error) {
	v := findVariable(n.Value)
	if v == nil {
		detail := b.suggest(n.Value)
		if at := u.offset(n); at > 1 && u.text[at-1] == '-' && isNameStart(u.text[at-2]) {
			detail = `a field with a hyphen stands in brackets: $payload["my-field"]`
		}
		return nil, b.failAt(u, n, "Unknown variable: "+n.Value, detail)
	}
	if b.scope < v.from {
		return nil, b.failAt(u, n, v.name+" is not available here", "it exists "+v.since)
	}
	return v, nil
}

// suggest is the way out of an unknown name.
func (b *builder) suggest(name string) string {
	var known []string
	for _, v := range variables {
		if b.scope >= v.from {
			known = append(known, v.name)
		}
	}
	switch {
	case slices.Contains(known, "$"+name):
		return fmt.Sprintf("did you mean $%s?", name)
	case strings.HasPrefix(name, "$"):
		return "there are " + strings.Join(known, ", ")
	}
	if _, ok := function.Lookup(name); ok {
		return name + " is a function: its arguments stand in brackets behind it"
	}
	return fmt.Sprintf("a field is written $payload.%s, text in quotes: '%s'", name, name)
}

// refer notes that the program reads v.
func (b *builder) refer(u *unit, n ast.Node, v *variable, path []value.Step) {
	b.references = append(b.references, Reference{Root: v.name, Path: path, Position: b.at(u, n)})
}
