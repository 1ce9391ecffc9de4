package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// operation is an operator with two operands that are always both evaluated.
type operation func(f *frame, left, right any) (any, error)

var operations = map[string]operation{
	"==":         func(_ *frame, left, right any) (any, error) { return same(left, right), nil },
	"!=":         func(_ *frame, left, right any) (any, error) { return !same(left, right), nil },
	"<":          comparison(func(order int) bool { return order < 0 }),
	"<=":         comparison(func(order int) bool { return order <= 0 }),
	">":          comparison(func(order int) bool { return order > 0 }),
	">=":         comparison(func(order int) bool { return order >= 0 }),
	"in":         isIn,
	"contains":   textTest("contains", strings.Contains),
	"startsWith": textTest("startsWith", strings.HasPrefix),
	"endsWith":   textTest("endsWith", strings.HasSuffix),
	"matches":    matches,
	"+":          plus,
	"-":          arithmetic("-", value.Subtract),
	"*":          arithmetic("*", value.Multiply),
	"/":          arithmetic("/", value.Divide),
	"%":          arithmetic("%", value.Modulo),
	"**":         arithmetic("**", value.Power),
	"^":          arithmetic("^", value.Power),
	"..":         between,
}

type operatorNode struct {
	apply       operation
	left, right node
	at          Position
}

func (n *operatorNode) eval(f *frame) (any, error) {
	left, err := n.left.eval(f)
	if err != nil {
		return nil, err
	}
	right, err := n.right.eval(f)
	if err != nil {
		return nil, err
	}
	if err = f.spend(1 + effort(left) + effort(right)); err == nil {
		var result any
		if result, err = n.apply(f, left, right); err == nil {
			return result, nil
		}
	}
	return nil, atPosition(n.at, err)
}

func (b *builder) binary(u *unit, n *ast.BinaryNode) (node, error) {
	left, err := b.node(u, n.Left)
	if err != nil {
		return nil, err
	}
	right, err := b.node(u, n.Right)
	if err != nil {
		return nil, err
	}
	at := b.at(u, n)
	switch n.Operator {
	case "and", "&&":
		return &logicNode{operator: n.Operator, left: left, right: right, at: at}, nil
	case "or", "||":
		return &logicNode{operator: n.Operator, decides: true, left: left, right: right, at: at}, nil
	case "??":
		return &coalesceNode{left, right}, nil
	case "matches":
		if err := b.checkPattern(u, n.Right, right); err != nil {
			return nil, err
		}
	}
	apply, ok := operations[n.Operator]
	if !ok {
		return nil, b.failAt(u, n, "the operator "+n.Operator+" is not available", "")
	}
	return &operatorNode{apply, left, right, at}, nil
}

// checkPattern finds a faulty constant pattern when the configuration is loaded.
func (b *builder) checkPattern(u *unit, source ast.Node, pattern node) error {
	literal, ok := pattern.(constant)
	if !ok {
		return nil
	}
	if text, ok := literal.value.(string); ok {
		if _, err := function.Regexp(text); err != nil {
			return b.failAt(u, source, err.Error(), "")
		}
	}
	return nil
}

// logicNode is "and" and "or", which take booleans; null counts as false.
type logicNode struct {
	operator string
	// decides is the left operand that makes the right one unnecessary.
	decides     bool
	left, right node
	at          Position
}

func (n *logicNode) eval(f *frame) (any, error) {
	left, err := n.operand(f, n.left)
	if err != nil {
		return nil, err
	}
	if left == n.decides {
		return left, nil
	}
	right, err := n.operand(f, n.right)
	if err != nil {
		return nil, err
	}
	return right, nil
}

func (n *logicNode) operand(f *frame, operand node) (bool, error) {
	v, err := operand.eval(f)
	if err != nil {
		return false, err
	}
	return condition(v, n.operator, n.at)
}

// coalesceNode is ??.
type coalesceNode struct{ left, right node }

func (n *coalesceNode) eval(f *frame) (any, error) {
	if v, err := n.left.eval(f); v != nil || err != nil {
		return v, err
	}
	return n.right.eval(f)
}

type notNode struct {
	operand node
	at      Position
}

func (n *notNode) eval(f *frame) (any, error) {
	v, err := n.operand.eval(f)
	if err != nil {
		return nil, err
	}
	holds, err := condition(v, "not", n.at)
	if err != nil {
		return nil, err
	}
	return !holds, nil
}

// signNode is the sign before an operand.
type signNode struct {
	negative bool
	operand  node
	at       Position
}

func (b *builder) unary(u *unit, n *ast.UnaryNode) (node, error) {
	operand, err := b.node(u, n.Node)
	if err != nil {
		return nil, err
	}
	if n.Operator == "not" || n.Operator == "!" {
		return &notNode{operand, b.at(u, n)}, nil
	}
	return &signNode{n.Operator == "-", operand, b.at(u, n)}, nil
}

func (n *signNode) eval(f *frame) (any, error) {
	v, err := n.operand.eval(f)
	if err != nil || v == nil {
		return nil, err
	}
	switch {
	case !isNumber(v):
		return nil, &Error{Message: "a sign needs a number, " + value.TypeOf(v) + " given", Position: n.at}
	case n.negative:
		v, err = value.Negate(v)
	}
	return v, atPosition(n.at, err)
}

// conditionalNode is CONDITION ? THEN : OTHERWISE, and if … { … } else { … }.
type conditionalNode struct {
	condition, then, otherwise node
	at                         Position
}

// elvisNode is LEFT ?: RIGHT, which evaluates LEFT once.
type elvisNode struct {
	left, right node
	at          Position
}

func (b *builder) conditional(u *unit, n *ast.ConditionalNode) (node, error) {
	cond, err := b.node(u, n.Cond)
	if err != nil {
		return nil, err
	}
	// The node's own place is behind it.
	at := b.at(u, n.Cond)
	if n.Cond == n.Exp1 {
		right, err := b.node(u, n.Exp2)
		return &elvisNode{cond, right, at}, err
	}
	then, err := b.node(u, n.Exp1)
	if err != nil {
		return nil, err
	}
	otherwise, err := b.node(u, n.Exp2)
	return &conditionalNode{cond, then, otherwise, at}, err
}

func (n *conditionalNode) eval(f *frame) (any, error) {
	v, err := n.condition.eval(f)
	if err != nil {
		return nil, err
	}
	holds, err := condition(v, "?", n.at)
	switch {
	case err != nil:
		return nil, err
	case holds:
		return n.then.eval(f)
	}
	return n.otherwise.eval(f)
}

func (n *elvisNode) eval(f *frame) (any, error) {
	v, err := n.left.eval(f)
	if err != nil {
		return nil, err
	}
	holds, err := condition(v, "?:", n.at)
	switch {
	case err != nil:
		return nil, err
	case holds:
		return v, nil
	}
	return n.right.eval(f)
}
