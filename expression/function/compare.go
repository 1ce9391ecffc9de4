package function

import (
	"github.com/krosyn/gateway/expression/value"
)

var comparisonFunctions = []*Function{
	{
		Name: "equals",
		Description: "Whether two values are the same. A number equals the same number as text; apart from that the " +
			"types must agree. Arrays and objects are compared with all they contain.",
		Parameters: []Parameter{required("a", anything), required("b", anything)},
		Examples: []Example{
			{Source: `equals("order.created", "order.created")`, Result: `true`},
			{Source: `equals(5, "5.0")`, Result: `true`},
			{Source: `equals(true, "true")`, Result: `false`},
		},
		direct: equals,
	},
	{
		Name:        "notEquals",
		Description: "Whether two values differ, in the sense of `equals`.",
		Parameters:  []Parameter{required("a", anything), required("b", anything)},
		Examples:    []Example{{Source: `notEquals("paid", "open")`, Result: `true`}},
		direct: func(args []any) (any, error) {
			equal, err := equals(args)
			return !value.Truthy(equal), err
		},
	},
	{
		Name: "greaterThan",
		Description: "Whether `a` is more than `b`: as numbers where both are numbers or numeric text, by code point " +
			"where both are text. False where either is null; anything else is an error.",
		Parameters: []Parameter{required("a", anything), required("b", anything)},
		Examples: []Example{
			{Source: `greaterThan("10", 9)`, Result: `true`},
			{Source: `greaterThan("b", "a")`, Result: `true`},
			{Source: `greaterThan(null, 1)`, Result: `false`},
		},
		direct: func(args []any) (any, error) { return ordered(args, func(order int) bool { return order > 0 }) },
	},
	{
		Name:        "greaterThanOrEqual",
		Description: "Whether `a` is more than or the same as `b`, compared as by `greaterThan`.",
		Parameters:  []Parameter{required("a", anything), required("b", anything)},
		Examples:    []Example{{Source: `greaterThanOrEqual(10, 10)`, Result: `true`}},
		direct:      func(args []any) (any, error) { return ordered(args, func(order int) bool { return order >= 0 }) },
	},
	{
		Name:        "lessThan",
		Description: "Whether `a` is less than `b`, compared as by `greaterThan`.",
		Parameters:  []Parameter{required("a", anything), required("b", anything)},
		Examples:    []Example{{Source: `lessThan("2026-11-21", "2026-11-22")`, Result: `true`}},
		direct:      func(args []any) (any, error) { return ordered(args, func(order int) bool { return order < 0 }) },
	},
	{
		Name:        "lessThanOrEqual",
		Description: "Whether `a` is less than or the same as `b`, compared as by `greaterThan`.",
		Parameters:  []Parameter{required("a", anything), required("b", anything)},
		Examples:    []Example{{Source: `lessThanOrEqual(11, 10)`, Result: `false`}},
		direct:      func(args []any) (any, error) { return ordered(args, func(order int) bool { return order <= 0 }) },
	},
	{
		Name: "between",
		Description: "Whether the value lies between `low` and `high` or is one of them, compared as by `greaterThan`. " +
			"False where any of the three is null.",
		Parameters: []Parameter{required("value", anything), required("low", anything), required("high", anything)},
		Examples: []Example{
			{Source: `between(5, 1, 5)`, Result: `true`},
			{Source: `between("2026-11-22", "2026-01-01", "2026-06-30")`, Result: `false`},
		},
		direct: between,
	},
	{
		Name: "in",
		Description: "Whether an element of the array `equals` the needle, or the object has a field of that name. " +
			"False where the array is null.",
		Parameters: []Parameter{required("needle", anything), required("array", array|object)},
		Examples: []Example{
			{Source: `in("paid", ["paid", "shipped"])`, Result: `true`},
			{Source: `in(3, ["1", "2"])`, Result: `false`},
		},
		run: func(c *call) any {
			switch v := c.args[1].(type) {
			case nil:
				return false
			case map[string]any:
				name, ok := c.args[0].(string)
				_, has := v[name]
				return ok && has
			}
			return c.position(c.array(1), c.args[0]) >= 0
		},
	},
}

func equals(args []any) (any, error) {
	if !canCompare(args[0]) {
		return nil, errTooLarge
	}
	return value.Equal(args[0], args[1]), nil
}

func ordered(args []any, holds func(order int) bool) (any, error) {
	order, ok, err := value.Compare(args[0], args[1])
	return ok && holds(order), err
}

// between compares with both bounds in any case, so that a wrong type is noticed whatever the value.
func between(args []any) (any, error) {
	fromLow, aboveLow, err := value.Compare(args[0], args[1])
	if err != nil {
		return nil, err
	}
	fromHigh, belowHigh, err := value.Compare(args[0], args[2])
	return aboveLow && belowHigh && fromLow >= 0 && fromHigh <= 0, err
}
