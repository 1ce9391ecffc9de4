package expression

import (
	"strconv"
	"unique"

	"github.com/krosyn/gateway/expression/function"
	"github.com/krosyn/gateway/expression/value"
)

// path is a base and the constant steps behind it. What is missing is null, wherever on the path that is.
type path struct {
	base  node
	steps []step
	// fields are the steps as package value knows them.
	fields []value.Step
	// document is where the base comes from, where that is JSON text.
	document func(ctx *Context) *value.Document
	// way stands for the first known steps: it is the same for all paths that begin with them.
	way   unique.Handle[string]
	known int
}

// step is a field, an element, or, where the value has no such field, a function of one argument.
type step struct {
	value.Step
	accessor *function.Function
	at       Position
}

func (n *path) eval(f *frame) (any, error) {
	if n.document == nil {
		v, err := n.base.eval(f)
		if err != nil {
			return nil, err
		}
		return f.follow(v, n.steps)
	}
	document := n.document(f.ctx)
	seen := &f.ctx.seen[n.known]
	if seen.way != n.way || seen.document != document {
		if v, ok := document.Peek(n.fields); ok {
			return v, nil
		}
		v, err := f.follow(document.Value(), n.steps[:n.known])
		if err != nil {
			return nil, err
		}
		*seen = sight{n.way, document, v}
	}
	return f.follow(seen.value, n.steps[n.known:])
}

// sight is where the known steps of a path have led. What an execution reads comes in groups, such as a customer's
// name, street and city, so that many a path begins where another has been. A document never changes, so a sight never
// ages.
type sight struct {
	way      unique.Handle[string]
	document *value.Document
	value    any
}

// sights holds the last sight of each number of steps.
type sights [4]sight

// follow goes from v along the steps.
func (f *frame) follow(v any, steps []step) (any, error) {
	for i := range steps {
		s := &steps[i]
		// A field of an object is by far the most frequent step.
		if members, ok := v.(map[string]any); ok && !s.IsIndex {
			if member, ok := members[s.Key]; ok {
				v = member
				continue
			}
		}
		var err error
		if v, err = s.follow(f, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// follow is the step from v where it is not a field that v has.
func (s *step) follow(f *frame, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if s.IsIndex {
			return v[strconv.Itoa(s.Index)], nil
		}
	case []any, string:
		if s.IsIndex {
			result, err := f.element(v, s.Index)
			return result, atPosition(s.at, err)
		}
	}
	if s.accessor == nil || !s.accessor.AppliesTo(v) {
		return nil, nil
	}
	result, err := f.call(s.accessor, v)
	return result, atPosition(s.at, err)
}
