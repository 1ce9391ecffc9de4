package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

var (
	// ErrDivisionByZero is the error of Divide and Modulo by zero.
	ErrDivisionByZero = errors.New("division by zero")
	// ErrOutOfRange is the error of a result beyond the range of float64, or one that is no real number.
	ErrOutOfRange = errors.New("the result is out of range")
)

// Add is a + b. Like all arithmetic here it takes numbers and numeric strings, is exact for integers of any size,
// and calculates in float64 as soon as one operand is not an integer. No result wraps, is infinite or not a number:
// there is an error instead.
func Add(a, b any) (any, error) {
	return calculate(a, b, func(x, y int64) (int64, bool) {
		sum := x + y
		return sum, (sum > x) == (y > 0)
	}, (*big.Int).Add, func(x, y float64) float64 { return x + y })
}

// Subtract is a - b.
func Subtract(a, b any) (any, error) {
	return calculate(a, b, func(x, y int64) (int64, bool) {
		difference := x - y
		return difference, (difference < x) == (y > 0)
	}, (*big.Int).Sub, func(x, y float64) float64 { return x - y })
}

// Multiply is a * b.
func Multiply(a, b any) (any, error) {
	return calculate(a, b, multiplyInt64, (*big.Int).Mul, func(x, y float64) float64 { return x * y })
}

// Divide is a / b: an integer where two integers divide without remainder, else the nearest float64.
func Divide(a, b any) (any, error) {
	x, y, err := operands(a, b)
	if err != nil {
		return nil, err
	}
	if y.isZero() {
		return nil, ErrDivisionByZero
	}
	dividend, divisor := x.toBig(), y.toBig()
	if dividend == nil || divisor == nil {
		return floatResult(x.toFloat() / y.toFloat())
	}
	quotient, remainder := new(big.Int).QuoRem(dividend, divisor, new(big.Int))
	if remainder.Sign() == 0 {
		return integerResult(quotient)
	}
	nearest, _ := new(big.Rat).SetFrac(dividend, divisor).Float64()
	return floatResult(nearest)
}

// Modulo is the remainder of a / b; it has the sign of a.
func Modulo(a, b any) (any, error) {
	x, y, err := operands(a, b)
	if err != nil {
		return nil, err
	}
	if y.isZero() {
		return nil, ErrDivisionByZero
	}
	dividend, divisor := x.toBig(), y.toBig()
	if dividend == nil || divisor == nil {
		return floatResult(math.Mod(x.toFloat(), y.toFloat()))
	}
	return integerResult(dividend.Rem(dividend, divisor))
}

// Power is a to the power of b: exact where both are integers and b is not negative.
func Power(a, b any) (any, error) {
	x, y, err := operands(a, b)
	if err != nil {
		return nil, err
	}
	base := x.toBig()
	if base == nil || y.kind != small || y.integer < 0 {
		return floatResult(math.Pow(x.toFloat(), y.toFloat()))
	}
	exponent := y.integer
	if base.BitLen() <= 1 {
		exponent = min(exponent, 2-exponent%2) // 0, 1 and -1: only even or odd counts, beside 0
	} else if exponent > maxBits/int64(base.BitLen()-1) {
		return nil, ErrOutOfRange
	}
	return integerResult(base.Exp(base, big.NewInt(exponent), nil))
}

// Negate is -v.
func Negate(v any) (any, error) { return Subtract(int64(0), v) }

// The largest integers in the range of float64 have so many binary and decimal digits.
const (
	maxBits   = 1024
	maxDigits = 309
)

func calculate(
	a, b any,
	small64 func(x, y int64) (result int64, exact bool),
	exact func(z, x, y *big.Int) *big.Int,
	rounded func(x, y float64) float64,
) (any, error) {
	if i, ok := a.(int64); ok {
		if j, ok := b.(int64); ok {
			if result, ok := small64(i, j); ok {
				return result, nil
			}
		}
	}
	x, y, err := operands(a, b)
	if err != nil {
		return nil, err
	}
	if x.kind == inexact || y.kind == inexact {
		return floatResult(rounded(x.toFloat(), y.toFloat()))
	}
	return integerResult(exact(new(big.Int), x.toBig(), y.toBig()))
}

func operands(a, b any) (x, y numeric, err error) {
	if x, err = operand(a); err != nil {
		return x, y, err
	}
	y, err = operand(b)
	return x, y, err
}

func operand(v any) (numeric, error) {
	n, ok := toNumeric(v)
	if !ok {
		return numeric{}, fmt.Errorf("%s is not a number", describe(v))
	}
	return n, nil
}

func multiplyInt64(x, y int64) (product int64, exact bool) {
	high, low := bits.Mul64(magnitude(x), magnitude(y))
	if high != 0 || low > math.MaxInt64 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return -int64(low), true
	}
	return int64(low), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func integerResult(n *big.Int) (any, error) {
	if n.IsInt64() {
		return n.Int64(), nil
	}
	if f, _ := new(big.Float).SetInt(n).Float64(); math.IsInf(f, 0) {
		return nil, ErrOutOfRange
	}
	return Number(n.String()), nil
}

func floatResult(f float64) (any, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, ErrOutOfRange
	}
	return f, nil
}
