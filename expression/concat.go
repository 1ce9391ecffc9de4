package expression

import (
	"fmt"

	"github.com/krosyn/gateway/expression/function"
)

// concatNode is concat(…), the most frequent call of all. It puts its text together as text with references does, so
// that it needs no room for arguments; what it counts for, and how it fails, is as with every other function.
type concatNode struct {
	arguments []node
	at        Position
}

func (n *concatNode) eval(f *frame) (any, error) {
	start, steps := len(f.text), 1
	var fault error
	for _, argument := range n.arguments {
		v, err := argument.eval(f)
		if err != nil {
			return nil, err
		}
		steps += effort(v)
		if fault == nil {
			f.text, fault = function.AppendText(f.text, start, v)
		}
	}
	if err := f.spend(steps); err != nil {
		return nil, atPosition(n.at, err)
	}
	if fault != nil {
		return nil, atPosition(n.at, fmt.Errorf("concat: %w", fault))
	}
	if err := f.chargeBytes(len(f.text) - start); err != nil {
		return nil, atPosition(n.at, err)
	}
	return f.takeText(start), nil
}
