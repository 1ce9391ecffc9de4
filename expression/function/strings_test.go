package function

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestStrings(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `uppercase(1.5)`, want: `"1.5"`},
		{source: `uppercase(true)`, want: `"TRUE"`},
		{source: `uppercase([1])`, err: "uppercase: value must be of type string, got array"},
		{source: `lowercase("ÀÉ")`, want: `"àé"`},
		{source: `capitalize("")`, want: `""`},
		{source: `capitalize("éa Bc")`, want: `"Éa Bc"`},
		{source: `capitalize("1a")`, want: `"1a"`},
		{source: `trim("\t a b \n")`, want: `"a b"`},
		{source: `trim("xyaxy", "yx")`, want: `"a"`},
		{source: `trim(" a ", "")`, want: `" a "`},
		{source: `concat(null)`, want: `""`},
		{source: `concat("a", null, 1.50, true, [1, "b"])`, want: `"a1.5true[1,\"b\"]"`},
		{source: `concat(12345678901234567890, "")`, want: `"12345678901234567890"`},
		{source: `length("")`, want: `0`},
		{source: `length("日本")`, want: `2`},
		{source: `length(12345)`, want: `5`},
		{source: `substring("abc", 1)`, want: `"bc"`},
		{source: `substring("abc", 3)`, want: `""`},
		{source: `substring("abc", 9)`, want: `""`},
		{source: `substring("abc", -9, 2)`, want: `"ab"`},
		{source: `substring("abcdef", 1, -2)`, want: `"bcd"`},
		{source: `substring("abc", 2, -2)`, want: `""`},
		{source: `substring("日本語", 1, 1)`, want: `"本"`},
		{source: `substring("abc", 1.5)`, err: "substring: start must be of type integer, got number"},
		{source: `substring("abc", 12345678901)`, err: "substring: start is out of range"},
		{source: `substring("abc", "1")`, want: `"bc"`},
		{source: `padLeft("日", 3, "ab")`, want: `"ab日"`},
		{source: `padLeft("abc", 2)`, want: `"abc"`},
		{source: `padLeft("abc", -1)`, want: `"abc"`},
		{source: `padLeft("a", 3)`, want: `"  a"`},
		{source: `padLeft("a", 3, "")`, err: "padLeft: pad must not be empty"},
		{source: `padRight("a", 4, "xy")`, want: `"axyx"`},
		{source: `slug("")`, want: `""`},
		{source: `slug(" --Hello,  World!-- ")`, want: `"hello-world"`},
		{source: `slug("Łódź Ærø Þing Straße")`, want: `"lodz-aero-thing-strasse"`},
		{source: `slug("Привет мир")`, want: `"привет-мир"`},
		{source: `slug("한국어")`, want: `"한국어"`},
		{source: `slug("हिन्दी")`, want: `"हिन्दी"`},
		{source: `slug("it's")`, want: `"its"`},
		{source: `truncate("abcdef", 0)`, want: `""`},
		{source: `truncate("abcdef", 1)`, want: `"…"`},
		{source: `truncate("abcdef", 2, "...")`, want: `"ab"`},
		{source: `truncate("ab cdef", 4)`, want: `"ab…"`},
		{source: `truncate("abcdef", 3, "")`, want: `"abc"`},
		{source: `truncate("abc", -1)`, err: "truncate: length must not be negative"},
		{source: `repeat("ab", 0)`, want: `""`},
		{source: `repeat("", 2000000000)`, want: `""`},
		{source: `repeat("a", -1)`, err: "repeat: times must not be negative"},
		{source: `reverse("añ日")`, want: `"日ña"`},
	})
}

func TestSubstringAgreesWithRunes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(0, 12, -1).Draw(t, "s")
		runes := []rune(s)
		start := rapid.IntRange(0, len(runes)).Draw(t, "start")
		length := rapid.IntRange(0, len(runes)-start).Draw(t, "length")
		want := string(runes[start : start+length])
		for _, from := range []int{start, start - len(runes)} {
			if from == 0 && start > 0 {
				continue // start is the end: from there 0 would count from the front
			}
			if got, _ := mustCall("substring", s, int64(from), int64(length)).(string); got != want {
				t.Fatalf("substring(%q, %d, %d) = %q, want %q", s, from, length, got, want)
			}
		}
	})
}

func TestPaddedAndTruncatedLengths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, pad := rapid.String().Draw(t, "s"), rapid.StringN(1, 4, -1).Draw(t, "pad")
		length := rapid.IntRange(0, 40).Draw(t, "length")
		left := mustCall("padLeft", s, int64(length), pad).(string)
		right := mustCall("padRight", s, int64(length), pad).(string)
		if want := max(length, utf8.RuneCountInString(s)); utf8.RuneCountInString(left) != want ||
			utf8.RuneCountInString(right) != want || !strings.HasSuffix(left, s) || !strings.HasPrefix(right, s) {
			t.Fatalf("padded to %d: %q, %q", length, left, right)
		}
		cut := mustCall("truncate", s, int64(length), pad).(string)
		if utf8.RuneCountInString(s) <= length && cut != s || utf8.RuneCountInString(cut) > length {
			t.Fatalf("truncate(%q, %d, %q) = %q", s, length, pad, cut)
		}
	})
}

func TestReverseTwiceIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if got := mustCall("reverse", mustCall("reverse", s)); got != s {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}

func TestSlugStaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slug := mustCall("slug", rapid.String().Draw(t, "s")).(string)
		if strings.Contains(slug, "--") || strings.Trim(slug, "-") != slug || strings.ContainsAny(slug, " /?#&%.") {
			t.Fatalf("slug %q", slug)
		}
	})
}

// mustCall is apply without a test to report to, for use within properties; a panic fails them.
func mustCall(name string, args ...any) any {
	f, _ := Lookup(name)
	result, err := f.Call(args)
	if err != nil {
		panic(err)
	}
	return result
}
