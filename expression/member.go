package expression

import (
	"slices"
	"strconv"
	"unique"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/function"
)

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
			done.way, done.known = way(steps)
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

// way is the handle of the steps that a path can have in common with others, and their number: those before the last,
// as far as none can be a function, because what a function does counts in every evaluation.
func way(steps []step) (handle unique.Handle[string], known int) {
	var key []byte
	for _, s := range steps[:min(len(steps), len(sights{}))-1] {
		if s.accessor != nil {
			break
		}
		if s.IsIndex {
			key = strconv.AppendInt(key, int64(s.Index), 10)
		} else {
			key = strconv.AppendQuote(key, s.Key)
		}
		key = append(key, '/')
		known++
	}
	return unique.Make(string(key)), known
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
