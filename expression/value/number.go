package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// ParseNumber reads a numeric string: a number as JSON spells it, nothing before or after it. So "1e3" is numeric;
// "007", "+1", ".5", " 1" and "0x10" are not, nor is what overflows float64. The result is an int64, a float64 or a
// Number.
func ParseNumber(s string) (any, bool) {
	n, ok := parseNumeric(s)
	return n.value(), ok
}

// ToNumber is v as an int64, a float64 or a Number where v is a number or a numeric string.
func ToNumber(v any) (any, bool) {
	if s, ok := v.(string); ok {
		return ParseNumber(s)
	}
	_, ok := toNumeric(v)
	if !ok {
		return nil, false
	}
	return v, true
}

// ToInteger is v as an int64 where v is a whole number in that range, or a numeric string of one.
func ToInteger(v any) (int64, bool) {
	switch n, _ := toNumeric(v); n.kind {
	case small:
		return n.integer, true
	case inexact:
		return wholeInt64(n.float)
	}
	return 0, false
}

// numeric is a number of any kind, unboxed.
type numeric struct {
	kind    kind
	integer int64
	float   float64
	digits  Number
}

type kind uint8

const (
	none    kind = iota
	small        // int64
	large        // Number
	inexact      // float64
)

func toNumeric(v any) (numeric, bool) {
	switch v := v.(type) {
	case int64:
		return numeric{kind: small, integer: v}, true
	case float64:
		return numeric{kind: inexact, float: v}, true
	case Number:
		return numeric{kind: large, digits: v}, true
	case string:
		return parseNumeric(v)
	}
	return numeric{}, false
}

func parseNumeric(s string) (numeric, bool) {
	end, integer, ok := scanNumber(s, 0)
	if !ok || end < len(s) {
		return numeric{}, false
	}
	return parseLiteral(s, integer)
}

// parseLiteral gives the number of a well-formed literal; false when it overflows float64.
func parseLiteral(s string, integer bool) (numeric, bool) {
	if integer {
		if n, ok := parseInt64(s); ok {
			return numeric{kind: small, integer: n}, true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return numeric{}, false
	}
	if integer {
		return numeric{kind: large, digits: Number(s)}, true
	}
	return numeric{kind: inexact, float: f}, true
}

func (n numeric) value() any {
	switch n.kind {
	case small:
		return n.integer
	case large:
		return n.digits
	case inexact:
		return n.float
	}
	return nil
}

func (n numeric) isZero() bool {
	return n.kind == small && n.integer == 0 || n.kind == inexact && n.float == 0
}

func (n numeric) negative() bool {
	return n.integer < 0 || n.float < 0 || strings.HasPrefix(string(n.digits), "-")
}

// toFloat is the nearest float64.
func (n numeric) toFloat() float64 {
	switch n.kind {
	case small:
		return float64(n.integer)
	case large:
		f, _ := strconv.ParseFloat(string(n.digits), 64)
		return f
	}
	return n.float
}

// toBig is an integer; nil for a float64, even for a whole one.
func (n numeric) toBig() *big.Int {
	switch n.kind {
	case small:
		return big.NewInt(n.integer)
	case large:
		i, _ := new(big.Int).SetString(string(n.digits), 10)
		return i
	}
	return nil
}

// scanNumber finds the end of the number at start, and whether it has neither fraction nor exponent. Where it is not
// well-formed, end is the place of the fault.
func scanNumber(s string, start int) (end int, integer, ok bool) {
	i := start
	if i < len(s) && s[i] == '-' {
		i++
	}
	first := i
	if i = skipDigits(s, first); i == first {
		return i, false, false
	}
	if s[first] == '0' {
		i = first + 1
	}
	integer = true
	if i < len(s) && s[i] == '.' {
		integer = false
		fraction := i + 1
		if i = skipDigits(s, fraction); i == fraction {
			return i, false, false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		integer = false
		exponent := i + 1
		if exponent < len(s) && (s[exponent] == '+' || s[exponent] == '-') {
			exponent++
		}
		if i = skipDigits(s, exponent); i == exponent {
			return i, false, false
		}
	}
	return i, integer, true
}

func skipDigits(s string, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

func parseInt64(s string) (int64, bool) {
	const alwaysFits = 18
	if len(s) > alwaysFits {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	}
	digits, negative := s, s[0] == '-'
	if negative {
		digits = s[1:]
	}
	var n int64
	for i := range len(digits) {
		n = n*10 + int64(digits[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// wholeInt64 is f as an int64 where that changes nothing.
func wholeInt64(f float64) (int64, bool) {
	if f >= -1<<63 && f < 1<<63 && f == math.Trunc(f) {
		return int64(f), true
	}
	return 0, false
}
