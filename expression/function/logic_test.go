package function

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

func TestLogic(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `and(1, "a", [0])`, want: `true`},
		{source: `and(1, "0")`, want: `false`},
		{source: `and(true)`, err: "and requires at least 2 argument(s), 1 given"},
		{source: `or(0, "", "0", [], null, false)`, want: `false`},
		{source: `or(null, "false")`, want: `true`},
		{source: `not(null)`, want: `true`},
		{source: `not([0])`, want: `false`},
		{source: `if(null, 1, 2)`, want: `2`},
		{source: `if("0", 1)`, want: `null`},
		{source: `if(1, null, 2)`, want: `null`},
		{source: `coalesce(null, null)`, want: `null`},
		{source: `coalesce(null, false, 1)`, want: `false`},
		{source: `default(null, 1)`, want: `1`},
		{source: `default(false, 1)`, want: `false`},
		{source: `default([], 1)`, want: `[]`},
		{source: `default("", null)`, want: `null`},
		{source: `isEmpty(null)`, want: `true`},
		{source: `isEmpty("")`, want: `true`},
		{source: `isEmpty("0")`, want: `false`},
		{source: `isEmpty(false)`, want: `false`},
		{source: `isNotEmpty([null])`, want: `true`},
		{source: `isNotEmpty(null)`, want: `false`},
		{source: `isNull(false)`, want: `false`},
	})
	if got := mustApply(t, "isEmpty", map[string]any{}); got != true {
		t.Error("an object without fields is not empty")
	}
}

func TestComparisons(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `equals(null, null)`, want: `true`},
		{source: `equals(null, "")`, want: `false`},
		{source: `equals(1, true)`, want: `false`},
		{source: `equals("1", 1)`, want: `true`},
		{source: `equals("1.0", "1")`, want: `false`},
		{source: `equals("007", 7)`, want: `false`},
		{source: `equals(9007199254740993, 9007199254740992)`, want: `false`},
		{source: `equals(12345678901234567890, "12345678901234567890")`, want: `true`},
		{source: `equals([1, ["2"]], ["1", [2]])`, want: `true`},
		{source: `equals([1], [1, 2])`, want: `false`},
		{source: `equals("a")`, err: "equals requires at least 2 argument(s), 1 given"},
		{source: `equals("a", "b", "c")`, err: "equals accepts at most 2 argument(s), 3 given"},
		{source: `notEquals(1, "1")`, want: `false`},
		{source: `greaterThan("10", "9")`, want: `true`},
		{source: `greaterThan("10a", "9a")`, want: `false`},
		{source: `greaterThan(1, null)`, want: `false`},
		{source: `lessThan(null, null)`, want: `false`},
		{source: `lessThanOrEqual(null, null)`, want: `false`},
		{source: `lessThanOrEqual(2, 2.0)`, want: `true`},
		{source: `greaterThanOrEqual("a", "b")`, want: `false`},
		{source: `greaterThan("abc", 1)`, err: "greaterThan: cannot compare"},
		{source: `lessThan(true, 1)`, err: "lessThan: cannot compare"},
		{source: `lessThan([1], [2])`, err: "lessThan: cannot compare"},
		{source: `between(1, 1, 1)`, want: `true`},
		{source: `between("5", 1, "10")`, want: `true`},
		{source: `between(0, 1, 10)`, want: `false`},
		{source: `between(null, 1, 2)`, want: `false`},
		{source: `between(1, null, 2)`, want: `false`},
		{source: `between(1, 0, null)`, want: `false`},
		{source: `between("b", "a", "c")`, want: `true`},
		{source: `between(5, 10, "x")`, err: "between: cannot compare"},
	})
}

// TestComparisonsAgree checks the four comparisons against each other and against between, for all pairs of numbers
// and texts.
func TestComparisonsAgree(t *testing.T) {
	operands := rapid.OneOf(
		rapid.Int64Range(-3, 3).AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e20, 1e20).AsAny(),
		rapid.SampledFrom([]any{"1", "-2.50", "1e1", value.Number("12345678901234567890")}),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := operands.Draw(t, "a"), operands.Draw(t, "b")
		greater, less := mustCall("greaterThan", a, b), mustCall("lessThan", a, b)
		if greater == true && less == true {
			t.Fatal("more and less")
		}
		if mustCall("greaterThanOrEqual", a, b) == less || mustCall("lessThanOrEqual", a, b) == greater {
			t.Fatal("or-equal contradicts")
		}
		if mustCall("lessThan", b, a) != greater {
			t.Fatal("not the same from the other side")
		}
		if mustCall("between", a, b, b) == mustCall("or", greater, less) {
			t.Fatal("between contradicts")
		}
	})
}
