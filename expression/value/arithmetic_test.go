package value

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var operations = map[string]struct {
	calculate func(a, b any) (any, error)
	exact     func(z, x, y *big.Rat) *big.Rat
	inexact   func(x, y float64) float64
}{
	"+": {Add, (*big.Rat).Add, func(x, y float64) float64 { return x + y }},
	"-": {Subtract, (*big.Rat).Sub, func(x, y float64) float64 { return x - y }},
	"*": {Multiply, (*big.Rat).Mul, func(x, y float64) float64 { return x * y }},
	"/": {Divide, (*big.Rat).Quo, func(x, y float64) float64 { return x / y }},
}

func TestArithmetic(t *testing.T) {
	for _, test := range []struct {
		a         any
		operation string
		b, want   any
	}{
		{int64(2), "+", int64(3), int64(5)},
		{int64(math.MaxInt64), "+", int64(1), Number("9223372036854775808")},
		{int64(math.MinInt64), "+", int64(-1), Number("-9223372036854775809")},
		{Number("9223372036854775808"), "+", int64(-1), int64(math.MaxInt64)},
		{int64(math.MinInt64), "-", int64(1), Number("-9223372036854775809")},
		{int64(0), "-", int64(math.MinInt64), Number("9223372036854775808")},
		{int64(1 << 62), "*", int64(2), Number("9223372036854775808")},
		{int64(1 << 62), "*", int64(-2), int64(math.MinInt64)},
		{int64(math.MinInt64), "*", int64(-1), Number("9223372036854775808")},
		{int64(math.MinInt64), "*", int64(0), int64(0)},
		{int64(7), "/", int64(2), 3.5},
		{int64(6), "/", int64(2), int64(3)},
		{int64(-7), "/", int64(2), -3.5},
		{int64(math.MinInt64), "/", int64(-1), Number("9223372036854775808")},
		{int64(9007199254740993), "/", int64(2), 4503599627370496.5},
		{6.0, "/", int64(2), 3.0},
		{"7", "+", "0.5", 7.5},
		{int64(1), "+", 0.5, 1.5},
		{"12345678901234567890", "+", int64(1), Number("12345678901234567891")},
	} {
		got, err := operations[test.operation].calculate(test.a, test.b)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v %s %v = %#v, %v, want %#v", test.a, test.operation, test.b, got, err, test.want)
		}
	}
}

func TestModuloAndPower(t *testing.T) {
	for _, test := range []struct {
		name      string
		calculate func(a, b any) (any, error)
		a, b      any
		want      any
	}{
		{"modulo", Modulo, int64(7), int64(3), int64(1)},
		{"modulo", Modulo, int64(-7), int64(3), int64(-1)},
		{"modulo", Modulo, int64(7), int64(-3), int64(1)},
		{"modulo", Modulo, int64(math.MinInt64), int64(-1), int64(0)},
		{"modulo", Modulo, 7.5, int64(2), 1.5},
		{"modulo", Modulo, Number("12345678901234567890"), int64(7), int64(1)},
		{"power", Power, int64(2), int64(10), int64(1024)},
		{"power", Power, int64(2), int64(64), Number("18446744073709551616")},
		{"power", Power, int64(-2), int64(63), int64(math.MinInt64)},
		{"power", Power, int64(2), int64(-1), 0.5},
		{"power", Power, 2.25, 0.5, 1.5},
		{"power", Power, int64(0), int64(0), int64(1)},
		{"power", Power, int64(0), int64(math.MaxInt64), int64(0)},
		{"power", Power, int64(1), int64(math.MaxInt64), int64(1)},
		{"power", Power, int64(-1), int64(math.MaxInt64), int64(-1)},
		{"power", Power, int64(-1), int64(math.MaxInt64 - 1), int64(1)},
		{"power", Power, int64(-1), int64(0), int64(1)},
		{"power", Power, int64(10), int64(308), Number("1" + strings.Repeat("0", 308))},
	} {
		got, err := test.calculate(test.a, test.b)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s(%v, %v) = %#v, %v, want %#v", test.name, test.a, test.b, got, err, test.want)
		}
	}
}

