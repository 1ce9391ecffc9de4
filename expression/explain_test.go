package expression

import (
	"fmt"
	"strings"
	"testing"
)

func explainText(t *testing.T, source string) string {
	t.Helper()
	program, err := shopCompiler.Value(source, ScopeResponse)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	_, explanations, err := program.Explain(shop(t))
	var lines []string
	for _, e := range explanations {
		lines = append(lines, fmt.Sprintf("%s -> %s", e.Expression, e.Value))
	}
	if err != nil {
		lines = append(lines, "error: "+err.Error())
	}
	return strings.Join(lines, "\n")
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		source string
		want   []string
	}{
		{`= and(equals($payload.text, "Jane"), greaterThan($payload.small, 10), $payload.yes)`, []string{
			`and(equals($payload.text, "Jane"), greaterThan($payload.small, 10), $payload.yes) -> false`,
			`equals($payload.text, "Jane") -> true`,
			`$payload.text -> "Jane"`,
			`greaterThan($payload.small, 10) -> false`,
			`$payload.small -> 5`,
			// $payload.yes was not evaluated.
		}},
		{`= ( $payload.small + 1 ) * (2) in ([12])`, []string{
			`( $payload.small + 1 ) * (2) in ([12]) -> true`,
			`( $payload.small + 1 ) * (2) -> 12`,
			`$payload.small + 1 -> 6`,
			`$payload.small -> 5`,
		}},
		{`= any($payload.items, .price > 10 and $payload.yes)`, []string{
			`any($payload.items, .price > 10 and $payload.yes) -> true`,
			`$payload.items -> [{"price":5,"qty":2,"sku":"A"},{"price":15.5,"qty":1,"sku":"B"}]`,
			`.price > 10 and $payload.yes -> [false,true]`,
			`.price > 10 -> [false,true]`,
			`.price -> [5,15.5]`,
			`$payload.yes -> true`,
		}},
		{`= reduce([1, 2], #acc + #, 0)`, []string{
			`reduce([1, 2], #acc + #, 0) -> 3`, `#acc + # -> [1,3]`, `#acc -> [0,1]`, `# -> [1,2]`,
		}},
		{`Order $payload.small of $( $payload.text | uppercase() )`, []string{
			`$payload.small -> 5`, `$payload.text | uppercase() -> "JANE"`, `$payload.text -> "Jane"`,
		}},
		{`= "Hello $payload.text"`, []string{`"Hello $payload.text" -> "Hello Jane"`, `$payload.text -> "Jane"`}},
		{`= if $payload.yes { [$payload.small] } else { 2 }`, []string{
			`if $payload.yes { [$payload.small] } else { 2 } -> [5]`, `$payload.yes -> true`,
			`[$payload.small] -> [5]`, `$payload.small -> 5`,
		}},
		{`= let a = $payload.small; a > 3 ? "x" : a`, []string{
			`let a = $payload.small; a > 3 ? "x" : a -> "x"`, `$payload.small -> 5`,
			`a > 3 ? "x" : a -> "x"`, `a > 3 -> true`, `a -> 5`,
		}},
		{`= {"a": [$payload.small][0], b: -$payload.small}`, []string{
			`{"a": [$payload.small][0], b: -$payload.small} -> {"a":5,"b":-5}`, `[$payload.small][0] -> 5`,
			`[$payload.small] -> [5]`, `$payload.small -> 5`, `-$payload.small -> -5`,
		}},
		{`= $payload.tags[$payload.small - 5:] ?? 1`, []string{
			`$payload.tags[$payload.small - 5:] ?? 1 -> ["vip","new"]`, `$payload.tags[$payload.small - 5:] -> ["vip","new"]`,
			`$payload.tags -> ["vip","new"]`, `$payload.small - 5 -> 0`, `$payload.small -> 5`,
		}},
		// What was known before the fault helps to find it.
		{`= 10 / ($payload.small - 5)`, []string{
			`$payload.small - 5 -> 0`, `$payload.small -> 5`, `error: division by zero (line 1, column 6)`,
		}},
		{`= repeat("ab", 600) == [1..500, {}] or true`, []string{
			`repeat("ab", 600) == [1..500, {}] or true -> true`, `repeat("ab", 600) == [1..500, {}] -> false`,
			`repeat("ab", 600) -> "(a string of 1200 bytes)"`,
			`[1..500, {}] -> "(an array of 2 elements)"`, `1..500 -> "(an array of 500 elements)"`, `{} -> {}`,
		}},
		{`= jsonDecode(jsonEncode($request)).method`, []string{
			`jsonDecode(jsonEncode($request)).method -> "POST"`,
		}},
		// A secret does not show, whatever is made of it.
		{`= concat("a", $secret.TOKEN.reverse) == "a" and $payload.yes`, []string{
			`concat("a", $secret.TOKEN.reverse) == "a" and $payload.yes -> false`,
			`concat("a", $secret.TOKEN.reverse) == "a" -> false`,
			`concat("a", $secret.TOKEN.reverse) -> "[REDACTED]"`,
			`$secret.TOKEN.reverse -> "[REDACTED]"`,
		}},
		{`= let s = $secret.TOKEN; let t = upper(s); $payload.small`, []string{
			`let s = $secret.TOKEN; let t = upper(s); $payload.small -> "[REDACTED]"`,
			`$secret.TOKEN -> "[REDACTED]"`,
			`let t = upper(s); $payload.small -> "[REDACTED]"`,
			`upper(s) -> "[REDACTED]"`, `s -> "[REDACTED]"`,
			`$payload.small -> 5`,
		}},
		{`= map([$secret.TOKEN], # | upper())`, []string{
			`map([$secret.TOKEN], # | upper()) -> "[REDACTED]"`, `[$secret.TOKEN] -> "[REDACTED]"`,
			`$secret.TOKEN -> "[REDACTED]"`, `# | upper() -> "[REDACTED]"`, `# -> "[REDACTED]"`,
		}},
		{`true`, nil},
		{`just text`, nil},
	} {
		got := explainText(t, test.source)
		if test.source == `= jsonDecode(jsonEncode($request)).method` {
			got, _, _ = strings.Cut(got, "\n")
		}
		if want := strings.Join(test.want, "\n"); got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", test.source, got, want)
		}
	}
}

func TestExplainBounds(t *testing.T) {
	var terms []string
	for i := range 150 {
		terms = append(terms, fmt.Sprintf("not($payload.f%d)", i))
	}
	program := mustExpression(t, "and("+strings.Join(terms, ", ")+")")
	_, explanations, err := program.Explain(shop(t))
	if err != nil || len(explanations) != maxExplanations {
		t.Errorf("%d explanations, %v", len(explanations), err)
	}
	rounds := explainText(t, "= count(1..1000, # > 0)")
	if !strings.HasSuffix(rounds, "# -> [1,2,3,4,5,6,7,8,9,10]") {
		t.Errorf("got %s", rounds)
	}
	// A value is described when it is too long, never cut: half a secret would pass the redaction.
	for _, length := range []int{maxExplained - 30, maxExplained, 10 * maxExplained} {
		got := explainText(t, fmt.Sprintf(`= repeat("s", %d)`, length))
		if !strings.Contains(got, strings.Repeat("s", length)) && strings.Contains(got, "ss") {
			t.Errorf("%d bytes are cut: %s", length, got)
		}
	}
}
