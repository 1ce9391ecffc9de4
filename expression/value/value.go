// Package value is the data model of the expression language: what JSON can say, and nothing else.
//
// A value is one of nil, bool, int64, float64, Number, string, []any and map[string]any. Integers are exact: int64
// where they fit, Number beyond. The package reads and writes these values as JSON and as text, compares them and
// calculates with them. It knows no expression, no function and no event.
package value

import "fmt"

// Number is an integer outside the range of int64: its decimal digits, with a minus sign where it is negative and
// without leading zeros. It stays within the range of float64, so it has at most 309 digits.
type Number string

// TypeOf is the language's name for the type of v: null, boolean, number, string, array or object. For a Go type
// that is no value it is that type's name in Go.
func TypeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case int64, float64, Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// Truthy tells whether a condition holds: false, null, 0, "", "0", [] and {} do not, everything else does.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != "" && v != "0"
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}
