package expression

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"
)

// source is the text of a node as it was written, which expr-lang's tree does not keep: it knows one token of each
// node. The text begins with the first token of the node or of its parts and ends with the last, and takes in the
// brackets that belong to it. It is empty for the element that .field leaves out.
func (u *unit) source(n ast.Node) string {
	first, last := u.span(n)
	if _, ok := n.(*ast.PointerNode); ok && u.tokens[first].Is(lexer.Operator, ".") {
		return ""
	}
	return string(u.text[u.tokens[first].From:u.tokens[last].To])
}

// span is the first and the last token of a node.
type span struct{ first, last int }

func (u *unit) span(n ast.Node) (first, last int) {
	if known, ok := u.spans[n]; ok {
		return known.first, known.last
	}
	first, last = u.measure(n)
	if u.spans == nil {
		u.spans = map[ast.Node]span{}
	}
	u.spans[n] = span{first, last}
	return first, last
}

func (u *unit) measure(n ast.Node) (first, last int) {
	first, last = len(u.tokens), -1
	include := func(i int) {
		first, last = min(first, i), max(last, i)
		if u.match[i] >= 0 {
			first, last = min(first, u.match[i]), max(last, u.match[i])
		}
	}
	// A conditional has the place of the token behind it.
	if _, ok := n.(*ast.ConditionalNode); !ok {
		include(u.tokenAt(u.offset(n)))
	}
	switch n := n.(type) {
	case *ast.CallNode, *ast.BuiltinNode:
		include(u.tokenAt(u.offset(n)) + 1)
	case *ast.VariableDeclaratorNode:
		include(u.tokenAt(u.offset(n)) - 1)
	case *ast.PointerNode:
		if n.Name != "" {
			include(u.tokenAt(u.offset(n)) + 1)
		}
	}
	for _, child := range children(n) {
		if child == nil {
			continue
		}
		from, to := u.span(child)
		if from <= to {
			first, last = min(first, from), max(last, to)
		}
	}
	if conditional, ok := n.(*ast.ConditionalNode); ok && !conditional.Ternary {
		for first > 0 && !u.tokens[first].Is(lexer.Operator, "if") {
			first--
		}
	}
	return u.balance(first, last)
}

// balance widens a span until each bracket in it has its counterpart.
func (u *unit) balance(first, last int) (int, int) {
	for i := first; i <= last; i++ {
		if match := u.match[i]; match >= 0 && match < first {
			first, i = match, match
		} else if match > last {
			last = match
		}
	}
	return first, last
}

// children are the parts of a node; those that are absent are nil.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		return []ast.Node{n.Node, n.From, n.To}
	case *ast.CallNode:
		return n.Arguments
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.VariableDeclaratorNode:
		return []ast.Node{n.Value, n.Expr}
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Key, n.Value}
	}
	return nil
}
