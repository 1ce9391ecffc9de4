package expression

import (
	"fmt"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// maxRange bounds the elements of 1..n.
const maxRange = 100_000

// condition is v as an operator's condition: a boolean, or null, which does not hold.
func condition(v any, operator string, at Position) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, &Error{
		Message:  fmt.Sprintf("%s needs a boolean, %s given", operator, value.TypeOf(v)),
		Detail:   "and(…), or(…), not(…) and if(…) take values of every type",
		Position: at,
	}
}

// same is the operator ==: unlike equals it takes no text for a number.
func same(a, b any) bool {
	switch a := a.(type) {
	case string:
		other, ok := b.(string)
		return ok && a == other
	case int64:
		if other, ok := b.(int64); ok {
			return a == other
		}
		return isNumber(b) && value.Equal(a, b)
	case float64, value.Number:
		return isNumber(b) && value.Equal(a, b)
	case []any:
		other, ok := b.([]any)
		return ok && sameElements(a, other)
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && sameMembers(a, other)
	}
	return a == b
}

func sameElements(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameMembers(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, member := range a {
		if other, ok := b[key]; !ok || !same(member, other) {
			return false
		}
	}
	return true
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, value.Number:
		return true
	}
	return false
}

// comparison makes an ordering operator: null is in no order, and types do not mix.
func comparison(holds func(order int) bool) operation {
	return func(_ *frame, left, right any) (any, error) {
		if left == nil || right == nil {
			return false, nil
		}
		order, err := compare(left, right)
		return err == nil && holds(order), err
	}
}

func compare(left, right any) (int, error) {
	if a, ok := left.(string); ok {
		if b, ok := right.(string); ok {
			return strings.Compare(a, b), nil
		}
	}
	if !isNumber(left) || !isNumber(right) {
		return 0, &Error{
			Message: fmt.Sprintf("cannot compare %s with %s", value.TypeOf(left), value.TypeOf(right)),
			Detail:  "greaterThan and its kin take numeric strings for numbers",
		}
	}
	order, _, err := value.Compare(left, right)
	return order, err
}

// isIn looks for an element of an array or a name of an object.
func isIn(_ *frame, left, right any) (any, error) {
	switch right := right.(type) {
	case nil:
		return false, nil
	case []any:
		for _, element := range right {
			if same(left, element) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		name, ok := left.(string)
		_, found := right[name]
		return ok && found, nil
	}
	return nil, fmt.Errorf("in needs an array or an object on its right, %s given", value.TypeOf(right))
}

func textTest(operator string, test func(text, part string) bool) operation {
	return func(_ *frame, left, right any) (any, error) {
		text, part, err := bothTexts(operator, left, right)
		return err == nil && left != nil && right != nil && test(text, part), err
	}
}

func matches(f *frame, left, right any) (any, error) {
	if _, _, err := bothTexts("matches", left, right); err != nil || left == nil || right == nil {
		return false, err
	}
	if err := f.spend(searchSteps); err != nil {
		return nil, err
	}
	return f.library("matches", left, right)
}

// bothTexts are the operands of an operator that takes strings; null is let through.
func bothTexts(operator string, left, right any) (a, b string, err error) {
	a, okLeft := left.(string)
	b, okRight := right.(string)
	if (okLeft || left == nil) && (okRight || right == nil) {
		return a, b, nil
	}
	return "", "", &Error{
		Message: fmt.Sprintf("%s needs two strings, %s and %s given", operator, value.TypeOf(left), value.TypeOf(right)),
		Detail:  fmt.Sprintf("the function %s(…) takes other types", operator),
	}
}

// plus adds numbers and joins strings. Null is empty text beside a string; with a number the sum is null.
func plus(f *frame, left, right any) (any, error) {
	a, okLeft := left.(string)
	b, okRight := right.(string)
	switch {
	case okLeft && okRight, okLeft && right == nil, left == nil && okRight:
		joined := a + b
		return joined, f.chargeBytes(len(joined))
	case okLeft || okRight:
		return nil, &Error{
			Message: fmt.Sprintf("+ needs two numbers or two strings, %s and %s given", value.TypeOf(left), value.TypeOf(right)),
			Detail:  "concat(…) joins values of every type",
		}
	}
	return addition(f, left, right)
}

var addition = arithmetic("+", value.Add)

// arithmetic makes an operator that calculates: with null the result is null.
func arithmetic(operator string, calculate func(a, b any) (any, error)) operation {
	return func(_ *frame, left, right any) (any, error) {
		if left == nil || right == nil {
			return nil, nil
		}
		if !isNumber(left) || !isNumber(right) {
			return nil, &Error{
				Message: fmt.Sprintf("%s needs two numbers, %s and %s given", operator, value.TypeOf(left), value.TypeOf(right)),
				Detail:  "toNumber(…) makes a number of a numeric string",
			}
		}
		return calculate(left, right)
	}
}

// between is FIRST..LAST, the array of the integers from one to the other.
func between(f *frame, left, right any) (any, error) {
	if left == nil || right == nil {
		return nil, nil
	}
	first, last, err := rangeEnds(left, right)
	if err != nil {
		return nil, err
	}
	if last < first {
		return []any{}, nil
	}
	if uint64(last-first) >= maxRange {
		return nil, fmt.Errorf("a range has at most %d elements", maxRange)
	}
	count := int(last-first) + 1
	if err := f.chargeBytes(16 * count); err != nil {
		return nil, err
	}
	elements := make([]any, count)
	for i := range elements {
		elements[i] = first + int64(i)
	}
	return elements, nil
}

func rangeEnds(left, right any) (first, last int64, err error) {
	first, okFirst := value.ToInteger(left)
	last, okLast := value.ToInteger(right)
	if !okFirst || !okLast || !isNumber(left) || !isNumber(right) {
		err = fmt.Errorf(".. needs two integers, %s and %s given", value.TypeOf(left), value.TypeOf(right))
	}
	return first, last, err
}
