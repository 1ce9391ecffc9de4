package expression

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
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

func (n *loopNode) all(f *frame, elements []any, _ any) (any, error) {
	i, err := n.search(f, elements, false, false)
	return i < 0, err
}

func (n *loopNode) none(f *frame, elements []any, _ any) (any, error) {
	i, err := n.search(f, elements, true, false)
	return i < 0, err
}

func (n *loopNode) any(f *frame, elements []any, _ any) (any, error) {
	i, err := n.search(f, elements, true, false)
	return i >= 0, err
}

func (n *loopNode) one(f *frame, elements []any, _ any) (any, error) {
	found, err := n.filtered(f, elements)
	return len(found) == 1, err
}

func (n *loopNode) find(f *frame, elements []any, _ any) (any, error) {
	i, err := n.search(f, elements, true, n.name == "findLast")
	if i < 0 || err != nil {
		return nil, err
	}
	return elements[i], nil
}

func (n *loopNode) findIndex(f *frame, elements []any, _ any) (any, error) {
	i, err := n.search(f, elements, true, n.name == "findLastIndex")
	if i < 0 || err != nil {
		return nil, err
	}
	return int64(i), nil
}

func (n *loopNode) filter(f *frame, elements []any, _ any) (any, error) {
	found, err := n.filtered(f, elements)
	return found, err
}

func (n *loopNode) filtered(f *frame, elements []any) ([]any, error) {
	found := []any{}
	for i, element := range elements {
		holds, err := n.holds(f, i, element)
		if err != nil {
			return nil, err
		}
		if holds {
			found = append(found, element)
		}
	}
	return found, f.chargeBytes(16 * len(found))
}

func (n *loopNode) count(f *frame, elements []any, _ any) (any, error) {
	found, err := n.filtered(f, elements)
	return int64(len(found)), err
}

func (n *loopNode) collect(f *frame, elements []any, _ any) (any, error) {
	results, err := n.collected(f, elements)
	return results, err
}

// collected is what the predicate gives for each element.
func (n *loopNode) collected(f *frame, elements []any) ([]any, error) {
	results := make([]any, len(elements))
	for i, element := range elements {
		v, err := n.apply(f, i, element)
		if err != nil {
			return nil, err
		}
		if results[i] = v; f.chargeBytes(weigh(v, f.limits.memory-f.built)) != nil {
			return nil, errMemory
		}
	}
	return results, nil
}

func (n *loopNode) sum(f *frame, elements []any, _ any) (any, error) {
	results, err := n.collected(f, elements)
	if err != nil {
		return nil, err
	}
	return f.library("sum", results)
}

// library calls a function of the library by its name.
func (f *frame) library(name string, args ...any) (any, error) {
	fn, ok := function.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("Unknown function: %s", name)
	}
	return f.call(fn, args...)
}

// group puts elements under the text of what the predicate gives for them.
func (n *loopNode) group(f *frame, elements []any, _ any) (any, error) {
	keys, err := n.collected(f, elements)
	if err != nil {
		return nil, err
	}
	groups := map[string]any{}
	for i, key := range keys {
		name, err := f.textOf(key)
		if err != nil {
			return nil, err
		}
		group, _ := groups[name].([]any)
		groups[name] = append(group, elements[i])
	}
	return groups, f.chargeBytes(16 * len(elements))
}

// sort orders elements by what the predicate gives for them, as the function sortBy does by a field.
func (n *loopNode) sort(f *frame, elements []any, order any) (any, error) {
	keys, err := n.collected(f, elements)
	if err != nil {
		return nil, err
	}
	const key, element = "key", "element"
	pairs := make([]any, len(elements))
	for i := range elements {
		pairs[i] = map[string]any{key: keys[i], element: elements[i]}
	}
	sorted, err := f.library("sortBy", pairs, key, order)
	if err != nil {
		return nil, err
	}
	results := slices.Clone(sorted.([]any))
	for i, pair := range results {
		results[i] = pair.(map[string]any)[element]
	}
	return results, nil
}

// reduce makes one value of all elements. Without a start the first element is it.
func (n *loopNode) reduce(f *frame, elements []any, start any) (any, error) {
	accumulator, first := start, 0
	if n.extra == nil {
		if len(elements) == 0 {
			return nil, nil
		}
		accumulator, first = elements[0], 1
	}
	for i := first; i < len(elements); i++ {
		f.loops[n.depth].accumulator = accumulator
		v, err := n.apply(f, i, elements[i])
		if err != nil {
			return nil, err
		}
		accumulator = v
	}
	return accumulator, nil
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
	return pointerNode{b.loops - 1, get}, nil
}
