package value

import "strconv"

// AppendText appends v as it stands in text: null is nothing, a string is itself, a number has no exponent, an array
// or object is JSON.
func AppendText(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return dst
	case string:
		return append(dst, v...)
	case float64:
		return appendDecimal(dst, v)
	}
	start := len(dst)
	dst, err := AppendJSON(dst, v)
	if err != nil {
		return dst[:start]
	}
	return dst
}

// Text is what AppendText appends.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case Number:
		return string(v)
	}
	var short [64]byte
	return string(AppendText(short[:0], v))
}
