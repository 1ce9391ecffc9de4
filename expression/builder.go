package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

// builder makes the nodes of one program.
type builder struct {
	compiler *Compiler
	scope    Scope
	lines    []int
	// variables are the names that let has declared, innermost last; a node knows them by their index.
	variables []string
	// loops is how many predicates enclose what is being built.
	loops      int
	count      int
	depth      int
	references []Reference
	// secrets counts the references to secrets, pointers those to names and elements, which can hold one.
	secrets, pointers int
	// trace is set where the program is to explain itself.
	trace *trace
}

func (c *Compiler) newBuilder(source string, scope Scope) *builder {
	return &builder{compiler: c, scope: scope, lines: lineStarts(source)}
}

// fail is an error at the character at i in e.
func (b *builder) fail(e excerpt, i int, message, detail string) error {
	return &Error{Message: message, Detail: detail, Position: b.position(e, i)}
}

func (b *builder) position(e excerpt, i int) Position { return position(b.lines, e.place[i]) }

func (b *builder) failAt(u *unit, n ast.Node, message, detail string) error {
	return b.fail(u.excerpt, u.offset(n), message, detail)
}

func (b *builder) at(u *unit, n ast.Node) Position { return b.position(u.excerpt, u.offset(n)) }

// expression builds e, which is an expression of its own.
func (b *builder) expression(e excerpt) (node, error) {
	u, err := b.parse(e, b.loops > 0)
	if err != nil {
		return nil, err
	}
	return b.node(u, u.root)
}

// node builds n and counts it.
func (b *builder) node(u *unit, n ast.Node) (node, error) {
	b.count++
	b.depth++
	defer func() { b.depth-- }()
	switch {
	case b.count > maxNodes:
		return nil, b.failAt(u, n, "the expression has too many parts", fmt.Sprintf("at most %d are allowed", maxNodes))
	case b.depth > maxDepth:
		return nil, b.failAt(u, n, "the expression is nested too deeply", "")
	}
	if b.trace == nil {
		return b.build(u, n)
	}
	return b.traced(u, n)
}

func (b *builder) build(u *unit, n ast.Node) (node, error) {
	switch n := n.(type) {
	case *ast.NilNode:
		return constant{}, nil
	case *ast.BoolNode:
		return constant{n.Value}, nil
	case *ast.IntegerNode:
		return constant{int64(n.Value)}, nil
	case *ast.FloatNode:
		return constant{n.Value}, nil
	case *ast.StringNode:
		return b.quoted(u, n)
	case *ast.ArrayNode:
		return b.array(u, n)
	case *ast.MapNode:
		return b.object(u, n)
	case *ast.IdentifierNode:
		return b.name(u, n)
	case *ast.PointerNode:
		return b.pointer(u, n)
	case *ast.MemberNode:
		return b.member(u, n)
	case *ast.ChainNode:
		// Every path is safe against null, so a?.b is a.b.
		return b.build(u, n.Node)
	case *ast.SliceNode:
		return b.slice(u, n)
	case *ast.UnaryNode:
		return b.unary(u, n)
	case *ast.BinaryNode:
		return b.binary(u, n)
	case *ast.ConditionalNode:
		return b.conditional(u, n)
	case *ast.VariableDeclaratorNode:
		return b.declaration(u, n)
	case *ast.SequenceNode:
		return b.sequence(u, n)
	case *ast.CallNode:
		return b.call(u, n)
	case *ast.BuiltinNode:
		return b.builtin(u, n)
	}
	return nil, b.failAt(u, n, "this form is not available", "")
}

// nodes builds each of ns.
func (b *builder) nodes(u *unit, ns []ast.Node) ([]node, error) {
	built := make([]node, len(ns))
	for i, n := range ns {
		var err error
		if built[i], err = b.node(u, n); err != nil {
			return nil, err
		}
	}
	return built, nil
}
