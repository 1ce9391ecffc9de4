package function

import (
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// Kind is the set of types that a parameter takes, in the words of typeOf. Text parameters take numbers and booleans
// as their text, number parameters take numeric strings.
type Kind uint8

const (
	text Kind = 1 << iota
	number
	integer
	boolean
	array
	object
	date // a string or a number, see parseDate

	anything Kind = 0xff
)

// kindNames is in the order of the bits.
var kindNames = [...]string{"string", "number", "integer", "boolean", "array", "object", "date"}

// String lists the kinds as the reference shows them: "string", "array or object", "any".
func (k Kind) String() string {
	if k == anything {
		return "any"
	}
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// admits tells whether the type of v is in the set, whatever v's content. Null is in none but anything.
func (k Kind) admits(v any) bool {
	if k == anything {
		return true
	}
	switch v.(type) {
	case nil:
		return false
	case bool:
		return k&(text|boolean) != 0
	case string, int64, float64, value.Number:
		return k&(text|number|integer|date) != 0
	case []any:
		return k&array != 0
	case map[string]any:
		return k&object != 0
	}
	return false
}
