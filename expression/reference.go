package expression

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// rooted builds a chain behind a variable.
func (b *builder) rooted(u *unit, name *ast.IdentifierNode, chain []*ast.MemberNode) (node, error) {
	v, err := b.root(u, name)
	if err != nil {
		return nil, err
	}
	var constants []value.Step
	for _, n := range chain {
		s, ok := b.step(u, n)
		if !ok {
			break
		}
		constants = append(constants, s.Step)
	}
	b.refer(u, name, v, constants)
	if v.name == "$secret" {
		return b.secret(u, constants, chain)
	}
	if v.fields == nil {
		return b.follow(u, &variableNode{v.name, v.value, v.document}, chain)
	}
	if len(constants) > 0 {
		first := constants[0].Key
		if _, isAccessor := function.LookupAccessor(first); !isAccessor && !slices.Contains(v.fields, first) {
			return nil, b.failAt(u, chain[0], v.name+" has no field "+first, "it has "+strings.Join(v.fields, ", "))
		}
	}
	if v.name == "$request" {
		if get, used := requestField(constants); used > 0 {
			return b.follow(u, &variableNode{get: get}, chain[used:])
		}
	}
	return b.follow(u, &variableNode{v.name, v.value, v.document}, chain)
}

// secret builds $secret.NAME: a secret is known by a constant name only, so that loading finds what is undeclared and
// no data can choose a secret.
func (b *builder) secret(u *unit, constants []value.Step, chain []*ast.MemberNode) (node, error) {
	if len(constants) == 0 || constants[0].IsIndex {
		return nil, b.failAt(u, chain[0], "a secret's name must be written out", "write $secret.NAME")
	}
	name := constants[0].Key
	if !b.compiler.secrets[name] {
		return nil, b.failAt(u, chain[0], "Unknown secret: "+name, b.compiler.nearestSecret(name))
	}
	b.secrets++
	return b.follow(u, &secretNode{name, b.at(u, chain[0])}, chain[1:])
}

// requestField gets the parts of the request that need no object to be made for the whole of it, and how many steps
// lead to them; none for any other path.
func requestField(path []value.Step) (get func(*Context) any, used int) {
	if len(path) == 0 {
		return nil, 0
	}
	switch path[0].Key {
	case "method":
		return func(ctx *Context) any { return ctx.Request.Method }, 1
	case "path":
		return func(ctx *Context) any { return ctx.Request.Path }, 1
	case "remote_ip":
		return func(ctx *Context) any { return ctx.Request.RemoteIP }, 1
	}
	if len(path) == 1 || path[1].IsIndex {
		return nil, 0
	}
	name := path[1].Key
	if _, isAccessor := function.LookupAccessor(name); isAccessor {
		return nil, 0
	}
	switch path[0].Key {
	case "headers":
		return func(ctx *Context) any { return ctx.Request.header(name) }, 2
	case "query":
		return func(ctx *Context) any { return ctx.Request.parameter(name) }, 2
	}
	return nil, 0
}
