package value

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRound(t *testing.T) {
	for _, test := range []struct {
		v      any
		places int
		want   any
	}{
		{7.5, 0, int64(8)},
		{-7.5, 0, int64(-8)},
		{0.5, 0, int64(1)},
		{-0.4, 0, int64(0)},
		{2.4999, 0, int64(2)},
		{1.005, 2, 1.01},
		{-1.005, 2, -1.01},
		{9.995, 2, int64(10)},
		{1.25, 5, 1.25},
		{3.0, 2, int64(3)},
		{1234.5, -2, int64(1200)},
		{1250.0, -2, int64(1300)},
		{6.5, -1, int64(10)},
		{4.5, -1, int64(0)},
		{66.0, -3, int64(0)},
		{500.5, -3, int64(1000)},
		{int64(1250), -2, int64(1300)},
		{int64(-1250), -2, int64(-1300)},
		{int64(1249), -2, int64(1200)},
		{int64(5), 2, int64(5)},
		{int64(5), -400, int64(0)},
		{int64(5), math.MinInt, int64(0)},
		{int64(math.MaxInt64), -1, Number("9223372036854775810")},
		{Number("12345678901234567890"), -10, Number("12345678900000000000")},
		{1e300, 2, 1e300},
		{5e-324, 400, 5e-324},
		{5e-324, 3, int64(0)},
		{1e300, math.MinInt, int64(0)},
		{0.1, math.MaxInt, 0.1},
		{"2.5", 0, int64(3)},
	} {
		got, err := Round(test.v, test.places)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("Round(%v, %d) = %#v, %v, want %#v", test.v, test.places, got, err, test.want)
		}
	}
	for _, v := range []any{nil, "x", true, []any{}} {
		if got, err := Round(v, 0); err == nil {
			t.Errorf("Round(%#v) = %#v, want an error", v, got)
		}
	}
	if got, err := Round(math.MaxFloat64, -308); !errors.Is(err, ErrOutOfRange) {
		t.Errorf("rounding the largest number up = %v, %v", got, err)
	}
}

// Rounding is what arithmetic on the written digits gives.
func TestRoundIsDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := numbers().Draw(t, "v")
		places := rapid.IntRange(-25, 25).Draw(t, "places")
		got, err := Round(v, places)
		if err != nil {
			t.Fatal(err)
		}
		decimal, _ := new(big.Rat).SetString(Text(v))
		if n, _ := ToNumber(v); n != nil {
			decimal, _ = new(big.Rat).SetString(Text(n))
		}
		unit, _ := new(big.Rat).SetString("1e" + strconv.Itoa(-places))
		scaled := new(big.Rat).Quo(new(big.Rat).Abs(decimal), unit)
		scaled.Add(scaled, big.NewRat(1, 2))
		want := new(big.Rat).SetInt(new(big.Int).Quo(scaled.Num(), scaled.Denom()))
		want.Mul(want, unit)
		if decimal.Sign() < 0 {
			want.Neg(want)
		}
		if !isInteger(v) {
			nearest, _ := want.Float64()
			want.SetFloat64(nearest)
		}
		if exact(got).Cmp(want) != 0 {
			t.Fatalf("Round(%v, %d) = %v, want %v", v, places, got, want.FloatString(30))
		}
	})
}

func TestFloorCeilAbsNegate(t *testing.T) {
	for _, test := range []struct {
		v                        any
		floor, ceil, abs, negate any
	}{
		{1.5, int64(1), int64(2), 1.5, -1.5},
		{-1.5, int64(-2), int64(-1), 1.5, 1.5},
		{-0.5, int64(-1), int64(0), 0.5, 0.5},
		{int64(-3), int64(-3), int64(-3), int64(3), int64(3)},
		{"2.5", int64(2), int64(3), 2.5, -2.5},
		{1e300, 1e300, 1e300, 1e300, -1e300},
		{int64(math.MinInt64), int64(math.MinInt64), int64(math.MinInt64),
			Number("9223372036854775808"), Number("9223372036854775808")},
		{Number("-12345678901234567890"), Number("-12345678901234567890"), Number("-12345678901234567890"),
			Number("12345678901234567890"), Number("12345678901234567890")},
	} {
		for _, one := range []struct {
			name      string
			calculate func(any) (any, error)
			want      any
		}{{"Floor", Floor, test.floor}, {"Ceil", Ceil, test.ceil}, {"Abs", Abs, test.abs}, {"Negate", Negate, test.negate}} {
			got, err := one.calculate(test.v)
			if err != nil || !reflect.DeepEqual(got, one.want) {
				t.Errorf("%s(%v) = %#v, %v, want %#v", one.name, test.v, got, err, one.want)
			}
			if _, err := one.calculate("x"); err == nil || !strings.Contains(err.Error(), "not a number") {
				t.Errorf("%s(x) = %v", one.name, err)
			}
		}
	}
}
