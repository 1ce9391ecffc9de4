package expression

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
}

// step is a field, an element, or, where the value has no such field, a function of one argument.
type step struct {
	value.Step
	accessor *function.Function
	at       Position
}

func (n *path) eval(f *frame) (any, error) {
	v, err := n.base.eval(f)
	for i := range n.steps {
		if err != nil {
			return nil, err
		}
		v, err = n.steps[i].follow(f, v)
	}
	return v, err
}

func (s *step) follow(f *frame, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		name := s.Key
		if s.IsIndex {
			name = strconv.Itoa(s.Index)
		}
		if member, ok := v[name]; ok {
			return member, nil
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
	return swapped || slices.Contains(b.variables, name.Value)
}

// rooted builds a chain behind a variable.
func (b *builder) rooted(u *unit, name *ast.IdentifierNode, chain []*ast.MemberNode) (node, error) {
	v, err := b.root(u, name)
	if err != nil {
		return nil, err
	}
	var constants []value.Step
	for _, n := range chain {
		s, ok := b.step(u, n)
		if !ok {
			break
		}
		constants = append(constants, s.Step)
	}
	b.refer(u, name, v, constants)
	if v.name == "$secret" {
		return b.secret(u, constants, chain)
	}
	if v.fields == nil {
		return b.follow(u, &variableNode{v.name, v.value}, chain)
	}
	if len(constants) > 0 {
		first := constants[0].Key
		if _, isAccessor := function.LookupAccessor(first); !isAccessor && !slices.Contains(v.fields, first) {
			return nil, b.failAt(u, chain[0], v.name+" has no field "+first, "it has "+strings.Join(v.fields, ", "))
		}
	}
	if v.name == "$request" {
		if get, used := requestField(constants); used > 0 {
			return b.follow(u, &variableNode{get: get}, chain[used:])
		}
	}
	return b.follow(u, &variableNode{v.name, v.value}, chain)
}

// secret builds $secret.NAME: a secret is known by a constant name only, so that loading finds what is undeclared and
// no data can choose a secret.
func (b *builder) secret(u *unit, constants []value.Step, chain []*ast.MemberNode) (node, error) {
	if len(constants) == 0 || constants[0].IsIndex {
		return nil, b.failAt(u, chain[0], "a secret's name must be written out", "write $secret.NAME")
	}
	name := constants[0].Key
	if !b.compiler.secrets[name] {
		return nil, b.failAt(u, chain[0], "Unknown secret: "+name, b.compiler.nearestSecret(name))
	}
	return b.follow(u, &secretNode{name, b.at(u, chain[0])}, chain[1:])
}

// requestField gets the parts of the request that need no object to be made for the whole of it, and how many steps
// lead to them; none for any other path.
func requestField(path []value.Step) (get func(*Context) any, used int) {
	if len(path) == 0 {
		return nil, 0
	}
	switch path[0].Key {
	case "method":
		return func(ctx *Context) any { return ctx.Request.Method }, 1
	case "path":
		return func(ctx *Context) any { return ctx.Request.Path }, 1
	case "remote_ip":
		return func(ctx *Context) any { return ctx.Request.RemoteIP }, 1
	}
	if len(path) == 1 || path[1].IsIndex {
		return nil, 0
	}
	name := path[1].Key
	if _, isAccessor := function.LookupAccessor(name); isAccessor {
		return nil, 0
	}
	switch path[0].Key {
	case "headers":
		return func(ctx *Context) any { return ctx.Request.header(name) }, 2
	case "query":
		return func(ctx *Context) any { return ctx.Request.parameter(name) }, 2
	}
	return nil, 0
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
