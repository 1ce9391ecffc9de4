package function

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// sorted is the elements in the order of their keys, in the direction that the argument at direction names.
//
// One way of comparing holds for all keys. To choose it pair by pair, as the comparison functions do, would give no
// order: "2" is before "10" as a number, "10" before "1a" and "1a" before "2" as text.
func (c *call) sorted(elements, keys []any, direction int) any {
	order := c.textOr(direction, "asc")
	if order != "asc" && order != "desc" {
		c.fail(`%s must be "asc" or "desc"`, c.parameter(direction).Name)
	}
	if c.err != nil {
		return nil
	}
	compare, err := comparison(keys)
	if err != nil {
		return c.check(nil, err)
	}
	indexes := make([]int, len(keys))
	for i := range indexes {
		indexes[i] = i
	}
	slices.SortStableFunc(indexes, func(i, j int) int {
		switch a, b := keys[i], keys[j]; {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return 1
		case b == nil:
			return -1
		case order == "desc":
			return compare(b, a)
		default:
			return compare(a, b)
		}
	})
	result := make([]any, len(elements))
	for i, index := range indexes {
		result[i] = elements[index]
	}
	return result
}

// comparison is the way to compare all keys that are not null.
func comparison(keys []any) (func(a, b any) int, error) {
	numeric, textual := true, true
	var previous any // a key that fits
	for _, key := range keys {
		if key == nil {
			continue
		}
		_, isText := key.(string)
		_, isNumber := value.ToNumber(key)
		numeric, textual = numeric && isNumber, textual && isText
		if !numeric && !textual {
			if previous == nil {
				previous = key
			}
			return nil, incomparable(previous, key)
		}
		previous = key
	}
	if numeric {
		return compareNumbers, nil
	}
	return func(a, b any) int { return strings.Compare(a.(string), b.(string)) }, nil
}

func compareNumbers(a, b any) int {
	order, _, _ := value.Compare(a, b)
	return order
}

func incomparable(a, b any) error {
	if value.TypeOf(a) == value.TypeOf(b) {
		return fmt.Errorf("elements of type %s have no order", value.TypeOf(a))
	}
	return fmt.Errorf("elements of type %s and %s have no common order", value.TypeOf(a), value.TypeOf(b))
}
