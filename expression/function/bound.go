package function

import (
	"errors"
	"math"

	"github.com/krosyn/gateway/expression/value"
)

const (
	// maxText is the length of a text, in bytes, that a function returns.
	maxText = 1 << 20
	// maxHandled is the number of bytes that a function may have to handle on the way to a shorter result.
	maxHandled = 16 * maxText
	// maxElements is the number of elements of an array or fields of an object that a function returns.
	maxElements = 100_000
	// maxNodes is the number of values that a comparison visits. A payload never comes near it, but an array or
	// object made by an expression can hold the same part many times over, at each level again.
	maxNodes = 1 << 22
)

var (
	errTextTooLong   = errors.New("the text becomes longer than 1 MiB")
	errTooManyValues = errors.New("more than 100000 elements")
	errTooLarge      = errors.New("the value is too large")
)

func checkSize(result any) error {
	switch v := result.(type) {
	case string:
		if len(v) > maxText {
			return errTextTooLong
		}
	case []any:
		if len(v) > maxElements {
			return errTooManyValues
		}
	case map[string]any:
		if len(v) > maxElements {
			return errTooManyValues
		}
	}
	return nil
}

// extent measures values before something walks them from end to end.
type extent struct {
	nodes int
	bytes int // of strings and field names
}

// add measures v and tells whether everything measured so far is within the limits; if not, the measure is too low.
func (e *extent) add(v any, maxNodes, maxBytes int) bool {
	e.nodes++
	if e.nodes > maxNodes {
		return false
	}
	switch v := v.(type) {
	case string:
		e.bytes += len(v)
	case value.Number:
		e.bytes += len(v)
	case []any:
		for _, element := range v {
			if !e.add(element, maxNodes, maxBytes) {
				return false
			}
		}
	case map[string]any:
		for key, field := range v {
			e.bytes += len(key)
			if !e.add(field, maxNodes, maxBytes) {
				return false
			}
		}
	}
	return e.bytes <= maxBytes
}

// AppendText appends v as text to the text that begins at start, unless that becomes longer than a function may return.
func AppendText(text []byte, start int, v any) ([]byte, error) {
	if s, ok := v.(string); ok && len(text)-start+len(s) <= maxText {
		return append(text, s...), nil
	}
	return appendBounded(text, start, v)
}

func appendBounded(text []byte, start int, v any) ([]byte, error) {
	var e extent
	if !e.add(v, maxText, maxText) {
		return text, errTextTooLong
	}
	text = value.AppendText(text, v)
	if len(text)-start > maxText {
		return text, errTextTooLong
	}
	return text, nil
}

// boundedText is v as text, unless that becomes too long.
func boundedText(v any) (string, error) {
	var e extent
	if !e.add(v, maxText, maxText) {
		return "", errTextTooLong
	}
	return value.Text(v), nil
}

// canCompare tells whether v can be compared with anything: a comparison visits no more than either side has.
func canCompare(v any) bool {
	var e extent
	return e.add(v, maxNodes, math.MaxInt)
}

// canSearch tells whether v can be compared with all elements.
func canSearch(elements []any, v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		var e extent
		return e.add(v, maxNodes/max(len(elements), 1), math.MaxInt) || canCompare(elements)
	}
	return true
}
