package event

import "strings"

// pattern is a text to be found: one form of one secret.
type pattern struct {
	text string
	// spills tells which neighbours of a match are part of the secret too: in base64 the first and the last byte
	// can share a character with what stands beside them.
	spills spill
}

type spill uint8

const (
	spillsBefore spill = 1 << iota
	spillsAfter
)

// span is a part of a text, from start up to end.
type span struct{ start, end int }

// matcher finds many patterns of at least windowSize bytes in one pass over a text, without looking at most of it.
//
// It goes by the last windowSize bytes of each pattern, its tail. Each window of a text contains exactly one of the
// grams that begin at multiples of stride. So only those grams are looked up in a set of all grams of all tails. For
// one that is in it, the windows around it are looked up among the tails, and the text before a tail is compared with
// the patterns that end so. Both sets are bit sets under a hash: they say yes too often, never no. So the time is
// linear, however hostile the text, unless it is made of tails; and those it cannot know. Tails and not beginnings,
// because it is beginnings that secrets share: "sk_live_", "https://".
type matcher struct {
	grams    bitset
	tails    bitset
	patterns map[uint64][]pattern // by tail
}

const (
	windowSize = 8
	gramSize   = 4
	stride     = windowSize - gramSize + 1
)

func newMatcher(patterns []pattern) *matcher {
	m := &matcher{
		grams:    newBitset(len(patterns) * stride),
		tails:    newBitset(len(patterns)),
		patterns: make(map[uint64][]pattern, len(patterns)),
	}
	for _, p := range patterns {
		start := len(p.text) - windowSize
		tail := load64(p.text, start)
		m.tails.add(hash(tail))
		for i := range stride {
			m.grams.add(hash(load32(p.text, start+i)))
		}
		m.patterns[tail] = append(m.patterns[tail], p)
	}
	return m
}

// appendSpans appends the parts of s that any pattern matches, in order. Parts that overlap or touch are one, so
// nothing of an overlapping match is left between them.
func appendSpans[text string | []byte](spans []span, m *matcher, s text) []span {
	for i := 0; i+gramSize <= len(s); i += stride {
		if !m.grams.has(hash(load32(s, i))) {
			continue
		}
		for start := max(i-stride+1, 0); start <= i && start+windowSize <= len(s); start++ {
			tail := load64(s, start)
			if !m.tails.has(hash(tail)) {
				continue
			}
			if found, ok := matchEnd(m.patterns[tail], s, start+windowSize); ok {
				spans = appendMerged(spans, found)
			}
		}
	}
	return spans
}

// matchEnd is the part of s, up to end or a little more, that any of the patterns matches.
func matchEnd[text string | []byte](patterns []pattern, s text, end int) (found span, ok bool) {
	found = span{end, end}
	for _, p := range patterns {
		start := end - len(p.text)
		if start < 0 || string(s[start:end]) != p.text {
			continue
		}
		ok = true
		if p.spills&spillsBefore != 0 && start > 0 && inBase64(s[start-1]) {
			start--
		}
		if p.spills&spillsAfter != 0 && end < len(s) && inBase64(s[end]) {
			found.end = end + 1
		}
		found.start = min(found.start, start)
	}
	return found, ok
}

func appendMerged(spans []span, next span) []span {
	for n := len(spans); n > 0 && spans[n-1].end >= next.start; n = len(spans) {
		next.start = min(next.start, spans[n-1].start)
		next.end = max(next.end, spans[n-1].end)
		spans = spans[:n-1]
	}
	return append(spans, next)
}

// cutOff is where a text ends with the beginning of a pattern, the longest one; it is len(s) where it does not. It
// is for what was cut off in the middle. Fewer than gramSize characters of a secret are not looked for.
func cutOff[text string | []byte](m *matcher, s text) int {
	most := 0
	for _, sharing := range m.patterns {
		for _, p := range sharing {
			for n := min(len(p.text)-1, len(s)); n > max(most, gramSize-1); n-- {
				if strings.HasPrefix(p.text, string(s[len(s)-n:])) {
					most = n
				}
			}
		}
	}
	return len(s) - most
}

// bitset is a set of hashes, of which the upper bits count. Its length is a power of two.
type bitset struct {
	words []uint64
	shift uint8
}

// newBitset makes a set in which about one bit of sixteen will be set.
func newBitset(elements int) bitset {
	b := bitset{words: make([]uint64, 1), shift: 64 - 6}
	for len(b.words)*64 < elements*16 {
		b.words = make([]uint64, len(b.words)*2)
		b.shift--
	}
	return b
}

func (b *bitset) add(hash uint64) {
	i := hash >> (b.shift & 63)
	b.words[i/64] |= 1 << (i % 64)
}

func (b *bitset) has(hash uint64) bool {
	i := hash >> (b.shift & 63)
	return b.words[i/64]>>(i%64)&1 != 0
}

// hash is Fibonacci hashing: the upper bits depend on all bits of key.
func hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

func load32[text string | []byte](s text, i int) uint64 {
	b := s[i : i+4]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
}

func load64[text string | []byte](s text, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func inBase64(c byte) bool {
	return isAlphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
