package function

import (
	"strings"
	"testing"
)

// TestResultsAreBounded asks for more than any function may give.
func TestResultsAreBounded(t *testing.T) {
	long := strings.Repeat("x", maxText)
	many := make([]any, maxElements)
	for i := range many {
		many[i] = int64(i)
	}
	for _, test := range []struct {
		name string
		want error
		args []any
	}{
		{"repeat", errTextTooLong, []any{"x", int64(1e9)}},
		{"repeat", errTextTooLong, []any{long, int64(2)}},
		{"padLeft", errTextTooLong, []any{"x", int64(1e9)}},
		{"padRight", errTextTooLong, []any{"x", int64(1e9), "日本語"}},
		{"padLeft", errTextTooLong, []any{"x", int64(maxText), long}},
		{"concat", errTextTooLong, []any{long, "x"}},
		{"concat", errTextTooLong, []any{long, int64(1)}},
		{"join", errTextTooLong, []any{long, []any{"a", "b"}}},
		{"join", errTextTooLong, []any{"x" + long, []any{"", "", "", "", ""}}},
		{"replace", errTextTooLong, []any{"x", "yyy", long}},
		{"split", errTooManyValues, []any{"", long}},
		{"split", errTooManyValues, []any{",", strings.Repeat(",", maxElements)}},
		{"uppercase", errTextTooLong, []any{long + "x"}},
		{"hexEncode", errTextTooLong, []any{long}},
		{"urlEncode", errTextTooLong, []any{strings.Repeat("&", maxText)}},
		{"base64Encode", errTextTooLong, []any{long}},
		{"jsonEncode", errTextTooLong, []any{long}},
		{"merge", errTooManyValues, []any{many, []any{int64(1)}}},
		{"flatten", errTooManyValues, []any{[]any{many, int64(1)}}},
	} {
		f, _ := Lookup(test.name)
		if _, err := f.Call(test.args); err == nil || err.Error() != test.name+": "+test.want.Error() {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if got := mustCall("repeat", "x", int64(maxText)); got != long {
		t.Error("a text of just 1 MiB is refused")
	}
	if got := mustCall("merge", many[:1], many[1:]).([]any); len(got) != maxElements {
		t.Error("an array of just 100000 elements is refused")
	}
}

// TestSharedPartsAreBounded gives arrays that hold one array twice, which holds one twice, and so on: few bytes of
// memory, but more elements than anyone can visit.
func TestSharedPartsAreBounded(t *testing.T) {
	doubled := func(part any) any {
		for range 64 {
			part = []any{part, part}
		}
		return part
	}
	bomb, other, empty := doubled("x"), doubled("x"), doubled([]any{})
	fields := any("x")
	for range 64 {
		fields = map[string]any{"a": fields, "b": fields}
	}
	for name, args := range map[string][]any{
		"equals":     {bomb, other},
		"notEquals":  {fields, fields},
		"concat":     {bomb},
		"join":       {",", []any{fields}},
		"toString":   {bomb},
		"jsonEncode": {fields},
		"unique":     {[]any{bomb, other}},
		"flatten":    {empty},
		"contains":   {[]any{other}, bomb},
		"indexOf":    {[]any{other}, bomb},
		"in":         {bomb, []any{other}},
	} {
		f, _ := Lookup(name)
		if _, err := f.Call(args); err == nil {
			t.Errorf("%s visited 2^64 elements", name)
		}
	}
}

func TestLargePayloadsAreCompared(t *testing.T) {
	rows := make([]any, maxElements)
	for i := range rows {
		rows[i] = map[string]any{"id": int64(i), "name": "some name"}
	}
	if got := mustCall("equals", rows, rows); got != true {
		t.Error("not equal to itself")
	}
	large := any(rows[:1000])
	for _, needle := range []any{rows[maxElements-1], "missing", large} {
		if got := mustCall("contains", append([]any{large}, rows...), needle); got != (needle != "missing") {
			t.Errorf("contains is %v", got)
		}
	}
}
