package expression

import (
	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/value"
)

// loop is the state of a running predicate.
type loop struct {
	element, accumulator any
	index                int
}

// loopKind is what a function with a predicate does.
type loopKind struct {
	// least and most bound its arguments.
	least, most int
	// nullForNull makes its result null for null; for the others null is an array without elements.
	nullForNull bool
	run         func(n *loopNode, f *frame, elements []any, extra any) (any, error)
}

// loops are the functions of expr-lang that take a predicate. It is filled by init because a loop's predicate can
// hold another loop.
var loops map[string]*loopKind

func init() {
	loops = map[string]*loopKind{
		"all":           {2, 2, false, (*loopNode).all},
		"none":          {2, 2, false, (*loopNode).none},
		"any":           {2, 2, false, (*loopNode).any},
		"one":           {2, 2, false, (*loopNode).one},
		"find":          {2, 2, false, (*loopNode).find},
		"findIndex":     {2, 2, false, (*loopNode).findIndex},
		"findLast":      {2, 2, false, (*loopNode).find},
		"findLastIndex": {2, 2, false, (*loopNode).findIndex},
		"filter":        {2, 2, true, (*loopNode).filter},
		"map":           {2, 2, true, (*loopNode).collect},
		"count":         {1, 2, true, (*loopNode).count},
		"sum":           {1, 2, true, (*loopNode).sum},
		"groupBy":       {2, 2, true, (*loopNode).group},
		"sortBy":        {2, 3, true, (*loopNode).sort},
		"reduce":        {2, 3, false, (*loopNode).reduce},
	}
}

// loopNode applies a predicate to the elements of an array.
type loopNode struct {
	name             string
	kind             *loopKind
	array, predicate node
	// extra is the third argument, nil where there is none.
	extra node
	// depth is how many predicates enclose this one.
	depth int
	at    Position
}

func (b *builder) loop(u *unit, n *ast.BuiltinNode) (node, error) {
	result := &loopNode{name: n.Name, kind: loops[n.Name], depth: b.loops, at: b.at(u, n)}
	var err error
	if result.array, err = b.node(u, n.Arguments[0]); err != nil {
		return nil, err
	}
	b.loops++
	result.predicate, err = b.node(u, n.Arguments[1].(*ast.PredicateNode).Node)
	b.loops--
	if err == nil && len(n.Arguments) > 2 {
		result.extra, err = b.node(u, n.Arguments[2])
	}
	return result, err
}

func (n *loopNode) eval(f *frame) (any, error) {
	v, err := n.array.eval(f)
	if err != nil {
		return nil, err
	}
	elements, ok := v.([]any)
	switch {
	case v == nil && n.kind.nullForNull:
		return nil, nil
	case v != nil && !ok:
		return nil, &Error{Message: n.name + " needs an array, " + value.TypeOf(v) + " given", Position: n.at}
	}
	var extra any
	if n.extra != nil {
		if extra, err = n.extra.eval(f); err != nil {
			return nil, err
		}
	}
	f.loops = append(f.loops, loop{})
	result, err := n.kind.run(n, f, elements, extra)
	if err != nil {
		return nil, atPosition(n.at, err)
	}
	f.loops[n.depth] = loop{}
	f.loops = f.loops[:n.depth]
	return result, nil
}

// apply is the predicate's value for one element.
func (n *loopNode) apply(f *frame, index int, element any) (any, error) {
	if err := f.spend(1); err != nil {
		return nil, err
	}
	f.loops[n.depth].element, f.loops[n.depth].index = element, index
	return n.predicate.eval(f)
}

func (n *loopNode) holds(f *frame, index int, element any) (bool, error) {
	v, err := n.apply(f, index, element)
	if err != nil {
		return false, err
	}
	return condition(v, "the predicate of "+n.name, n.at)
}

// search is the index of the first element for which the predicate has this outcome, or the last; -1 without one.
func (n *loopNode) search(f *frame, elements []any, outcome, backwards bool) (int, error) {
	for i := range elements {
		if backwards {
			i = len(elements) - 1 - i
		}
		holds, err := n.holds(f, i, elements[i])
		if err != nil {
			return 0, err
		}
		if holds == outcome {
			return i, nil
		}
	}
	return -1, nil
}

// pointerNode is #, #index or #acc.
type pointerNode struct {
	depth int
	get   func(state *loop) any
}

func (n pointerNode) eval(f *frame) (any, error) { return n.get(&f.loops[n.depth]), nil }

func (b *builder) pointer(u *unit, n *ast.PointerNode) (node, error) {
	var get func(state *loop) any
	switch n.Name {
	case "":
		get = func(state *loop) any { return state.element }
	case "index":
		get = func(state *loop) any { return int64(state.index) }
	case "acc":
		get = func(state *loop) any { return state.accumulator }
	default:
		return nil, b.failAt(u, n, "Unknown variable: #"+n.Name, "there are #, #index and #acc")
	}
	b.pointers++
	return pointerNode{b.loops - 1, get}, nil
}
