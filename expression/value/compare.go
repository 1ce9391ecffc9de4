package value

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Equal is the language's equals: a number equals a numeric string of the same number, otherwise the types must
// agree. Arrays and objects are equal when their contents are, in the same sense.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		other, ok := b.(bool)
		return ok && a == other
	case string:
		if other, ok := b.(string); ok {
			return a == other
		}
		return equalNumeric(a, b)
	case int64:
		if other, ok := b.(int64); ok {
			return a == other
		}
		return equalNumeric(a, b)
	case float64, Number:
		return equalNumeric(a, b)
	case []any:
		other, ok := b.([]any)
		return ok && equalArrays(a, other)
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && equalObjects(a, other)
	}
	return false
}

func equalNumeric(a, b any) bool {
	x, numeric := toNumeric(a)
	if !numeric {
		return false
	}
	y, numeric := toNumeric(b)
	if !numeric {
		return false
	}
	order, ok := compareNumbers(x, y)
	return ok && order == 0
}

func equalArrays(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalObjects(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, member := range a {
		other, ok := b[key]
		if !ok || !Equal(member, other) {
			return false
		}
	}
	return true
}

// Compare orders a and b: negative, zero or positive as a is less than, equal to or greater than b. Two numbers or
// numeric strings are ordered as numbers, two other strings by code point. Null has no order: ok is false. Anything
// else is an error.
func Compare(a, b any) (order int, ok bool, err error) {
	if a == nil || b == nil {
		return 0, false, nil
	}
	if x, numeric := toNumeric(a); numeric {
		if y, numeric := toNumeric(b); numeric {
			order, ok = compareNumbers(x, y)
			return order, ok, nil
		}
	}
	left, isString := a.(string)
	right, bothStrings := b.(string)
	if isString && bothStrings {
		return strings.Compare(left, right), true, nil
	}
	return 0, false, fmt.Errorf("cannot compare %s with %s", describe(a), describe(b))
}

// describe is the type of v with an article; of a string it also says whether it is numeric.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if _, ok := parseNumeric(v); ok {
			return "a numeric string"
		}
		return "a string that is not numeric"
	case []any, map[string]any:
		return "an " + TypeOf(v)
	}
	return "a " + TypeOf(v)
}

// compareNumbers compares exactly: an integer is never rounded to a float64 first. Not-a-number has no order.
func compareNumbers(a, b numeric) (order int, ok bool) {
	switch {
	case math.IsNaN(a.float) || math.IsNaN(b.float):
		return 0, false
	case a.kind == small && b.kind == small:
		return cmp.Compare(a.integer, b.integer), true
	case a.kind == inexact && b.kind == inexact:
		return cmp.Compare(a.float, b.float), true
	case a.kind == small && b.kind == inexact:
		return compareMixed(a.integer, b.float), true
	case a.kind == inexact && b.kind == small:
		return -compareMixed(b.integer, a.float), true
	case a.negative() != b.negative():
		return a.sign(), true
	case a.kind != inexact && b.kind != inexact:
		return a.sign() * compareDigits(string(a.digits), string(b.digits)), true
	}
	return exactFloat(a).Cmp(exactFloat(b)), true
}

func compareMixed(n int64, f float64) int {
	if f >= 1<<63 {
		return -1
	}
	if f < -1<<63 {
		return 1
	}
	whole := math.Trunc(f)
	if order := cmp.Compare(n, int64(whole)); order != 0 {
		return order
	}
	return cmp.Compare(whole, f)
}

// compareDigits compares the magnitudes of integers of the same sign; an int64 has no digits, and is less.
func compareDigits(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func (n numeric) sign() int {
	if n.negative() {
		return -1
	}
	return 1
}

// exactFloat is n as a big.Float that holds it exactly.
func exactFloat(n numeric) *big.Float {
	i := n.toBig()
	if i == nil {
		return big.NewFloat(n.float)
	}
	return new(big.Float).SetPrec(uint(max(i.BitLen(), 64))).SetInt(i)
}
