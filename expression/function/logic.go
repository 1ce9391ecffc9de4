package function

import (
	"slices"

	"github.com/krosyn/gateway/expression/value"
)

var logicFunctions = []*Function{
	{
		Name: "and",
		Description: "True if all conditions hold. `false`, `null`, `0`, `\"\"`, `\"0\"`, `[]` and `{}` do not hold, " +
			"everything else does. What follows the first that fails is not evaluated.",
		Parameters: []Parameter{required("a", anything), variadic("b", anything)},
		Examples: []Example{
			{Source: `and(equals(1, "1"), "yes")`, Result: `true`},
			{Source: `and(true, "")`, Result: `false`},
		},
		direct: func(args []any) (any, error) {
			for _, arg := range args {
				if !value.Truthy(arg) {
					return false, nil
				}
			}
			return true, nil
		},
	},
	{
		Name:        "or",
		Description: "True if one condition holds, as for `and`. What follows the first that holds is not evaluated.",
		Parameters:  []Parameter{required("a", anything), variadic("b", anything)},
		Examples: []Example{
			{Source: `or(null, 0, "yes")`, Result: `true`},
			{Source: `or(false, [])`, Result: `false`},
		},
		direct: func(args []any) (any, error) {
			return slices.ContainsFunc(args, value.Truthy), nil
		},
	},
	{
		Name:        "not",
		Description: "True if the condition does not hold, as for `and`.",
		Parameters:  []Parameter{required("condition", anything)},
		Examples: []Example{
			{Source: `not(false)`, Result: `true`},
			{Source: `not("0")`, Result: `true`},
		},
		direct: func(args []any) (any, error) { return !value.Truthy(args[0]), nil },
	},
	{
		Name: "if",
		Description: "`then` if the condition holds, as for `and`; `else` if not, null by default. " +
			"The other one is not evaluated.",
		Parameters: []Parameter{required("condition", anything), required("then", anything), optional("else", anything)},
		Examples: []Example{
			{Source: `if(greaterThan(120, 100), "large", "small")`, Result: `"large"`},
			{Source: `if("", "yes")`, Result: `null`},
		},
		direct: func(args []any) (any, error) {
			switch {
			case value.Truthy(args[0]):
				return args[1], nil
			case len(args) > 2:
				return args[2], nil
			}
			return nil, nil
		},
	},
	{
		Name:        "coalesce",
		Description: "The first value that is not null; null if all are. What follows it is not evaluated.",
		Parameters:  []Parameter{required("a", anything), variadic("b", anything)},
		Examples: []Example{
			{Source: `coalesce(null, "", "x")`, Result: `""`},
			{Source: `coalesce($payload.nick, $payload.name)`, Payload: `{"name":"Jane"}`, Result: `"Jane"`},
		},
		direct: func(args []any) (any, error) {
			for _, arg := range args {
				if arg != nil {
					return arg, nil
				}
			}
			return nil, nil
		},
	},
	{
		Name:        "default",
		Description: "The value, or `fallback` where it is null or empty text.",
		Parameters:  []Parameter{required("value", anything), required("fallback", anything)},
		Examples: []Example{
			{Source: `default("", "unknown")`, Result: `"unknown"`},
			{Source: `default(0, 10)`, Result: `0`},
		},
		direct: func(args []any) (any, error) {
			if args[0] == nil || args[0] == "" {
				return args[1], nil
			}
			return args[0], nil
		},
	},
	{
		Name:        "isEmpty",
		Description: "Whether the value is null, empty text, an array without elements or an object without fields.",
		Parameters:  []Parameter{required("value", anything)},
		Examples: []Example{
			{Source: `isEmpty([])`, Result: `true`},
			{Source: `isEmpty(0)`, Result: `false`},
		},
		direct: func(args []any) (any, error) { return isEmpty(args[0]), nil },
	},
	{
		Name:        "isNotEmpty",
		Description: "Whether the value is anything but null, empty text, an empty array or an empty object.",
		Parameters:  []Parameter{required("value", anything)},
		Examples:    []Example{{Source: `isNotEmpty("Jane")`, Result: `true`}},
		direct:      func(args []any) (any, error) { return !isEmpty(args[0]), nil },
	},
	{
		Name:        "isNull",
		Description: "Whether the value is null, as everything missing is.",
		Parameters:  []Parameter{required("value", anything)},
		Examples: []Example{
			{Source: `isNull($payload.missing)`, Payload: `{}`, Result: `true`},
			{Source: `isNull("")`, Result: `false`},
		},
		direct: func(args []any) (any, error) { return args[0] == nil, nil },
	},
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
