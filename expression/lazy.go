package expression

import "github.com/krosyn/gateway/expression/value"

// lazyCall is the node of a function that evaluates an argument only where its value counts, nil for any other.
func lazyCall(name string, arguments []node) node {
	switch name {
	case "and":
		return &truthNode{decides: false, arguments: arguments}
	case "or":
		return &truthNode{decides: true, arguments: arguments}
	case "if":
		return &ifNode{arguments}
	case "coalesce":
		return &firstNode{arguments: arguments}
	case "default":
		return &firstNode{arguments: arguments, skipEmpty: true}
	}
	return nil
}

// truthNode is and(…) and or(…), which take values of every type.
type truthNode struct {
	decides   bool
	arguments []node
}

func (n *truthNode) eval(f *frame) (any, error) {
	for _, argument := range n.arguments {
		v, err := argument.eval(f)
		if err != nil {
			return nil, err
		}
		if value.Truthy(v) == n.decides {
			return n.decides, nil
		}
	}
	return !n.decides, nil
}

// ifNode is if(condition, then, otherwise?).
type ifNode struct{ arguments []node }

func (n *ifNode) eval(f *frame) (any, error) {
	condition, err := n.arguments[0].eval(f)
	switch {
	case err != nil:
		return nil, err
	case value.Truthy(condition):
		return n.arguments[1].eval(f)
	case len(n.arguments) > 2:
		return n.arguments[2].eval(f)
	}
	return nil, nil
}

// firstNode is coalesce(…) and default(value, fallback): the first value that is not null, and for default not empty
// text either.
type firstNode struct {
	arguments []node
	skipEmpty bool
}

func (n *firstNode) eval(f *frame) (v any, err error) {
	for i, argument := range n.arguments {
		if v, err = argument.eval(f); err != nil {
			return nil, err
		}
		last := i == len(n.arguments)-1
		if last || v != nil && (!n.skipEmpty || v != "") {
			return v, nil
		}
	}
	return nil, nil
}