func TestArithmeticErrors(t *testing.T) {
	huge := Number("1" + strings.Repeat("0", 308))
	for _, test := range []struct {
		calculate func(a, b any) (any, error)
		a, b      any
		want      string
	}{
		{Add, nil, int64(1), "null is not a number"},
		{Add, int64(1), "x", "a string that is not numeric is not a number"},
		{Multiply, []any{}, int64(1), "an array is not a number"},
		{Divide, true, int64(1), "a boolean is not a number"},
		{Divide, int64(1), int64(0), "division by zero"},
		{Divide, int64(1), 0.0, "division by zero"},
		{Modulo, int64(1), "0", "division by zero"},
		{Modulo, nil, "0", "null is not a number"},
		{Add, math.MaxFloat64, math.MaxFloat64, "the result is out of range"},
		{Multiply, huge, huge, "the result is out of range"},
		{Add, Number("9" + string(huge[1:])), huge, "the result is out of range"},
		{Divide, 1e308, 1e-308, "the result is out of range"},
		{Power, int64(10), int64(309), "the result is out of range"},
		{Power, int64(2), int64(math.MaxInt64), "the result is out of range"},
		{Power, int64(-1), 0.5, "the result is out of range"},
		{Power, int64(0), int64(-1), "the result is out of range"},
		{Power, "x", int64(1), "a string that is not numeric is not a number"},
	} {
		if got, err := test.calculate(test.a, test.b); err == nil || err.Error() != test.want {
			t.Errorf("(%v, %v) = %#v, %v, want the error %q", test.a, test.b, got, err, test.want)
		}
	}
	if _, err := Divide(int64(1), int64(0)); !errors.Is(err, ErrDivisionByZero) {
		t.Errorf("division by zero is %v", err)
	}
}

// Integers give the exact result, anything else the float64 that float64 arithmetic gives.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		name := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(t, "operation")
		operation := operations[name]
		got, err := operation.calculate(a, b)
		if name == "/" && exact(b).Sign() == 0 {
			if !errors.Is(err, ErrDivisionByZero) {
				t.Fatalf("%v / %v = %v, %v", a, b, got, err)
			}
			return
		}
		want := operation.exact(new(big.Rat), exact(a), exact(b))
		if isInteger(a) && isInteger(b) {
			if nearest, _ := want.Float64(); !want.IsInt() {
				want.SetFloat64(nearest)
			}
		} else {
			if result := operation.inexact(nearest(a), nearest(b)); math.IsInf(result, 0) {
				want = nil
			} else {
				want.SetFloat64(result)
			}
		}
		if want == nil {
			if !errors.Is(err, ErrOutOfRange) {
				t.Fatalf("%v %s %v = %v, %v", a, name, b, got, err)
			}
			return
		}
		if err != nil || exact(got).Cmp(want) != 0 {
			t.Fatalf("%v %s %v = %v, %v, want %v", a, name, b, got, err, want)
		}
	})
}

// nearest is the float64 nearest to a number or numeric string.
func nearest(v any) float64 {
	f, _ := exact(v).Float64()
	return f
}

func isInteger(v any) bool {
	n, _ := ToNumber(v)
	_, isFloat := n.(float64)
	return !isFloat
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]any{
		"0": int64(0), "-0": int64(0), "007": nil, "1e3": 1000.0, "1E+3": 1000.0, "-5": int64(-5), "+5": nil,
		".5": nil, "5.": nil, "": nil, "-": nil, " 5": nil,
		"5 ": nil, "5\n": nil, "0x10": nil, "1_000": nil, "Inf": nil, "NaN": nil, "1e999": nil, "1e": nil,
		"1e+": nil, "1,5": nil, "٣": nil, "--5": nil,
		"0.10": 0.1, "9223372036854775807": int64(math.MaxInt64),
		"9223372036854775808":          Number("9223372036854775808"),
		"1" + strings.Repeat("0", 309): nil,
	} {
		got, ok := ParseNumber(text)
		if ok != (want != nil) || got != want {
			t.Errorf("ParseNumber(%q) = %#v, %t, want %#v", text, got, ok, want)
		}
		if got, ok := ToNumber(text); ok != (want != nil) || got != want {
			t.Errorf("ToNumber(%q) = %#v, %t, want %#v", text, got, ok, want)
		}
	}
	for _, v := range []any{nil, true, []any{}, map[string]any{}, 5} {
		if got, ok := ToNumber(v); ok || got != nil {
			t.Errorf("ToNumber(%#v) = %#v", v, got)
		}
	}
}

func TestToInteger(t *testing.T) {
	for _, test := range []struct{ v, want any }{
		{int64(5), int64(5)},
		{5.0, int64(5)},
		{5.5, nil},
		{"5", int64(5)},
		{"5e2", int64(500)},
		{1e300, nil},
		{-9223372036854775808.0, int64(math.MinInt64)},
		{9223372036854775808.0, nil},
		{Number("12345678901234567890"), nil},
		{nil, nil},
		{"x", nil},
		{true, nil},
	} {
		if got, ok := ToInteger(test.v); ok != (test.want != nil) || ok && got != test.want {
			t.Errorf("ToInteger(%#v) = %d, %t", test.v, got, ok)
		}
	}
}
