package expression

import (
	"encoding/json"
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
)

const (
	// maxExplanations and maxExplained bound what is kept of an explanation: how many parts, and bytes of each.
	maxExplanations = 100
	maxExplained    = 1 << 10
	// maxRounds is how many values are kept of a part within a predicate.
	maxRounds = 10
)

// explained is a program that records the values of its parts.
type explained struct {
	root  node
	trace *trace
}

// trace lists the parts of a program whose values are worth knowing, outermost first.
type trace struct{ parts []part }

type part struct {
	source string
	// inLoop tells that the part is evaluated once for each element of an array.
	inLoop bool
	// secret tells that a secret can be in the value in a form that nobody would recognize.
	secret bool
}

// record is what a part has given in one evaluation.
type record struct {
	known  bool
	value  any
	rounds []any
}

// tracedNode records the value of a node.
type tracedNode struct {
	node
	number int
	inLoop bool
}

func (n *tracedNode) eval(f *frame) (any, error) {
	v, err := n.node.eval(f)
	if err != nil {
		return nil, err
	}
	r := &f.recorded[n.number]
	r.known, r.value = true, v
	if n.inLoop && len(r.rounds) < maxRounds {
		r.rounds = append(r.rounds, v)
	}
	return v, nil
}

// traced builds n so that its value is recorded, unless the source shows it already.
func (b *builder) traced(u *unit, n ast.Node) (node, error) {
	number := len(b.trace.parts)
	b.trace.parts = append(b.trace.parts, part{source: u.source(n), inLoop: b.loops > 0})
	secrets, pointers := b.secrets, b.pointers
	built, err := b.build(u, n)
	if err != nil {
		return nil, err
	}
	own := &b.trace.parts[number]
	own.secret = b.secrets > secrets || b.secrets > 0 && b.pointers > pointers
	switch n := built.(type) {
	case constant:
		own.source = ""
		return built, nil
	case *variableNode:
		own.inLoop = false
	case *path:
		if _, ok := n.base.(*variableNode); ok {
			own.inLoop = false
		}
	}
	return &tracedNode{node: built, number: number, inLoop: own.inLoop}, nil
}

// explanations are the recorded values, of equal parts the first.
func (t *trace) explanations(recorded []record) []event.Explanation {
	var result []event.Explanation
	seen := map[string]bool{}
	for i, r := range recorded {
		source := t.parts[i].source
		if !r.known || source == "" || seen[source] {
			continue
		}
		if len(result) == maxExplanations {
			break
		}
		seen[source] = true
		result = append(result, event.Explanation{Expression: source, Value: explain(t.parts[i].show(r))})
	}
	return result
}

// show is what the explanation gives for a record. Of what can hold a secret only null and booleans are shown.
func (p part) show(r record) any {
	_, isBoolean := r.value.(bool)
	switch {
	case p.secret && (p.inLoop || !isBoolean && r.value != nil):
		return event.Redacted
	case p.inLoop:
		return r.rounds
	}
	return r.value
}

// explain is the JSON of a value, or what it is where that is too long. It is never cut: a secret that is cut in two
// would not be recognized by those who redact it.
func explain(v any) json.RawMessage {
	if size := weigh(v, maxExplained); size <= maxExplained {
		if text, err := value.AppendJSON(nil, v); err == nil && len(text) <= maxExplained {
			return text
		}
	}
	text, _ := value.AppendJSON(nil, describe(v))
	return text
}

func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("(a string of %d bytes)", len(v))
	case []any:
		return fmt.Sprintf("(an array of %d elements)", len(v))
	case map[string]any:
		return fmt.Sprintf("(an object of %d fields)", len(v))
	}
	return "(a " + value.TypeOf(v) + ")"
}
