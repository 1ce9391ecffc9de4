package expression

import (
	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/value"
)

// constant is a literal.
type constant struct{ value any }

func (n constant) eval(*frame) (any, error) { return n.value, nil }

// quoted builds a string: in one with double quotes references are replaced, as in text.
func (b *builder) quoted(u *unit, n *ast.StringNode) (node, error) {
	if from := u.offset(n); from < len(u.text) && u.text[from] == '"' {
		return b.text(u.unquote(from, u.end(from)))
	}
	return constant{n.Value}, nil
}

// end is where the token that begins at an offset ends.
func (u *unit) end(from int) int { return u.tokens[u.tokenAt(from)].To }

type arrayNode struct {
	elements []node
	at       Position
}

func (b *builder) array(u *unit, n *ast.ArrayNode) (node, error) {
	elements, err := b.nodes(u, n.Nodes)
	if err != nil {
		return nil, err
	}
	values := make([]any, len(elements))
	for i, element := range elements {
		literal, ok := element.(constant)
		if !ok {
			return &arrayNode{elements, b.at(u, n)}, nil
		}
		values[i] = literal.value
	}
	return constant{values}, nil
}

func (n *arrayNode) eval(f *frame) (any, error) {
	result := make([]any, len(n.elements))
	for i, element := range n.elements {
		var err error
		if result[i], err = element.eval(f); err != nil {
			return nil, err
		}
	}
	return built(f, result, n.at)
}

// built charges a new array or object.
func built(f *frame, v any, at Position) (any, error) {
	if err := f.charge(v); err != nil {
		return nil, atPosition(at, err)
	}
	return v, nil
}

type objectNode struct {
	keys    []node
	members []node
	at      Position
}

func (b *builder) object(u *unit, n *ast.MapNode) (node, error) {
	result := &objectNode{at: b.at(u, n)}
	for _, pair := range n.Pairs {
		pair := pair.(*ast.PairNode)
		key, err := b.node(u, pair.Key)
		if err != nil {
			return nil, err
		}
		member, err := b.node(u, pair.Value)
		if err != nil {
			return nil, err
		}
		result.keys, result.members = append(result.keys, key), append(result.members, member)
	}
	return result, nil
}

func (n *objectNode) eval(f *frame) (any, error) {
	result := make(map[string]any, len(n.keys))
	for i, key := range n.keys {
		name, err := key.eval(f)
		if err != nil {
			return nil, err
		}
		text, err := f.textOf(name)
		if err != nil {
			return nil, atPosition(n.at, err)
		}
		if result[text], err = n.members[i].eval(f); err != nil {
			return nil, err
		}
	}
	return built(f, result, n.at)
}

// textNode is text with references.
type textNode struct {
	parts []piece
	at    Position
}

// piece is a part of a text: literal where node is nil.
type piece struct {
	literal string
	node    node
}

func (n *textNode) eval(f *frame) (any, error) {
	start := len(f.text)
	for i := range n.parts {
		part := &n.parts[i]
		if part.node == nil {
			f.text = append(f.text, part.literal...)
			continue
		}
		v, err := part.node.eval(f)
		if err != nil {
			return nil, err
		}
		before := len(f.text)
		f.text = value.AppendText(f.text, v)
		if err := f.chargeBytes(len(f.text) - before); err != nil {
			return nil, atPosition(n.at, err)
		}
	}
	return f.takeText(start), nil
}
