package command

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTableFits draws tables of any text on screens of any width: whatever they show, no row is wider than the screen
// as long as the narrowest layout fits, and what may not be shortened is whole.
func TestTableFits(t *testing.T) {
	type row struct{ id, text, more string }
	columns := func(least int) []column[row] {
		return []column[row]{
			{title: "ID", cell: func(r row) string { return r.id }},
			{title: "TEXT", least: least, cell: func(r row) string { return r.text }, right: true},
			{title: "MORE", least: least, cell: func(r row) string { return r.more }, colour: func(row) colour { return red }},
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
			return row{
				rapid.StringMatching(`[a-z0-9-]{1,12}`).Draw(t, "id"), rapid.String().Draw(t, "text"),
				rapid.StringOf(rapid.RuneFrom([]rune("a日\u0301😀\x1b\u202e"))).Draw(t, "more"),
			}
		}), 0, 5).Draw(t, "rows")
		width := rapid.IntRange(0, 60).Draw(t, "width")
		var out bytes.Buffer
		if err := printTable(&screen{Writer: &out, columns: width}, rows, columns(4), columns(4)[:1]); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(rows)+1 {
			t.Fatalf("%d lines for %d rows:\n%s", len(lines), len(rows), out.String())
		}
		for i, line := range lines {
			if width >= 12 && cells(line) > width {
				t.Errorf("%d columns on a screen of %d: %q", cells(line), width, line)
			}
			if i > 0 && !strings.HasPrefix(line, rows[i-1].id) {
				t.Errorf("the id %s is cut: %q", rows[i-1].id, line)
			}
			if printable(line) != line {
				t.Errorf("%q is not printable", line)
			}
		}
	})
}

func TestShorten(t *testing.T) {
	for _, row := range []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"abc", 1, "…"}, {"", 0, ""},
	} {
		if got := shorten(row.text, row.most); got != row.want {
			t.Errorf("%q in %d: %q, want %q", row.text, row.most, got, row.want)
		}
	}
}

func TestTook(t *testing.T) {
	for ms, want := range map[float64]string{0.04: "0.0ms", 3.14: "3.1ms", 41.7: "42ms", 1500: "1.5s", 90_000: "1m", 7.2e6: "2h", 2e8: "2d"} {
		if got := took(ms); got != want {
			t.Errorf("%v: %s, want %s", ms, got, want)
		}
	}
}

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	bar := progressBar{out: &screen{Writer: &out, columns: 40}}
	bar.show(1, 2, "1 of 2")
	bar.show(0, 0, "5 events")
	bar.clear()
	want := "\r[===============               ] 1 of 2\x1b[K\r5 events\x1b[K\r\x1b[K"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	silent := progressBar{out: &screen{Writer: &out}}
	silent.show(1, 2, "1 of 2")
	silent.clear()
	if out.Len() > 0 {
		t.Errorf("printed without a terminal: %q", out.String())
	}
}
