package function

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestPatterns(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `matches("abc", "b")`, want: `true`},
		{source: `matches("abc", "^b")`, want: `false`},
		{source: `matches(null, "b")`, want: `false`},
		{source: `matches("b", null)`, want: `false`},
		{source: `matches(12, "^[0-9]+$")`, want: `true`},
		{source: `matches("a", "(")`, err: "matches: the regular expression is not valid: missing closing )"},
		{source: `matches("a", "(?=a)")`, err: "matches: the regular expression is not valid"},
		{source: `extract("b(.)(.)", "abcd")`, want: `"c"`},
		{source: `extract("b(x)?", "abcd")`, want: `null`},
		{source: `extract("()", "abcd")`, want: `""`},
		{source: `extract("b.", "abcd")`, want: `"bc"`},
		{source: `extract("a", null)`, want: `null`},
		{source: `extract(null, "a")`, err: "extract: pattern must be of type string, got null"},
		{source: `replaceRegex("b", null, "abc")`, want: `"ac"`},
		{source: `replaceRegex("", "-", "abc")`, want: `"-a-b-c-"`},
		{source: `replaceRegex("(a)(b)?", "<$1$2>", "aab")`, want: `"<a><ab>"`},
		{source: `replaceRegex("(a)", "$1st", "ab")`, want: `"astb"`},
		{source: `replaceRegex("(a)", "${1}0", "ab")`, want: `"a0b"`},
		{source: `replaceRegex("(?P<x>a)", "${x}${x}", "ab")`, want: `"aab"`},
		{source: `replaceRegex("a", "$0$0", "ab")`, want: `"aab"`},
		{source: `replaceRegex("a", "$$1", "ab")`, want: `"$1b"`},
		{source: `replaceRegex("a", "$x$", "ab")`, want: `"$x$b"`},
		{source: `replaceRegex("a", "${", "ab")`, want: `"${b"`},
		{source: `replaceRegex("a", "$9", "ab")`, want: `"b"`},
		{source: `replaceRegex("x", "y", "ab")`, want: `"ab"`},
	})
}

func TestPatternErrorsKeepThePatternSecret(t *testing.T) {
	for _, pattern := range []string{
		"secret(", "secret{2000}", `secret\8`, "[z-a]secret", "secret" + strings.Repeat("x", maxPattern),
	} {
		_, err := Regexp(pattern)
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "z-a") {
			t.Errorf("error for %.20q: %v", pattern, err)
		}
	}
}

