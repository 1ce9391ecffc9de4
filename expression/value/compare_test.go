package value

import (
	"cmp"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

const beyond = Number("12345678901234567890")

func TestEqual(t *testing.T) {
	object := map[string]any{"a": int64(1), "b": []any{"x", nil}}
	for _, test := range []struct {
		a, b any
		want bool
	}{
		{nil, nil, true},
		{nil, "", false},
		{nil, false, false},
		{true, true, true},
		{true, int64(1), false},
		{true, "true", false},
		{int64(5), 5.0, true},
		{int64(5), "5", true},
		{int64(5), "5.0", true},
		{int64(5), "05", false},
		{int64(5), " 5", false},
		{int64(5), "", false},
		{int64(0), "", false},
		{int64(1000), "1e3", true},
		{0.5, "0.5", true},
		{"5", "5.0", false},
		{"a", "a", true},
		{"a", "A", false},
		{beyond, "12345678901234567890", true},
		{beyond, "12345678901234567891", false},
		{beyond, beyond + "0", false},
		{beyond, 12345678901234567890.0, false}, // the nearest float64 is 12345678901234567168
		{Number("12345678901234567168"), 12345678901234567890.0, true},
		{int64(9007199254740993), 9007199254740992.0, false},
		{int64(math.MaxInt64), 9223372036854775808.0, false},
		{Number("9223372036854775808"), 9223372036854775808.0, true},
		{int64(math.MinInt64), -9223372036854775808.0, true},
		{[]any{int64(1), "2"}, []any{"1", int64(2)}, true},
		{[]any{int64(1)}, []any{int64(1), nil}, false},
		{[]any{}, map[string]any{}, false},
		{object, map[string]any{"b": []any{"x", nil}, "a": "1"}, true},
		{object, map[string]any{"a": int64(1), "c": []any{"x", nil}}, false},
		{object, map[string]any{"a": int64(1)}, false},
		{map[string]any{"a": nil}, map[string]any{"b": nil}, false},
		{struct{}{}, struct{}{}, false},
		{math.NaN(), math.NaN(), false},
	} {
		if got := Equal(test.a, test.b); got != test.want {
			t.Errorf("Equal(%#v, %#v) = %t", test.a, test.b, got)
		}
		if got := Equal(test.b, test.a); got != test.want {
			t.Errorf("Equal(%#v, %#v) = %t", test.b, test.a, got)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		a, b any
		want int
	}{
		{int64(1), int64(2), -1},
		{"10", "9", 1},
		{int64(10), "9", 1},
		{"10", "9x", -1},
		{"a", "b", -1},
		{"a", "ä", -1},
		{"\uffff", "😀", -1},
		{"Z", "a", -1},
		{"5.0", "5", 0},
		{int64(5), 5.5, -1},
		{int64(-5), -5.5, 1},
		{beyond, int64(math.MaxInt64), 1},
		{-1e300, beyond, -1},
		{1e300, beyond, 1},
		{Number("-12345678901234567890"), int64(math.MinInt64), -1},
		{Number("-12345678901234567890"), beyond, -1},
		{int64(math.MaxInt64), 9223372036854775808.0, -1},
		{int64(9007199254740993), 9007199254740992.0, 1},
	} {
		for _, swap := range []bool{false, true} {
			a, b, want := test.a, test.b, test.want
			if swap {
				a, b, want = b, a, -want
			}
			if order, ok, err := Compare(a, b); order != want || !ok || err != nil {
				t.Errorf("Compare(%#v, %#v) = %d, %t, %v, want %d", a, b, order, ok, err, want)
			}
		}
	}
}

func TestCompareWithoutOrder(t *testing.T) {
	for _, pair := range [][2]any{{nil, int64(1)}, {nil, nil}, {nil, []any{}}, {"x", nil}, {math.NaN(), int64(1)}} {
		if order, ok, err := Compare(pair[0], pair[1]); order != 0 || ok || err != nil {
			t.Errorf("Compare(%#v, %#v) = %d, %t, %v, want no order", pair[0], pair[1], order, ok, err)
		}
	}
	for _, test := range []struct {
		a, b any
		want string
	}{
		{int64(1), "x", "cannot compare a number with a string that is not numeric"},
		{"5", true, "cannot compare a numeric string with a boolean"},
		{[]any{}, map[string]any{}, "cannot compare an array with an object"},
		{true, true, "cannot compare a boolean with a boolean"},
	} {
		if _, ok, err := Compare(test.a, test.b); ok || err == nil || err.Error() != test.want {
			t.Errorf("Compare(%#v, %#v) = %t, %v, want %q", test.a, test.b, ok, err, test.want)
		}
	}
}

// Numbers of every kind are ordered as the exact numbers that they stand for.
func TestCompareIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		order, ok, err := Compare(a, b)
		want := exact(a).Cmp(exact(b))
		if !ok || err != nil || order != want {
			t.Fatalf("Compare(%#v, %#v) = %d, %t, %v, want %d", a, b, order, ok, err, want)
		}
		if Equal(a, b) != (want == 0) {
			t.Fatalf("Equal(%#v, %#v) = %t", a, b, want != 0)
		}
	})
}

// numbers draws numbers of every kind, many of them close to each other and to the borders of the kinds.
func numbers() *rapid.Generator[any] {
	borders := []any{
		int64(0), int64(1), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1), 0.0, 0.5,
		-0.5, 1e15, float64(1 << 53),
		9223372036854775808.0, -9223372036854775808.0, 1e300, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64,
		Number("9223372036854775808"), Number("-9223372036854775809"), Number("18446744073709551616"),
	}
	return rapid.OneOf(
		rapid.SampledFrom(borders),
		rapid.Int64().AsAny(),
		rapid.Int64Range(-20, 20).AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
		rapid.Map(rapid.StringMatching(`-?[1-9][0-9]{19,40}`), func(s string) any { return Number(s) }),
		rapid.Map(rapid.StringMatching(`-?[1-9][0-9]{0,4}(\.[0-9]{1,3})?`), func(s string) any { return s }),
	)
}

// exact is the number that v stands for; a numeric string with a fraction stands for the nearest float64.
func exact(v any) *big.Rat {
	if s, ok := v.(string); ok {
		v, _ = ParseNumber(s)
	}
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v)
	case float64:
		return new(big.Rat).SetFloat64(v)
	case Number:
		r, _ := new(big.Rat).SetString(string(v))
		return r
	}
	return nil
}

func TestCompareSorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := numbers().Draw(t, "a"), numbers().Draw(t, "b"), numbers().Draw(t, "c")
		ab, _, _ := Compare(a, b)
		bc, _, _ := Compare(b, c)
		ac, _, _ := Compare(a, c)
		if ab == bc && ab != ac || ab == 0 && bc != ac || cmp.Compare(ab, 0) != ab {
			t.Fatalf("%v, %v, %v are ordered %d, %d, %d", a, b, c, ab, bc, ac)
		}
	})
}
