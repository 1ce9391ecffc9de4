package function

import (
	"github.com/krosyn/gateway/expression/value"
)

var aggregateFunctions = []*Function{
	{
		Name: "min",
		Description: "The least of several numbers, or of those in an array. Nulls are left out; " +
			"null where nothing is left.",
		Parameters: []Parameter{variadic("value", number|array)},
		Examples: []Example{
			{Source: `min(3, 1, 2)`, Result: `1`},
			{Source: `min([3, "1.5", null])`, Result: `1.5`},
		},
		run: func(c *call) any { return extreme(c.numbers(), -1) },
	},
	{
		Name: "max",
		Description: "The greatest of several numbers, or of those in an array. Nulls are left out; " +
			"null where nothing is left.",
		Parameters: []Parameter{variadic("value", number|array)},
		Examples: []Example{
			{Source: `max(3, 1, 2)`, Result: `3`},
			{Source: `$payload.prices.max`, Payload: `{"prices":[9.5,12]}`, Result: `12`},
		},
		run: func(c *call) any { return extreme(c.numbers(), 1) },
	},
	{
		Name: "sum",
		Description: "The sum of several numbers, or of those in an array. Nulls are left out; the sum of an empty " +
			"array is 0. With a predicate, the sum of what it gives for each element.",
		Parameters: []Parameter{{Name: "value", Kind: number | array, Variadic: true, Predicate: true}},
		Examples: []Example{
			{Source: `sum([1, 2, 3.5])`, Result: `6.5`},
			{Source: `sum(pluck($payload.items, "price"))`, Payload: `{"items":[{"price":10},{"price":5}]}`, Result: `15`},
			{Source: `sum($payload.items, .price)`, Payload: `{"items":[{"price":10},{"price":5}]}`, Result: `15`},
		},
		Builtin: true,
		run: func(c *call) any {
			if len(c.args) == 1 && c.args[0] == nil {
				return nil
			}
			return c.sum(c.numbers())
		},
	},
	{
		Name: "average",
		Description: "The sum of several numbers, or of those in an array, divided by their count. Nulls are left " +
			"out; null where nothing is left.",
		Parameters: []Parameter{variadic("value", number|array)},
		Examples:   []Example{{Source: `average([1, 2, 6])`, Result: `3`}},
		run: func(c *call) any {
			numbers := c.numbers()
			if len(numbers) == 0 {
				return nil
			}
			sum := c.sum(numbers)
			if c.err != nil {
				return nil
			}
			return c.check(value.Divide(sum, int64(len(numbers))))
		},
	},
}

// numbers are the numbers among the arguments and in the arrays among them, without the nulls.
func (c *call) numbers() []any {
	numbers := make([]any, 0, len(c.args))
	for i, arg := range c.args {
		elements, ok := arg.([]any)
		if !ok {
			elements = c.args[i : i+1]
		}
		for _, element := range elements {
			if element == nil {
				continue
			}
			n, isNumber := value.ToNumber(element)
			switch {
			case !isNumber && ok:
				c.fail("%s must hold numbers only, got %s", c.parameter(i).Name, value.TypeOf(element))
				return nil
			case !isNumber:
				c.mismatch(i)
				return nil
			}
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (c *call) sum(numbers []any) any {
	var total any = int64(0)
	for _, n := range numbers {
		var err error
		if total, err = value.Add(total, n); err != nil {
			return c.check(nil, err)
		}
	}
	return total
}

// extreme is the first of the least (sign -1) or greatest (sign 1) numbers, nil without any.
func extreme(numbers []any, sign int) any {
	var found any
	for _, n := range numbers {
		if found == nil {
			found = n
			continue
		}
		if order, ok, _ := value.Compare(n, found); ok && order*sign > 0 {
			found = n
		}
	}
	return found
}