func TestPatternSizeIsBounded(t *testing.T) {
	for pattern, fits := range map[string]bool{
		`^[\w.+-]+@[\w-]+\.[\w.]+$`:        true,
		`\d{1,1000}`:                       true,
		`(a{1,500}){1,2}b`:                 true,
		`(.{900}|.{900}){1}(x{999}y{999})`: true,
		`((abcdefgh){100}){10}`:            false,
		`(\w{5}abcdefghijk){1000}`:         false,
	} {
		if _, err := Regexp(pattern); (err == nil) != fits {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// TestStates compares the estimate with what the regexp package makes of an expression.
func TestStates(t *testing.T) {
	for _, pattern := range []string{
		"", "abc", "[a-z]", "a*b+c?", "(a)(b)", "(?:a|b|cd)", "a{3}", "(a{1,5}){2,4}", "((a|b){10}c){10}", "(x+x+)+y",
		`^\w+@[\w.]+$`, "(?i)straße", "a{5,}", "(?:){7}", ".{900}",
	} {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		estimate := states(tree)
		program, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if size := len(program.Inst); size > 3*estimate+3 || estimate > 3*size {
			t.Errorf("%s has %d states, estimated as %d", pattern, size, estimate)
		}
	}
}

// TestSearchIsBounded refuses what would take seconds before it starts.
func TestSearchIsBounded(t *testing.T) {
	long := strings.Repeat("x", maxText)
	for _, test := range []struct {
		name, want string
		args       []any
	}{
		{"matches", errTextTooLongForPattern.Error(), []any{long, "(x+x+)+y|(a{1,500}){1,2}b"}},
		{"matches", errTextTooLongForPattern.Error(), []any{long + "x", "x"}},
		{"extract", errTextTooLongForPattern.Error(), []any{"(x+x+)+y|(a{1,500}){1,2}b", long}},
		{"replaceRegex", errTextTooLongForPattern.Error(), []any{"(x+x+)+y|(a{1,500}){1,2}b", "", long}},
		{"replaceRegex", errSearchTooLong.Error(), []any{"x*y|x", "", long[:90_000]}}, // reads to the end each time
		{"replaceRegex", errTextTooLong.Error(), []any{"xx", strings.Repeat("y", 30), long[:100000]}},
		{"replaceRegex", errTextTooLong.Error(), []any{"x+", strings.Repeat("$0", 100000), long}},
		{"matches", "longer than 1000 bytes", []any{"x", long}},
	} {
		f, _ := Lookup(test.name)
		if _, err := f.Call(test.args); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestLongTextsAreSearched(t *testing.T) {
	s := strings.Repeat("some words, ", maxText/16)
	if got := mustApply(t, "matches", s, `^(some words, )*$`); got != true {
		t.Error("no match")
	}
	want := strings.ReplaceAll(s, ", ", ";")
	if got := mustApply(t, "replaceRegex", `,\s`, ";", s); got != want {
		t.Errorf("%.20q…", got)
	}
}

// TestReplacingAgreesWithRegexp compares with the regexp package, which has no bounds.
func TestReplacingAgreesWithRegexp(t *testing.T) {
	pattern := rapid.StringMatching(`(\(\?[im]\))?(([ab.^$]|\\b|\\B|\[ab\]|\(a?\)|b\?|\n)[*+?]?\|?){1,4}`)
	text := rapid.StringOf(rapid.RuneFrom([]rune("abé \n")))
	rapid.Check(t, func(t *rapid.T) {
		source, s := pattern.Draw(t, "pattern"), text.Draw(t, "text")
		expression, err := regexp.Compile(source)
		if err != nil {
			t.Skip("not an expression")
		}
		want := expression.ReplaceAllString(s, "<$0>")
		if got := mustCall("replaceRegex", source, "<$0>", s); got != want {
			t.Fatalf("%q in %q gives %q, want %q", source, s, got, want)
		}
	})
}

func TestPatternCacheIsBounded(t *testing.T) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 2 * maxPatterns {
				p, err := Regexp(fmt.Sprintf("^%d-%d$", worker%2, i))
				if err != nil {
					t.Error(err)
					return
				}
				if matched, _ := p.Match(fmt.Sprintf("%d-%d", worker%2, i)); !matched {
					t.Error("another expression came out of the cache")
				}
			}
		})
	}
	group.Wait()
	if n := len(patterns.compiled); n > maxPatterns {
		t.Errorf("%d expressions are kept", n)
	}
}

// FuzzReplaceRegex compares with the regexp package, which has no bounds.
func FuzzReplaceRegex(f *testing.F) {
	f.Add("(a)(b)?", "<$1>", "aab")
	f.Add(`\b`, "|", "two words")
	f.Add("x*", "$$", "xxaxx")
	f.Add("(?P<n>.)", "${n}-${missing}", "日本")
	f.Add("a{3}{3}", "", "aaaaaaaaaa")
	f.Add("[", "$", "\xff")
	f.Add(`(?m)^|\b.`, "<$0>", "a b\n\ncd\xffé")
	f.Add(`\Qa`, "b", "banana")
	f.Add(`(?i)\Bx|$`, "-", "xXx xx")
	f.Fuzz(func(t *testing.T, pattern, replacement, s string) {
		got, err := apply(t, "replaceRegex", pattern, replacement, s)
		if err != nil {
			return
		}
		want := regexp.MustCompile(pattern).ReplaceAllString(s, expandable(replacement))
		if got != want {
			t.Errorf("replaceRegex(%q, %q, %q) = %q, want %q", pattern, replacement, s, got, want)
		}
	})
}
