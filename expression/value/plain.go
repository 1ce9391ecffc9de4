package value

import (
	"math/bits"
	"unicode/utf8"
)

// plain has the bytes that stand for themselves in a JSON string and are ASCII.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// skipPlain is the index of the first byte from i on that is not plain, or the length of s. It looks at eight bytes
// at a time: in a word, subtracting sets the highest bit of each byte that was less than the subtrahend, and what a
// borrow sets beside lies above the first true one.
func skipPlain[text string | []byte](s text, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
	)
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		word := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		control := word - ' '*ones
		quote := (word ^ '"'*ones) - ones
		backslash := (word ^ '\\'*ones) - ones
		if special := (word | control | quote | backslash) & highs; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}
