package expression

import (
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"

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
}

// step is a field, an element, or, where the value has no such field, a function of one argument.
type step struct {
	value.Step
	accessor *function.Function
	at       Position
}

func (n *path) eval(f *frame) (any, error) {
	if n.document != nil {
		if v, ok := n.document(f.ctx).Peek(n.fields); ok {
			return v, nil
		}
	}
	v, err := n.base.eval(f)
	if err != nil {
		return nil, err
	}
	for i := range n.steps {
		s := &n.steps[i]
		// A field of an object is by far the most frequent step.
		if members, ok := v.(map[string]any); ok && !s.IsIndex {
			if member, ok := members[s.Key]; ok {
				v = member
				continue
			}
		}
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

// member builds a whole chain of members at once.
func (b *builder) member(u *unit, last *ast.MemberNode) (node, error) {
	var chain []*ast.MemberNode
	var base ast.Node = last
	for {
		if optional, ok := base.(*ast.ChainNode); ok {
			base = optional.Node
		}
		n, ok := base.(*ast.MemberNode)
		if !ok {
			break
		}
		chain = append(chain, n)
		base = n.Node
	}
	slices.Reverse(chain)
	if b.count += len(chain); b.count > maxNodes {
		return nil, b.failAt(u, last, "the expression has too many parts", "")
	}
	if name, ok := base.(*ast.IdentifierNode); ok && !b.isLocal(u, name) {
		return b.rooted(u, name, chain)
	}
	start, err := b.node(u, base)
	if err != nil {
		return nil, err
	}
	return b.follow(u, start, chain)
}

func (b *builder) isLocal(u *unit, name *ast.IdentifierNode) bool {
	_, swapped := u.words[u.offset(name)]
	return swapped || name.Value == "null" || slices.Contains(b.variables, name.Value)
}

// follow builds the steps of a chain behind start.
func (b *builder) follow(u *unit, start node, chain []*ast.MemberNode) (node, error) {
	current := start
	var steps []step
	finish := func() node {
		if len(steps) == 0 {
			return current
		}
		done := &path{base: current, steps: steps}
		if variable, ok := current.(*variableNode); ok {
			done.document = variable.document
		}
		for _, s := range steps {
			done.fields = append(done.fields, s.Step)
		}
		steps = nil
		return done
	}
	for _, n := range chain {
		if s, ok := b.step(u, n); ok {
			steps = append(steps, s)
			continue
		}
		key, err := b.node(u, n.Property)
		if err != nil {
			return nil, err
		}
		current = &indexNode{base: finish(), key: key, at: b.at(u, n)}
	}
	return finish(), nil
}

// step is the step of a member whose name or index is constant.
func (b *builder) step(u *unit, n *ast.MemberNode) (step, bool) {
	s := step{at: b.at(u, n.Property)}
	switch property := n.Property.(type) {
	case *ast.StringNode:
		s.Key = property.Value
		from := u.offset(property)
		switch u.text[from] {
		case '"':
			text, constant := b.constantText(u.unquote(from, u.end(from)))
			if !constant {
				return s, false
			}
			s.Key = text
		case '\'', '`':
		default:
			s.accessor, _ = function.LookupAccessor(s.Key)
		}
		return s, true
	case *ast.IntegerNode:
		s.Index, s.IsIndex = property.Value, true
		return s, true
	case *ast.UnaryNode:
		if n, ok := property.Node.(*ast.IntegerNode); ok && property.Operator == "-" {
			s.Index, s.IsIndex = -n.Value, true
			return s, true
		}
	}
	return s, false
}
