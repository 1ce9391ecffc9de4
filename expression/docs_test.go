package expression

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/expression/function"
)

var update = flag.Bool("update", false, "write the functions into docs/expressions.md instead of comparing them")

const (
	docsPath       = "../docs/expressions.md"
	functionsBegin = "<!-- functions -->\n"
	functionsEnd   = "<!-- /functions -->\n"
	payloadPrefix  = "// $payload = "
)

func readDocs(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// The reference of functions on the page is the library's table. After a change to the table:
//
//	go test ./expression -run TestDocsListTheFunctions -update
func TestDocsListTheFunctions(t *testing.T) {
	page := readDocs(t)
	before, rest, ok := strings.Cut(page, functionsBegin)
	if !ok {
		t.Fatalf("the page has no %s", functionsBegin)
	}
	listed, after, ok := strings.Cut(rest, functionsEnd)
	if !ok {
		t.Fatalf("the page has no %s", functionsEnd)
	}
	want := functionReference()
	if *update {
		page = before + functionsBegin + want + functionsEnd + after
		if err := os.WriteFile(docsPath, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("the page differs from the library; run with -update (-want +got)\n%s", diff)
	}
}

func functionReference() string {
	var b strings.Builder
	group := ""
	for _, fn := range function.All() {
		if fn.Group != group {
			group = fn.Group
			fmt.Fprintf(&b, "\n### %s\n", strings.ToUpper(group[:1])+group[1:])
		}
		fmt.Fprintf(&b, "\n#### `%s`\n\n%s", fn.Signature(), fn.Description)
		if accessor := fn.AccessorName(); accessor != "" {
			fmt.Fprintf(&b, " Accessor: `.%s`.", accessor)
		}
		b.WriteString("\n\n```expr\n")
		for _, example := range fn.Examples {
			if example.Payload != "" {
				b.WriteString(payloadPrefix + example.Payload + "\n")
			}
			result := example.Result
			if example.Pattern != "" {
				result = "/" + example.Pattern + "/"
			}
			fmt.Fprintf(&b, "%s → %s\n", example.Source, result)
		}
		b.WriteString("```\n")
	}
	b.WriteString("\n")
	return b.String()
}

// fence is a block of code on the page.
var fence = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```\n")

// Every example on the page has the result that the page gives.
func TestDocsExamples(t *testing.T) {
	payload, count := "", 0
	for _, block := range fence.FindAllStringSubmatch(readDocs(t), -1) {
		language, text := block[1], block[2]
		switch language {
		case "json":
			payload = text
		case "expr", "value":
			current := payload
			for line := range strings.Lines(text) {
				line = strings.TrimSpace(line)
				if own, ok := strings.CutPrefix(line, payloadPrefix); ok {
					current = own
					continue
				}
				source, want, ok := strings.Cut(line, " → ")
				if !ok {
					t.Errorf("no result in %q", line)
					continue
				}
				count++
				checkDocsExample(t, language, strings.TrimSpace(source), want, current)
				if language == "expr" && current != payload {
					current = payload
				}
			}
		case "caddyfile":
			checkDocsCaddyfile(t, text)
		default:
			t.Errorf("a block of %s is not tested", language)
		}
	}
	if count < 250 {
		t.Errorf("only %d examples were found on the page", count)
	}
}

func checkDocsExample(t *testing.T, language, source, want, payload string) {
	t.Helper()
	compile := shopCompiler.Expression
	if language == "value" {
		compile = shopCompiler.Value
	}
	var got []byte
	ctx := exampleContext(t, payload)
	program, err := compile(source, ScopePerform)
	if err == nil {
		got, err = program.AppendJSON(nil, ctx)
	}
	if message, ok := strings.CutPrefix(want, "error: "); ok {
		if err == nil || !strings.HasPrefix(err.Error(), message) {
			t.Errorf("%s\n\tgave the error %v\n\tthe page says %s", source, err, message)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", source, err)
		return
	}
	if pattern, ok := strings.CutPrefix(want, "/"); ok {
		text, err := program.Text(ctx)
		if err != nil || !regexp.MustCompile(strings.TrimSuffix(pattern, "/")).MatchString(text) {
			t.Errorf("%s gave %q, %v, the page says %s", source, text, err, pattern)
		}
		return
	}
	if string(got) != want {
		t.Errorf("%s\n\tgave %s\n\tthe page says %s", source, got, want)
	}
}

// What stands between backquotes in the page's Caddyfiles compiles.
func checkDocsCaddyfile(t *testing.T, text string) {
	t.Helper()
	sources := regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(text, -1)
	if len(sources) == 0 {
		t.Errorf("no expression in the Caddyfile\n%s", text)
	}
	for _, source := range sources {
		if _, err := shopCompiler.Value(source[1], ScopePerform); err != nil {
			t.Errorf("%s: %v", source[1], err)
		}
	}
}

// The page names every variable, and the functions that the library does not list.
func TestDocsNameEverything(t *testing.T) {
	page := readDocs(t)
	var names []string
	for _, v := range variables {
		names = append(names, v.name)
	}
	for name := range stock {
		names = append(names, name)
	}
	for name := range loops {
		if _, listed := function.Lookup(name); !listed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the page does not name %s", name)
		}
	}
}
