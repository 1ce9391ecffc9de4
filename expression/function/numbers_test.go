package function

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

func TestNumbers(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `add(1, "2.5")`, want: `3.5`},
		{source: `add(null, 1)`, err: "add: a must be of type number, got null"},
		{source: `add(1, "x")`, err: "add: b must be of type number, got string"},
		{source: `add(1, true)`, err: "add: b must be of type number, got boolean"},
		{source: `subtract(-9223372036854775808, 1)`, want: `-9223372036854775809`},
		{source: `multiply(4611686018427387904, 4)`, want: `18446744073709551616`},
		{source: `multiply("1e308", 10)`, err: "multiply: the result is out of range"},
		{source: `divide(1, 0)`, err: "divide: division by zero"},
		{source: `divide(36893488147419103232, 4)`, want: `9223372036854775808`},
		{source: `modulo(-7, 3)`, want: `-1`},
		{source: `modulo(7.5, 2)`, want: `1.5`},
		{source: `modulo(1, 0)`, err: "modulo: division by zero"},
		{source: `power(10, 20)`, want: `100000000000000000000`},
		{source: `power(2, 1000000)`, err: "power: the result is out of range"},
		{source: `power(-8, 0.5)`, err: "power: "},
		{source: `round(-2.5)`, want: `-3`},
		{source: `round(2.4)`, want: `2`},
		{source: `round("7.125", 2)`, want: `7.13`},
		{source: `round(5, 2)`, want: `5`},
		{source: `round(15, -1)`, want: `20`},
		{source: `round(12345678901234567890)`, want: `12345678901234567890`},
		{source: `floor(12345678901234567890)`, want: `12345678901234567890`},
		{source: `ceil(-1.5)`, want: `-1`},
		{source: `abs("-1.5")`, want: `1.5`},
		{source: `abs(-9223372036854775808)`, want: `9223372036854775808`},
		{source: `formatNumber(0)`, want: `"0"`},
		{source: `formatNumber(999)`, want: `"999"`},
		{source: `formatNumber(1000)`, want: `"1,000"`},
		{source: `formatNumber(-1234567.5)`, want: `"-1,234,568"`},
		{source: `formatNumber(-0.4)`, want: `"0"`},
		{source: `formatNumber("1234.005", 2)`, want: `"1,234.01"`},
		{source: `formatNumber(12345678901234567890, 1, ",", " ")`, want: `"12 345 678 901 234 567 890,0"`},
		{source: `formatNumber(1, -1)`, err: "formatNumber: decimals must be from 0 to 100"},
		{source: `formatNumber(1e308, 0, "", "")`, want: `"1` + strings.Repeat("0", 308) + `"`},
		{source: `formatNumber(1, 101)`, err: "formatNumber: decimals must be from 0 to 100"},
	})
}

func TestAggregates(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `min([])`, want: `null`},
		{source: `min(null)`, want: `null`},
		{source: `min("2", 10)`, want: `2`},
		{source: `max([1, [2]])`, err: "max: value must hold numbers only, got array"},
		{source: `max(1, "x")`, err: "max: value must be of type number or array, got string"},
		{source: `max([1, 2], 5, [3])`, want: `5`},
		{source: `max(9007199254740992, 9007199254740993)`, want: `9007199254740993`},
		{source: `sum([])`, want: `0`},
		{source: `sum(null)`, want: `null`},
		{source: `sum(null, 2)`, want: `2`},
		{source: `sum(["1", null, 2.5])`, want: `3.5`},
		{source: `sum([9223372036854775807, 1])`, want: `9223372036854775808`},
		{source: `average([])`, want: `null`},
		{source: `average([1, 2])`, want: `1.5`},
		{source: `average(["1", null, 5])`, want: `3`},
		{source: `average(null)`, want: `null`},
		{source: `sum([1e308, 1e308])`, err: "sum: the result is out of range"},
		{source: `average(1e308, 1e308)`, err: "average: the result is out of range"},
	})
}

// TestIntegersAreExact compares arithmetic on integers of any size with math/big.
func TestIntegersAreExact(t *testing.T) {
	integers := rapid.Custom(func(t *rapid.T) any {
		digits := rapid.StringMatching(`-?[1-9][0-9]{0,25}|0`).Draw(t, "digits")
		n, _ := value.ParseNumber(digits)
		return n
	})
	operations := map[string]func(z, a, b *big.Int) *big.Int{
		"add": (*big.Int).Add, "subtract": (*big.Int).Sub, "multiply": (*big.Int).Mul, "modulo": (*big.Int).Rem,
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := integers.Draw(t, "a"), integers.Draw(t, "b")
		for name, operation := range operations {
			if name == "modulo" && b == int64(0) {
				continue
			}
			want := operation(new(big.Int), integerOf(a), integerOf(b)).String()
			if got := value.Text(mustCall(name, a, b)); got != want {
				t.Fatalf("%s(%v, %v) = %s, want %s", name, a, b, got, want)
			}
		}
		want := new(big.Int).Add(integerOf(a), integerOf(b))
		if got := value.Text(mustCall("sum", []any{a, b})); got != want.String() {
			t.Fatalf("sum = %s, want %s", got, want)
		}
	})
}

func integerOf(v any) *big.Int {
	n, _ := new(big.Int).SetString(value.Text(v), 10)
	return n
}

// TestFormatNumberReadsBack takes the signs out again: what is left must be the rounded number, with all its decimals.
func TestFormatNumberReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Float64Range(-1e18, 1e18).AsAny(), rapid.Int64().AsAny()).Draw(t, "n")
		decimals := rapid.Int64Range(0, 12).Draw(t, "decimals")
		formatted := mustCall("formatNumber", n, decimals, ";", "_").(string)
		whole, fraction, _ := strings.Cut(formatted, ";")
		if int64(len(fraction)) != decimals {
			t.Fatalf("%s has not %d decimals", formatted, decimals)
		}
		for i, group := range strings.Split(strings.TrimPrefix(whole, "-"), "_") {
			if len(group) > 3 || i > 0 && len(group) != 3 {
				t.Fatalf("%s is not grouped by thousands", formatted)
			}
		}
		digits := strings.ReplaceAll(whole, "_", "")
		if strings.Trim(fraction, "0") != "" {
			digits += "." + fraction
		}
		if rounded := mustCall("round", n, decimals); mustCall("equals", rounded, digits) != true {
			t.Fatalf("%s is not %v", formatted, rounded)
		}
	})
}

func TestExtremesAreEndsOfSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var numbers []any
		for _, n := range rapid.SliceOfN(rapid.Int64(), 1, 8).Draw(t, "numbers") {
			numbers = append(numbers, n)
		}
		sorted := mustCall("sort", numbers)
		if mustCall("min", numbers) != mustCall("first", sorted) || mustCall("max", numbers) != mustCall("last", sorted) {
			t.Fatalf("%v", sorted)
		}
	})
}
