package function

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSearch(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `startsWith("abc", "")`, want: `true`},
		{source: `startsWith("abc", "AB")`, want: `false`},
		{source: `startsWith(null, "a")`, want: `false`},
		{source: `startsWith("abc", null)`, want: `false`},
		{source: `startsWith(123, 12)`, want: `true`},
		{source: `startsWith(["a"], "a")`, err: "startsWith: value must be of type string, got array"},
		{source: `endsWith("abc", ["c"])`, err: "endsWith: suffix must be of type string, got array"},
		{source: `contains("abc", "")`, want: `true`},
		{source: `contains("abc", null)`, want: `false`},
		{source: `contains(null, null)`, want: `false`},
		{source: `contains([null], null)`, want: `true`},
		{source: `contains([1, 2], "2")`, want: `true`},
		{source: `contains([[1]], ["1"])`, want: `true`},
		{source: `contains("a", ["a"])`, err: "contains: needle must be of type string, got array"},
		{source: `indexOf("日本語", "語")`, want: `2`},
		{source: `indexOf("abc", "")`, want: `0`},
		{source: `indexOf("abc", null)`, want: `-1`},
		{source: `indexOf([1, "2"], 2)`, want: `1`},
		{source: `replace("", "x", "abc")`, want: `"abc"`},
		{source: `replace("b", null, "abc")`, want: `"ac"`},
		{source: `replace(null, "x", "abc")`, err: "replace: search must be of type string, got null"},
		{source: `replace("aa", "b", "aaa")`, want: `"ba"`},
		{source: `replace(1, 2, 11)`, want: `"22"`},
		{source: `split(",", "")`, want: `[""]`},
		{source: `split("", "")`, want: `[]`},
		{source: `split(",", ",a,")`, want: `["","a",""]`},
		{source: `split("", "日本")`, want: `["日","本"]`},
		{source: `split(",", null)`, want: `null`},
		{source: `split(null, "a")`, err: "split: separator must be of type string, got null"},
		{source: `split(",")`, err: "split requires at least 2 argument(s), 1 given"},
		{source: `split(",", "a", 1)`, err: "split accepts at most 2 argument(s), 3 given"},
		{source: `join(",", [])`, want: `""`},
		{source: `join(",", [null, 1.5, [1], true])`, want: `",1.5,[1],true"`},
		{source: `join(",", "a")`, err: "join: array must be of type array, got string"},
		{source: `in(null, [null])`, want: `true`},
		{source: `in(null, [])`, want: `false`},
		{source: `in("a", null)`, want: `false`},
		{source: `in(5, ["5.0"])`, want: `true`},
	})
}

func TestInLooksForFields(t *testing.T) {
	fields := map[string]any{"a": nil, "5": true}
	for needle, want := range map[any]bool{"a": true, "b": false, int64(5): false, "5": true, nil: false} {
		if got := mustApply(t, "in", needle, fields); got != want {
			t.Errorf("in(%v, object) = %v", needle, got)
		}
	}
}

func TestJoinUndoesSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("ab,;é"))).Draw(t, "s")
		separator := rapid.SampledFrom([]string{",", ";", "a", ",;", "é"}).Draw(t, "separator")
		if got := mustCall("join", separator, mustCall("split", separator, s)); got != s {
			t.Fatalf("%q split and joined by %q is %q", s, separator, got)
		}
	})
}

func TestIndexOfFindsWhatContainsDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 8, -1)
		s, part := letters.Draw(t, "s"), letters.Draw(t, "part")
		at := mustCall("indexOf", s, part).(int64)
		if found := mustCall("contains", s, part).(bool); found != (at >= 0) {
			t.Fatalf("contains %v, index %d", found, at)
		}
		if at >= 0 && mustCall("substring", s, at, int64(len([]rune(part)))) != part {
			t.Fatalf("%q is not at %d of %q", part, at, s)
		}
	})
}

func TestSplitIntoCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		characters := mustCall("split", "", s).([]any)
		slices.Reverse(characters)
		if diff := cmp.Diff(mustCall("reverse", s), mustCall("join", "", characters)); diff != "" {
			t.Fatal(diff)
		}
	})
}
