package function

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

func TestArrays(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `first("abc")`, err: "first: array must be of type array, got string"},
		{source: `first([null, 1])`, want: `null`},
		{source: `last([])`, want: `null`},
		{source: `slice([1, 2, 3], 1)`, want: `[2,3]`},
		{source: `slice([1, 2, 3], 5)`, want: `[]`},
		{source: `slice([1, 2, 3], -5, 4)`, want: `[1,2,3]`},
		{source: `slice([1, 2, 3], 0, -1)`, want: `[1,2]`},
		{source: `slice([1, 2, 3], 1, 2000000000)`, want: `[2,3]`},
		{source: `reverse([])`, want: `[]`},
		{source: `sort([])`, want: `[]`},
		{source: `sort([null, 2, null, 1])`, want: `[1,2,null,null]`},
		{source: `sort([null, 1, 2], "desc")`, want: `[2,1,null]`},
		{source: `sort(["10", "9"])`, want: `["9","10"]`},
		{source: `sort(["10", "9", "a"])`, want: `["10","9","a"]`},
		{source: `sort([9007199254740993, 9007199254740992])`, want: `[9007199254740992,9007199254740993]`},
		{source: `sort([1, "a"])`, err: "sort: elements of type number and string have no common order"},
		{source: `sort([true])`, err: "sort: elements of type boolean have no order"},
		{source: `sort([1], "up")`, err: `sort: order must be "asc" or "desc"`},
		{source: `sortBy([], "")`, err: "sortBy: the path must be like"},
		{source: `sortBy([[2], [1]], "0")`, want: `[[1],[2]]`},
		{source: `sortBy([[2, 1], [1], [2, 0]], "[1]", "desc")`, want: `[[2,1],[2,0],[1]]`},
		{source: `unique([])`, want: `[]`},
		{source: `unique([null, null, true, true, "true"])`, want: `[null,true,"true"]`},
		{source: `unique([[1, 2], [1, 2.0], [2, 1], "[1,2]"])`, want: `[[1,2],[2,1],"[1,2]"]`},
		{source: `unique([0.5, 5e20, 500000000000000000000])`, want: `[0.5,500000000000000000000]`},
		{source: `flatten([])`, want: `[]`},
		{source: `flatten([[], [[]]])`, want: `[]`},
		{source: `flatten([[1]], 0)`, want: `[[1]]`},
		{source: `flatten([[1]], -1)`, want: `[[1]]`},
		{source: `flatten("a")`, err: "flatten: array must be of type array, got string"},
		{source: `pluck([[1, 2], 3, null], "[0]")`, want: `[1,null,null]`},
		{source: `merge([1], null, [2])`, want: `[1,2]`},
		{source: `merge(null, null)`, want: `null`},
		{source: `merge([], null)`, want: `[]`},
		{source: `merge([1], "a")`, err: "merge: b must be of type array or object, got string"},
		{source: `merge([1], 2, 3)`, err: "merge: b must be"},
		{source: `count("abc")`, err: "count: array must be of type array or object, got string"},
		{source: `count([1], true)`, err: "count: predicate must be a predicate"},
	})
}

func anyArray() *rapid.Generator[[]any] {
	return rapid.SliceOfN(anyValue(), 0, 8)
}

func TestReversedArrayTwiceIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := anyArray().Draw(t, "elements")
		if diff := cmp.Diff(any(elements), mustCall("reverse", mustCall("reverse", elements))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSortOrders(t *testing.T) {
	numbers := rapid.OneOf(rapid.Int64().AsAny(), rapid.Float64Range(-1e19, 1e19).AsAny(),
		rapid.SampledFrom([]any{nil, "5", "-1.5", "1e3", value.Number("12345678901234567890")}))
	texts := rapid.OneOf(rapid.String().AsAny(), rapid.SampledFrom([]any{nil, "2", "10", "1a"}))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]*rapid.Generator[any]{numbers, texts}).Draw(t, "kind")
		elements := rapid.SliceOfN(kind, 0, 10).Draw(t, "elements")
		sorted := mustCall("sort", elements).([]any)
		if diff := cmp.Diff(any(sorted), mustCall("sort", sorted)); diff != "" {
			t.Fatalf("sorted again: %s", diff)
		}
		left := map[any]int{}
		for i := range elements {
			left[elements[i]]++
			left[sorted[i]]--
		}
		for element, n := range left {
			if n != 0 {
				t.Fatalf("%v was lost or doubled", element)
			}
		}
		numeric := mustCall("typeOf", sum(elements)) == "number"
		for i := 1; i < len(sorted); i++ {
			a, b := sorted[i-1], sorted[i]
			switch {
			case a == nil && b != nil:
				t.Fatal("null is not last")
			case b == nil:
			case numeric && mustCall("lessThanOrEqual", a, b) != true:
				t.Fatalf("%v is before %v", a, b)
			case !numeric && a.(string) > b.(string):
				t.Fatalf("%q is before %q", a, b)
			}
		}
	})
}

// sum is nil where the elements are not all numbers.
func sum(elements []any) any {
	f, _ := Lookup("sum")
	total, _ := f.Call([]any{elements})
	return total
}

func TestSortByIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.Int64Range(0, 3), 0, 12).Draw(t, "keys")
		order := rapid.SampledFrom([]string{"asc", "desc"}).Draw(t, "order")
		elements := make([]any, len(keys))
		for i, key := range keys {
			elements[i] = map[string]any{"key": key, "at": int64(i)}
		}
		sorted := mustCall("sortBy", elements, "key", order).([]any)
		for i := 1; i < len(sorted); i++ {
			a, b := sorted[i-1].(map[string]any), sorted[i].(map[string]any)
			if a["key"] == b["key"] && a["at"].(int64) > b["at"].(int64) {
				t.Fatalf("%v is before %v", a, b)
			}
			if a["key"] != b["key"] && (a["key"].(int64) < b["key"].(int64)) != (order == "asc") {
				t.Fatalf("%v is before %v in order %s", a, b, order)
			}
		}
	})
}

func TestUniqueAndFlattenTwiceChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := anyArray().Draw(t, "elements")
		for _, name := range []string{"unique", "flatten"} {
			once := mustCall(name, elements)
			if diff := cmp.Diff(once, mustCall(name, once)); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	})
}

func TestUniqueKeepsTheFirstOfEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var elements []any
		for _, n := range rapid.SliceOf(rapid.Int64Range(0, 5)).Draw(t, "numbers") {
			elements = append(elements, n)
		}
		next := int64(-1)
		for _, element := range mustCall("unique", elements).([]any) {
			at := mustCall("indexOf", elements, element).(int64)
			if at <= next {
				t.Fatalf("%v is out of order", element)
			}
			next = at
		}
	})
}

func TestSlicesJoinAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := anyArray().Draw(t, "elements")
		at := rapid.Int64Range(0, 8).Draw(t, "at")
		joined := mustCall("merge", mustCall("slice", elements, int64(0), at), mustCall("slice", elements, at))
		if diff := cmp.Diff(any(elements), joined); diff != "" {
			t.Fatal(diff)
		}
	})
}
