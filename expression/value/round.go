package value

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
)

// Round rounds v to so many decimal places, halves away from zero; negative places round to tens, hundreds and so
// on. It rounds the decimal digits that the number is written with, so 1.005 to two places is 1.01 although the
// float64 is a little less. What has no fraction left is an integer where it fits int64.
func Round(v any, places int) (any, error) {
	n, err := operand(v)
	if err != nil {
		return nil, err
	}
	places = max(places, -maxDigits-1) // with fewer, nothing is left of any number
	if n.kind == inexact {
		return roundFloat(n, places)
	}
	if places >= 0 {
		return n.value(), nil
	}
	return roundInteger(n.toBig(), -places)
}

// Floor is the largest integer not above v.
func Floor(v any) (any, error) { return toWhole(v, math.Floor) }

// Ceil is the smallest integer not below v.
func Ceil(v any) (any, error) { return toWhole(v, math.Ceil) }

// Abs is v without its sign.
func Abs(v any) (any, error) {
	n, err := operand(v)
	if err != nil {
		return nil, err
	}
	if n.negative() {
		return Negate(v)
	}
	return n.value(), nil
}

func toWhole(v any, whole func(float64) float64) (any, error) {
	n, err := operand(v)
	if err != nil {
		return nil, err
	}
	n.float = whole(n.float)
	return n.whole(), nil
}

// whole is the value of n, as an int64 where that changes nothing.
func (n numeric) whole() any {
	if n.kind == inexact {
		if i, ok := wholeInt64(n.float); ok {
			return i
		}
	}
	return n.value()
}

func roundFloat(n numeric, places int) (any, error) {
	var buffer [64]byte
	digits := strconv.AppendFloat(buffer[:0], math.Abs(n.float), 'f', -1, 64)
	point := bytes.IndexByte(digits, '.')
	if point < 0 {
		point = len(digits)
	} else {
		digits = append(digits[:point], digits[point+1:]...)
	}
	cut := point + min(places, len(digits))
	if cut >= len(digits) {
		return n.whole(), nil
	}
	if cut < 0 {
		return int64(0), nil
	}
	literal := append(make([]byte, 0, cut+8), '0')
	literal = append(literal, digits[:cut]...)
	if digits[cut] >= '5' {
		increment(literal)
	}
	literal = strconv.AppendInt(append(literal, 'e'), int64(-places), 10)
	f, err := strconv.ParseFloat(string(literal), 64)
	if err != nil {
		return nil, ErrOutOfRange
	}
	n.float = math.Copysign(f, n.float)
	return n.whole(), nil
}

// increment adds one to a decimal number that has room for it.
func increment(digits []byte) {
	i := len(digits) - 1
	for ; digits[i] == '9'; i-- {
		digits[i] = '0'
	}
	digits[i]++
}

func roundInteger(n *big.Int, zeros int) (any, error) {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(zeros, maxDigits+1))), nil)
	rounded, remainder := new(big.Int).QuoRem(n, unit, new(big.Int))
	if remainder.Abs(remainder).Lsh(remainder, 1).Cmp(unit) >= 0 {
		rounded.Add(rounded, big.NewInt(int64(n.Sign())))
	}
	return integerResult(rounded.Mul(rounded, unit))
}
