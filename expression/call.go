package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
)

// callNode is the call of a function of the library.
type callNode struct {
	function  *function.Function
	arguments []node
	// steps is what the call counts for beside the size of its arguments.
	steps int
	at    Position
}

func (n *callNode) eval(f *frame) (any, error) {
	base := len(f.args)
	for _, argument := range n.arguments {
		v, err := argument.eval(f)
		if err != nil {
			return nil, err
		}
		f.args = append(f.args, v)
	}
	if err := f.spend(n.steps); err != nil {
		return nil, atPosition(n.at, err)
	}
	result, err := f.apply(n.function, base)
	if err != nil {
		return nil, atPosition(n.at, err)
	}
	return result, nil
}

func (b *builder) call(u *unit, n *ast.CallNode) (node, error) {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		name := callee.Value
		if word, swapped := u.words[u.offset(callee)]; swapped {
			name = word
		}
		return b.named(u, n, name, n.Arguments)
	case *ast.MemberNode:
		if property, ok := callee.Property.(*ast.StringNode); ok {
			return nil, b.failAt(u, property, "a value has no methods",
				"write ."+property.Value+" without brackets, or "+property.Value+"(…) around the value")
		}
	}
	return nil, b.failAt(u, n, "only a function can be called", "")
}

// builtin builds what expr-lang's parser knows by name: a loop where there is a predicate, else a call like any other.
func (b *builder) builtin(u *unit, n *ast.BuiltinNode) (node, error) {
	for _, argument := range n.Arguments {
		if _, ok := argument.(*ast.PredicateNode); ok {
			return b.loop(u, n)
		}
	}
	return b.named(u, n, n.Name, n.Arguments)
}

// unknownFunction begins a fixed message.
const unknownFunction = "Unknown function: "

// named builds the call of the function of that name.
func (b *builder) named(u *unit, n ast.Node, name string, arguments []ast.Node) (node, error) {
	fn, ok := lookup(name)
	if !ok {
		return nil, b.failAt(u, n, unknownFunction+name, suggestFunction(name))
	}
	if err := fn.CheckCount(len(arguments)); err != nil {
		return nil, b.failAt(u, n, err.Error(), "it is called as "+fn.Signature())
	}
	if fn.Call == nil {
		return nil, b.failAt(u, n, name+" needs a predicate", "it is called as "+fn.Signature())
	}
	if len(arguments) > 0 && u.offset(arguments[0]) < u.offset(n) {
		arguments = piped(fn, arguments)
	}
	built, err := b.nodes(u, arguments)
	if err != nil {
		return nil, err
	}
	at := b.at(u, n)
	if lazy := lazyCall(fn.Name, built); lazy != nil {
		return lazy, nil
	}
	if fn.Name == "concat" {
		return &concatNode{built, at}, nil
	}
	steps := 0
	pattern := slices.IndexFunc(fn.Parameters, func(p function.Parameter) bool { return p.Name == "pattern" })
	if pattern >= 0 {
		steps = searchSteps
		if err := b.checkPattern(u, arguments[pattern], built[pattern]); err != nil {
			return nil, err
		}
	}
	return &callNode{fn, built, steps, at}, nil
}

func lookup(name string) (*function.Function, bool) {
	if fn, ok := function.Lookup(name); ok {
		return fn, true
	}
	fn, ok := stock[name]
	return fn, ok
}

func suggestFunction(name string) string {
	if name == "$" {
		return "$( … ) belongs in text; an expression stands alone"
	}
	if nearest := function.Nearest(name); nearest != "" {
		return "did you mean " + nearest + "?"
	}
	return ""
}

// piped puts the value before a | where the function expects what it is about: `x | split(",")` is split(",", x).
func piped(fn *function.Function, arguments []ast.Node) []ast.Node {
	subject := slices.IndexFunc(fn.Parameters, func(p function.Parameter) bool { return p.Subject })
	if subject <= 0 || subject >= len(arguments) {
		return arguments
	}
	return slices.Insert(slices.Clone(arguments[1:]), subject, arguments[0])
}
