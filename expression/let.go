package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// declaration is let NAME = VALUE; EXPRESSION.
type declaration struct{ value, result node }

func (b *builder) declaration(u *unit, n *ast.VariableDeclaratorNode) (node, error) {
	if strings.HasPrefix(n.Name, "$") || n.Name == "null" {
		return nil, b.failAt(u, n, "let cannot declare "+n.Name, "choose a name without a dollar sign")
	}
	v, err := b.node(u, n.Value)
	if err != nil {
		return nil, err
	}
	b.variables = append(b.variables, n.Name)
	result, err := b.node(u, n.Expr)
	b.variables = b.variables[:len(b.variables)-1]
	return &declaration{v, result}, err
}

func (n *declaration) eval(f *frame) (any, error) {
	v, err := n.value.eval(f)
	if err != nil {
		return nil, err
	}
	f.variables = append(f.variables, v)
	result, err := n.result.eval(f)
	if err != nil {
		return nil, err
	}
	last := len(f.variables) - 1
	f.variables[last] = nil
	f.variables = f.variables[:last]
	return result, nil
}

// sequence is EXPRESSION; EXPRESSION: the value is that of the last one.
type sequence struct{ parts []node }

func (b *builder) sequence(u *unit, n *ast.SequenceNode) (node, error) {
	parts, err := b.nodes(u, n.Nodes)
	return sequence{parts}, err
}

func (n sequence) eval(f *frame) (result any, err error) {
	for _, part := range n.parts {
		if result, err = part.eval(f); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// localNode is a name that let declared.
type localNode struct{ index int }

func (n localNode) eval(f *frame) (any, error) { return f.variables[n.index], nil }
