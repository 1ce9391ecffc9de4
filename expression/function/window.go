package function

import (
	"math"
	"unicode/utf8"
)

// toTheEnd as the length of a window: everything after its start.
const toTheEnd = math.MaxInt32

// window is the part [from, to) of something of a size that start and length name. A negative start counts from the
// end, a negative length leaves out so many at the end; what lies outside is cut off.
func window(start, length, size int) (from, to int) {
	if start < 0 {
		start += size
	}
	from = min(max(start, 0), size)
	if length < 0 {
		return from, max(size+length, from)
	}
	return from, min(from+length, size)
}

// characters is the part of s between two counts of characters, from ≤ to.
func characters(s string, from, to int) string {
	start := offset(s, from)
	return s[start : start+offset(s[start:], to-from)]
}

// offset is where the character with this index begins, the end of s if there are fewer.
func offset(s string, index int) int {
	at := 0
	for ; index > 0 && at < len(s); index-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}
