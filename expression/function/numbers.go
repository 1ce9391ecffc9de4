package function

import (
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

// arithmetic makes the parameters of the functions of two numbers.
func arithmetic(a, b string) []Parameter {
	return []Parameter{required(a, number), required(b, number)}
}

// calculate makes a function of two numbers from an operation of package value.
func calculate(operation func(a, b any) (any, error)) func(c *call) any {
	return func(c *call) any {
		a, b := c.number(0), c.number(1)
		if c.err != nil {
			return nil
		}
		return c.check(operation(a, b))
	}
}

var numberFunctions = []*Function{
	{
		Name: "add",
		Description: "The sum of two numbers. Integers are exact, however large; " +
			"a number may be text, as in all functions of numbers.",
		Parameters: arithmetic("a", "b"),
		Examples: []Example{
			{Source: `add(2, "3")`, Result: `5`},
			{Source: `add(9223372036854775807, 1)`, Result: `9223372036854775808`},
		},
		run: calculate(value.Add),
	},
	{
		Name:        "subtract",
		Description: "The first number less the second.",
		Parameters:  arithmetic("a", "b"),
		Examples:    []Example{{Source: `subtract(10, 2.5)`, Result: `7.5`}},
		run:         calculate(value.Subtract),
	},
	{
		Name:        "multiply",
		Description: "The product of two numbers.",
		Parameters:  arithmetic("a", "b"),
		Examples:    []Example{{Source: `multiply(3, 4)`, Result: `12`}},
		run:         calculate(value.Multiply),
	},
	{
		Name:        "divide",
		Description: "The first number divided by the second. Dividing by zero is an error.",
		Parameters:  arithmetic("a", "b"),
		Examples: []Example{
			{Source: `divide(7, 2)`, Result: `3.5`},
			{Source: `divide(6, 2)`, Result: `3`},
		},
		run: calculate(value.Divide),
	},
	{
		Name:        "modulo",
		Description: "What is left when the first number is divided by the second; it has the sign of the first.",
		Parameters:  arithmetic("a", "b"),
		Examples:    []Example{{Source: `modulo(7, 3)`, Result: `1`}},
		run:         calculate(value.Modulo),
	},
	{
		Name:        "power",
		Description: "The base multiplied by itself so many times.",
		Parameters:  arithmetic("base", "exponent"),
		Examples: []Example{
			{Source: `power(2, 10)`, Result: `1024`},
			{Source: `power(2, -1)`, Result: `0.5`},
		},
		run: calculate(value.Power),
	},
	{
		Name: "round",
		Description: "The number rounded to so many decimals, none by default; halves go away from zero. " +
			"Negative decimals round to tens, hundreds and so on.",
		Parameters: []Parameter{subject("value", number), optional("decimals", integer)},
		Examples: []Example{
			{Source: `round(2.5)`, Result: `3`},
			{Source: `round(1.005, 2)`, Result: `1.01`},
			{Source: `round(1234, -2)`, Result: `1200`},
		},
		run: func(c *call) any { return c.check(value.Round(c.number(0), c.integerOr(1, 0))) },
	},
	{
		Name:        "floor",
		Description: "The largest whole number that is not above the number.",
		Parameters:  []Parameter{subject("value", number)},
		Examples:    []Example{{Source: `floor(-1.5)`, Result: `-2`}},
		run:         func(c *call) any { return c.check(value.Floor(c.number(0))) },
	},
	{
		Name:        "ceil",
		Description: "The smallest whole number that is not below the number.",
		Parameters:  []Parameter{subject("value", number)},
		Examples:    []Example{{Source: `ceil(1.2)`, Result: `2`}},
		run:         func(c *call) any { return c.check(value.Ceil(c.number(0))) },
	},
	{
		Name:        "abs",
		Description: "The number without its sign.",
		Parameters:  []Parameter{subject("value", number)},
		Examples:    []Example{{Source: `abs(-5)`, Result: `5`}},
		run:         func(c *call) any { return c.check(value.Abs(c.number(0))) },
	},
	{
		Name: "formatNumber",
		Description: "The number as people read it: rounded to so many decimals, none by default, with a decimal " +
			"point and a sign between thousands, `.` and `,` by default.",
		Parameters: []Parameter{
			subject("value", number), optional("decimals", integer), optional("point", text), optional("thousands", text),
		},
		Examples: []Example{
			{Source: `formatNumber(1234567.891, 2)`, Result: `"1,234,567.89"`},
			{Source: `formatNumber(1234.5, 2, ",", ".")`, Result: `"1.234,50"`},
			{Source: `formatNumber(1234.5, 1, ".", "")`, Result: `"1234.5"`},
		},
		run: formatNumber,
	},
}

// maxDecimals is how many decimals formatNumber writes.
const maxDecimals = 100

func formatNumber(c *call) any {
	n, decimals, point, thousands := c.number(0), c.integerOr(1, 0), c.textOr(2, "."), c.textOr(3, ",")
	if decimals < 0 || decimals > maxDecimals {
		return c.fail("decimals must be from 0 to %d", maxDecimals)
	}
	if len(point)+len(thousands) > maxDecimals {
		return c.fail("point and thousands must not be longer than %d bytes", maxDecimals)
	}
	rounded, err := value.Round(n, decimals)
	if err != nil {
		return c.check(nil, err)
	}
	digits, negative := strings.CutPrefix(value.Text(rounded), "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteByte(whole[i])
	}
	if decimals > 0 {
		b.WriteString(point)
		b.WriteString(fraction)
		b.WriteString(strings.Repeat("0", decimals-len(fraction)))
	}
	return b.String()
}
