package function

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"uppercas":                "uppercase",
		"uppercsae":               "uppercase",
		"Uppercase":               "uppercase",
		"upper":                   "uppercase",
		"tolower":                 "",
		"greaterthan":             "greaterThan",
		"equal":                   "equals",
		"lenght":                  "length",
		"jsonencode":              "jsonEncode",
		"sha265":                  "sha256",
		"fomatDate":               "formatDate",
		"":                        "",
		"q":                       "",
		"zzzzzzzz":                "",
		"größe":                   "",
		strings.Repeat("a", 5000): "",
	} {
		if got := Nearest(name); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}

func TestNearestFindsEveryNameWithoutItsLastLetter(t *testing.T) {
	for _, f := range All() {
		if len(f.Name) < 5 {
			continue
		}
		short := f.Name[:len(f.Name)-1]
		if got := Nearest(short); !strings.HasPrefix(got, short) && !strings.HasPrefix(short, got) || got == "" {
			t.Errorf("Nearest(%q) = %q", short, got)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"", ""}: 0, {"", "abc"}: 3, {"abc", ""}: 3, {"abc", "abc"}: 0, {"abc", "acb"}: 1, {"abc", "abd"}: 1,
		{"abc", "ab"}: 1, {"kitten", "sitting"}: 3, {"ca", "abc"}: 3,
	} {
		if got := editDistance(pair[0], pair[1]); got != want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", pair[0], pair[1], got, want)
		}
	}
}
