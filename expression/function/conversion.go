package function

import (
	"strings"

	"github.com/google/uuid"

	"github.com/krosyn/gateway/expression/value"
)

// newUUID makes the UUIDs; tests put a fixed one in its place.
var newUUID = uuid.NewRandom

var conversionFunctions = []*Function{
	{
		Name:        "toString",
		Description: "The value as text: numbers without exponent, arrays and objects as JSON.",
		Parameters:  []Parameter{subject("value", anything)},
		Examples: []Example{
			{Source: `toString(1e3)`, Result: `"1000"`},
			{Source: `toString([1, "a"])`, Result: `"[1,\"a\"]"`},
		},
		run: func(c *call) any {
			s, err := boundedText(c.args[0])
			return c.check(s, err)
		},
	},
	{
		Name: "toNumber",
		Description: "The number that a text spells, blanks around it aside; true is 1 and false is 0. " +
			"Any other text is an error.",
		Parameters: []Parameter{subject("value", number|boolean)},
		Examples: []Example{
			{Source: `toNumber("12.50")`, Result: `12.5`},
			{Source: `toNumber(true)`, Result: `1`},
		},
		run: func(c *call) any { return c.toNumber() },
	},
	{
		Name:        "toInteger",
		Description: "The number that a text spells, as by `toNumber`, without its fraction.",
		Parameters:  []Parameter{subject("value", number|boolean)},
		Examples: []Example{
			{Source: `toInteger("12.9")`, Result: `12`},
			{Source: `toInteger(-12.9)`, Result: `-12`},
		},
		run: func(c *call) any { return c.check(truncated(c.toNumber())) },
	},
	{
		Name: "toBoolean",
		Description: "True for `true`, `yes`, `on` and `1`, false for `false`, `no`, `off`, `0` and empty text, " +
			"in any letter case; other text is an error. Numbers, arrays and objects are true unless 0 or empty.",
		Parameters: []Parameter{subject("value", anything)},
		Examples: []Example{
			{Source: `toBoolean("Yes")`, Result: `true`},
			{Source: `toBoolean("false")`, Result: `false`},
			{Source: `toBoolean(0)`, Result: `false`},
		},
		run: toBoolean,
	},
	{
		Name:        "typeOf",
		Description: "The type of the value: `null`, `boolean`, `number`, `string`, `array` or `object`.",
		Parameters:  []Parameter{required("value", anything)},
		Examples: []Example{
			{Source: `typeOf("5")`, Result: `"string"`},
			{Source: `typeOf(null)`, Result: `"null"`},
		},
		run: func(c *call) any { return value.TypeOf(c.args[0]) },
	},
	{
		Name:        "uuid",
		Description: "A new random UUID (version 4).",
		Examples:    []Example{{Source: `uuid()`, Pattern: `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`}},
		run: func(c *call) any {
			id, err := newUUID()
			return c.check(id.String(), err)
		},
	},
}

func (c *call) toNumber() any {
	switch v := c.args[0].(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case string:
		if n, ok := value.ParseNumber(strings.TrimSpace(v)); ok {
			return n
		}
		return c.fail("the text is not a number")
	}
	return c.number(0)
}

// truncated is n without its fraction, an integer however large. Nil, after an error, stays nil.
func truncated(n any) (any, error) {
	f, ok := n.(float64)
	if !ok {
		return n, nil
	}
	whole := value.Floor
	if f < 0 {
		whole = value.Ceil
	}
	rounded, err := whole(f)
	if large, ok := rounded.(float64); ok {
		rounded, _ = value.ParseNumber(value.Text(large))
	}
	return rounded, err
}

func toBoolean(c *call) any {
	s, ok := c.args[0].(string)
	if !ok {
		return value.Truthy(c.args[0])
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "on", "1":
		return true
	case "false", "no", "off", "0", "":
		return false
	}
	return c.fail("the text is not one of true, yes, on, 1, false, no, off, 0")
}
