package expression

import (
	"slices"

	"github.com/krosyn/gateway/expression/function"
)

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
		return nil, &Error{Message: unknownFunction + name}
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
