package integration

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// eventID is an id as it is printed.
var eventID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// names are what a page calls ids and tokens, `0199f0c4-…` or `krs_4Kq…`, with those that they stand for: one and the
// same from where it was printed first to the end of the page.
type names map[string]string

// kinds are what may look different each time, as a page writes it and as it is printed. The first that fits counts.
var kinds = []struct{ written, printed string }{
	{eventID.String() + `|\b[0-9a-f]{8}-…`, `(` + eventID.String() + `)`},
	{`krs_[\w-]*…`, `(krs_[\w-]{43})`},
	{` *… *`, `[^\n]*`},
	{`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`, `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`},
	{`\b\d{4}-\d\d-\d\d\b`, `\d{4}-\d\d-\d\d`},
	{`\b(?:v|go)\d+\.\d+[\w.+-]*`, `(?:v|go)\d[\w.+-]*`},
	{`\b(?:linux|darwin)/(?:amd64|arm64)\b`, `\w+/\w+`},
	{`\b\d+(?:\.\d+)? (?:B|KiB|MiB|GiB|TiB)\b`, `\d+(?:\.\d+)? (?:B|KiB|MiB|GiB|TiB)`},
	{`\b\d+(?:\.\d+)?(?:ns|µs|ms|s|m|h)\b`, `\d+(?:\.\d+)?(?:ns|µs|ms|s|m|h)(?:\d+(?:m|s))*`},
	{`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?`, `\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?`},
	{`\b[0-9a-f]{16}\b`, `[0-9a-f]{16}`},
	// A number of one digit is itself: none is not some, and one retry is not two.
	{`\b\d+\.\d+\b|\b\d{2,}\b`, `\d+(?:\.\d+)?`},
	{`\n *`, `\s*`},
	{` +`, ` +`},
}

// anyKind finds the next of them; its group n is that of kind n.
var anyKind = func() *regexp.Regexp {
	var all []string
	for _, k := range kinds {
		all = append(all, "("+k.written+")")
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}()

// pattern is a line of a page as an expression that a line of the same kind matches, and what its groups are names of.
func (n names) pattern(line string) (expression *regexp.Regexp, groups []string) {
	var all strings.Builder
	end := 0
	for _, at := range anyKind.FindAllStringSubmatchIndex(line, -1) {
		all.WriteString(regexp.QuoteMeta(line[end:at[0]]))
		end = at[1]
		for kind := range kinds {
			if at[2*kind+2] < 0 {
				continue
			}
			name := line[at[0]:at[1]]
			if real, known := n[name]; known {
				all.WriteString(regexp.QuoteMeta(real))
				break
			}
			all.WriteString(kinds[kind].printed)
			if kind < 2 {
				groups = append(groups, name)
			}
			break
		}
	}
	all.WriteString(regexp.QuoteMeta(line[end:]))
	return regexp.MustCompile(`(?m)^[ \t]*` + all.String() + `[ \t]*$`), groups
}

// compare finds the lines of a page in what was printed, in their order, and learns the names in them.
func (n names) compare(page, printed string) error {
	learned := maps.Clone(n)
	rest := strings.ReplaceAll(printed, "\r\n", "\n")
	for _, line := range statements(page) {
		expression, groups := learned.pattern(line)
		at := expression.FindStringSubmatchIndex(rest)
		if at == nil {
			return fmt.Errorf("the page has\n\t%s\nwhich is not where it belongs in\n%s", line, printed)
		}
		for i, name := range groups {
			real := rest[at[2*i+2]:at[2*i+3]]
			if known, ok := learned[name]; ok && known != real {
				return fmt.Errorf("%s is %s, and then %s, in\n%s", name, known, real, printed)
			}
			for other, known := range learned {
				if known == real && other != name {
					return fmt.Errorf("%s and %s are both %s, in\n%s", other, name, real, printed)
				}
			}
			learned[name] = real
		}
		rest = rest[at[1]:]
	}
	maps.Copy(n, learned)
	return nil
}

// statements are the lines of a page that say something. JSON that is broken over several is one.
func statements(page string) (all []string) {
	open := 0
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if line == "" || line == "…" {
			continue
		}
		if open > 0 {
			all[len(all)-1] += "\n" + line
		} else {
			all = append(all, line)
		}
		if open > 0 || strings.HasPrefix(line, "{") || strings.HasPrefix(line, "data: {") {
			open += strings.Count(line, "{") + strings.Count(line, "[")
			open -= strings.Count(line, "}") + strings.Count(line, "]")
		}
	}
	return all
}

// compareJSON finds everything that a page's document has in another one, which may have more members.
func (n names) compareJSON(where string, page, real any) error {
	switch page := page.(type) {
	case map[string]any:
		object, _ := real.(map[string]any)
		for name, member := range page {
			if err := n.compareJSON(where+"."+name, member, object[name]); err != nil {
				return err
			}
		}
		return nil
	case string:
		if text, ok := real.(string); ok {
			return n.compare(page, text)
		}
	default:
		if reflect.DeepEqual(page, real) {
			return nil
		}
	}
	return fmt.Errorf("%s is %v on the page, and in truth %v", where, page, real)
}

// TestCompare has the comparison find what differs.
func TestCompare(t *testing.T) {
	const (
		one     = "01a205f4-9fd6-7081-9b32-e30c1d2e428f"
		another = "01a205f4-9fd6-7081-9b32-e30c1d2e4290"
	)
	for _, row := range []struct {
		page, printed string
		same          bool
	}{
		{"a  completed  42ms", "b\na   completed  1.5s\n", true},
		{"a  completed  42ms", "a   completed  15\n", false},
		{"0 failed", "12 failed", false},
		{"12 failed", "0 failed", true},
		{"first\nsecond", "second\nfirst\n", false},
		{"first\n…\nsecond", "first\nsecond\n", true},
		{"first", "first and more\n", false},
		{"first…", "first and more\n", true},
		{"{\"a\":[1,\n  2], … }", `{"a":[1,2],"b":3 }`, true},
		{"{\"a\":[1,\n  2]}", `{"a":[1,2],"b":3}`, false},
		{"0199f0c4-… 0199f0c4-…", one + " " + one, true},
		{"0199f0c4-… 0199f0c4-…", one + " " + another, false},
		{"0199f0c4-…\n0199f0c4-…", one + "\n" + another, false},
		{"0199f0c4-… 0199f0c5-…", one + " " + another, true},
		{"0199f0c4-… 0199f0c5-…", one + " " + one, false},
		{"Token krs_…", "Token krs_" + strings.Repeat("a", 43), true},
		{"Token krs_…", "Token krs_short", false},
		{"2026-11-22T10:00:00Z 127.0.0.1 32 MiB", "2027-01-01T00:00:00.5Z 10.1.2.3 1.5 GiB", true},
		{"2026-11-22T10:00:00Z", "yesterday", false},
	} {
		if err := make(names).compare(row.page, row.printed); (err == nil) != row.same {
			t.Errorf("%q, and printed is %q: %v", row.page, row.printed, err)
		}
	}
}
