package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/expression/value"
)

// indexNode is a member whose name or index is calculated.
type indexNode struct {
	base, key node
	at        Position
}

func (n *indexNode) eval(f *frame) (any, error) {
	base, err := n.base.eval(f)
	if err != nil {
		return nil, err
	}
	key, err := n.key.eval(f)
	if err != nil {
		return nil, err
	}
	if members, ok := base.(map[string]any); ok {
		name, err := f.textOf(key)
		if err != nil {
			return nil, atPosition(n.at, err)
		}
		return members[name], nil
	}
	if _, isText := key.(string); isText || key == nil {
		return nil, nil
	}
	index, err := integer(key)
	if err != nil {
		return nil, atPosition(n.at, err)
	}
	result, err := f.element(base, index)
	return result, atPosition(n.at, err)
}

// sliceNode is a part of an array or of a string, in characters.
type sliceNode struct {
	base, from, to node
	at             Position
}

func (b *builder) slice(u *unit, n *ast.SliceNode) (node, error) {
	result := &sliceNode{at: b.at(u, n)}
	for _, part := range []struct {
		target *node
		source ast.Node
	}{{&result.base, n.Node}, {&result.from, n.From}, {&result.to, n.To}} {
		if part.source == nil {
			continue
		}
		var err error
		if *part.target, err = b.node(u, part.source); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (n *sliceNode) eval(f *frame) (any, error) {
	base, err := n.base.eval(f)
	if err != nil {
		return nil, err
	}
	var characters []rune
	length := 0
	switch base := base.(type) {
	case nil:
		return nil, nil
	case []any:
		length = len(base)
	case string:
		if err := f.spend(1 + effort(base)); err != nil {
			return nil, atPosition(n.at, err)
		}
		characters = []rune(base)
		length = len(characters)
	default:
		return nil, &Error{Message: "only arrays and strings have parts, not " + value.TypeOf(base), Position: n.at}
	}
	from, err := n.bound(f, n.from, 0, length)
	if err != nil {
		return nil, err
	}
	to, err := n.bound(f, n.to, length, length)
	if err != nil {
		return nil, err
	}
	from = min(from, to)
	if elements, ok := base.([]any); ok {
		return elements[from:to:to], nil
	}
	return built(f, string(characters[from:to]), n.at)
}

// bound evaluates one end of the slice and keeps it within the length.
func (n *sliceNode) bound(f *frame, end node, absent, length int) (int, error) {
	if end == nil {
		return absent, nil
	}
	v, err := end.eval(f)
	if err != nil {
		return 0, err
	}
	if v == nil {
		return absent, nil
	}
	i, err := integer(v)
	if err != nil {
		return 0, atPosition(n.at, err)
	}
	if i < 0 {
		i += length
	}
	return max(0, min(i, length)), nil
}

// integer is a value as an index.
func integer(v any) (int, error) {
	if _, isText := v.(string); !isText {
		if i, ok := value.ToInteger(v); ok {
			return int(i), nil
		}
	}
	return 0, &Error{Message: "an index must be an integer, " + value.TypeOf(v) + " given"}
}

// element is an element of an array, or a character of a string, null where there is none. Negative indexes count
// from the end.
func (f *frame) element(v any, index int) (any, error) {
	switch v := v.(type) {
	case []any:
		if index < 0 {
			index += len(v)
		}
		if index >= 0 && index < len(v) {
			return v[index], nil
		}
	case string:
		return character(v, index), f.spend(1 + effort(v))
	}
	return nil, nil
}

func character(s string, index int) any {
	if index >= 0 {
		for _, char := range s {
			if index == 0 {
				return string(char)
			}
			index--
		}
		return nil
	}
	for len(s) > 0 {
		char, size := utf8.DecodeLastRuneInString(s)
		if index == -1 {
			return string(char)
		}
		index++
		s = s[:len(s)-size]
	}
	return nil
}
