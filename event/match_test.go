package event

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The matcher finds what comparing each pattern at each place finds.
func TestAppendSpansLikeComparing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few different characters make many matches that overlap.
		var patterns []pattern
		for i, text := range rapid.SliceOfN(rapid.StringMatching(`[ab/]{8,12}`), 0, 6).Draw(t, "patterns") {
			tail := text[len(text)-windowSize:]
			patterns = append(patterns, pattern{tail, spill(i % 3)}, pattern{text, spill(i % 4)})
		}
		pieces := []string{"", "a", "b", "/", " ", "abab"}
		for _, p := range patterns {
			pieces = append(pieces, p.text, p.text[:7], p.text[1:])
		}
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "text"), "")

		m := newMatcher(patterns)
		got := appendSpans(nil, m, text)
		want := compared(patterns, text)
		if !slices.Equal(got, want) {
			t.Fatalf("in %q of %d bytes found %v, want %v", text, len(text), got, want)
		}
		if ofBytes := appendSpans(nil, m, []byte(text)); !slices.Equal(ofBytes, want) {
			t.Fatalf("in the bytes of %q found %v, want %v", text, ofBytes, want)
		}
	})
}

func compared(patterns []pattern, text string) (spans []span) {
	covered := make([]bool, len(text)+1)
	for _, p := range patterns {
		for start := range text {
			end := start + len(p.text)
			if !strings.HasPrefix(text[start:], p.text) {
				continue
			}
			if p.spills&spillsBefore != 0 && start > 0 && inBase64(text[start-1]) {
				start--
			}
			if p.spills&spillsAfter != 0 && end < len(text) && inBase64(text[end]) {
				end++
			}
			for i := start; i < end; i++ {
				covered[i] = true
			}
		}
	}
	for i := range text {
		switch {
		case !covered[i]:
		case i > 0 && covered[i-1]:
			spans[len(spans)-1].end = i + 1
		default:
			spans = append(spans, span{i, i + 1})
		}
	}
	return spans
}

// Each place in a text is looked at, however the text and the match lie to the stride.
func TestAppendSpansEverywhere(t *testing.T) {
	for size := windowSize; size < 3*windowSize; size++ {
		secret := "0123456789abcdefghijklmnopqrstuvwxyz"[:size]
		m := newMatcher([]pattern{{text: secret}})
		for before := range 2 * stride {
			for after := range 2 * stride {
				text := strings.Repeat(".", before) + secret + strings.Repeat(".", after)
				if got := appendSpans(nil, m, text); !slices.Equal(got, []span{{before, before + size}}) {
					t.Errorf("%d bytes at %d, %d after: %v", size, before, after, got)
				}
			}
		}
	}
}

func TestAppendSpansInShortTexts(t *testing.T) {
	m := newMatcher([]pattern{{text: "abcdefgh"}})
	for n := range len("abcdefgh") {
		if got := appendSpans(nil, m, "abcdefgh"[:n]); got != nil {
			t.Errorf("%d bytes: %v", n, got)
		}
	}
	if got := appendSpans(nil, newMatcher(nil), "abcdefgh"); got != nil {
		t.Errorf("nothing is found at %v", got)
	}
}

func TestCutOff(t *testing.T) {
	m := newMatcher([]pattern{{text: "secret-number-one"}, {text: "another-secret-1"}, {text: "blahblahblah"}})
	for text, want := range map[string]string{
		"":                           "",
		"nothing":                    "nothing",
		"the sec":                    "the sec",
		"the secr":                   "the ",
		"the secret-number-on":       "the ",
		"the another-secret":         "the ",
		"the another-secret-n":       "the another-",
		"the another-sacred":         "the another-sacred",
		"secret-number-on":           "",
		"the blahblah":               "the ",
		"cret-number-on":             "cret-number-on",
		"the secret-number and more": "the secret-number and more",
	} {
		if got := text[:cutOff(m, text)]; got != want {
			t.Errorf("%q is cut to %q, want %q", text, got, want)
		}
	}
}
