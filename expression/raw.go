package expression

import "github.com/krosyn/gateway/expression/value"

// literal is a number, true, false or null that is a whole value; it keeps its spelling.
type literal struct {
	constant
	json string
}

// asReceived is the JSON text of a program that is a lone reference to data or a lone literal. It is false for every
// other program, and where the path leads to nothing, so that an accessor may apply.
func asReceived(root node, ctx *Context) ([]byte, bool) {
	switch n := root.(type) {
	case literal:
		return []byte(n.json), true
	case *variableNode:
		return n.find(ctx, nil)
	case *path:
		if base, ok := n.base.(*variableNode); ok {
			return base.find(ctx, n.fields)
		}
	}
	return nil, false
}

// find is the JSON text at a path within a variable that holds JSON.
func (n *variableNode) find(ctx *Context, path []value.Step) ([]byte, bool) {
	if n.name == "$processed" {
		return ctx.Processed.find(path)
	}
	if n.document == nil {
		return nil, false
	}
	return n.document(ctx).Find(path)
}
