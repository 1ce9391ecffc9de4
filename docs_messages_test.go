package krosyn_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tables are the files whose messages users meet, by what they are for.
var tables = map[string][]string{
	"callers":   {"handler/*.go", "handler/content/*.go", "verify/rejection.go", "app/limits.go"},
	"events":    {"event/error.go"},
	"retries":   {"app/retry.go", "bulk/bulk.go"},
	"admin API": {"admin/*.go", "app/dryrun.go", "app/switch.go", "app/tokens.go", "token/token.go", "store/backup.go"},
	"store":     {"store/badger/open.go", "store/badger/health.go", "store/badger/budget.go"},
	"command":   {"command/*.go"},
}

// internal are messages that no user can cause, or that only add a place to another message.
var internal = []string{
	"openapi/….json: …", "openapi/….json: …: …", "… is in two parts", "enough",
	"decompressed size exceeds the limit", "data after the end of the compressed stream",
	"reading which connectors are disabled: …", "keeping whether connector … is disabled: …",
	"connector …, endpoint …: auth tokens: …", "--definition: …",
}

// TestMessages finds every message of the tables on the page about troubles.
func TestMessages(t *testing.T) {
	known := shownMessages(t)
	unseen := slices.Clone(internal)
	for what, patterns := range tables {
		t.Run(what, func(t *testing.T) {
			messages := 0
			for _, file := range filesOf(t, patterns) {
				for _, message := range messagesOf(t, file) {
					messages++
					if slices.Contains(internal, message) {
						unseen = slices.DeleteFunc(unseen, func(seen string) bool { return seen == message })
					} else if !known(message) {
						t.Errorf("%s: %q is not on the page", file, message)
					}
				}
			}
			if messages == 0 {
				t.Error("no message was found")
			}
		})
	}
	if len(unseen) > 0 {
		t.Errorf("nothing makes these messages: %q", unseen)
	}
}

// TestCaddyfileMessages finds every error that the tests of the Caddyfile know in a class of the page.
func TestCaddyfileMessages(t *testing.T) {
	known := shownMessages(t)
	for _, file := range filesOf(t, []string{"caddyfile/testdata/errors/*.txt"}) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^----\n\d+: (.*)$`).FindAllStringSubmatch(string(text), -1) {
			if message := strings.ReplaceAll(found[1], "`", ""); !known(message) {
				t.Errorf("%s: %q is in no class of the page", file, message)
			}
		}
	}
}

// foreign are messages of Go, of Badger and of Caddy, which this repository does not have.
var foreign = []string{
	"dial tcp ", ": connection refused", "lookup ", ": no such host", "tls: failed to verify certificate: ",
	"unrecognized placeholder {env.", "evaluated placeholder {", "} is empty", "Unexpected '{}' at end of line",
	"wrong argument count or unexpected line ending after ",
}

// TestShownMessagesExist finds the words of every message of the page in the code, so that none is shown that nothing
// says any more.
func TestShownMessagesExist(t *testing.T) {
	said := wordsOfCode(t)
	page, err := os.ReadFile("docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	column := -1
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "|") {
			column = -1
			continue
		}
		cells := strings.Split(line, " | ")
		if column < 0 {
			column = slices.IndexFunc(cells, func(cell string) bool { return strings.Trim(cell, "| ") == "message" })
			if column < 0 {
				column = len(cells)
			}
			continue
		}
		if column >= len(cells) {
			continue
		}
		for _, span := range codeSpan.FindAllStringSubmatch(cells[column], -1) {
			for piece := range strings.SplitSeq(strings.ReplaceAll(span[1]+span[2], "`", ""), "…") {
				if len(strings.Trim(piece, `":; `)) > 3 && !slices.Contains(foreign, piece) && !said(piece) {
					t.Errorf("nothing says %q, of %q", piece, span[0])
				}
			}
		}
	}
}

// wordsOfCode tells whether the code has words that stand together in one of its texts, or in two that are put together
// with ": ".
func wordsOfCode(t *testing.T) func(words string) bool {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if text, ok := textOf(e); ok {
					all.WriteString(text + "\n")
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	code := strings.ToLower(all.String())
	return func(words string) bool {
		if strings.Contains(code, strings.ToLower(words)) {
			return true
		}
		for part := range strings.SplitSeq(words, ": ") {
			if !strings.Contains(code, strings.ToLower(strings.Trim(part, `" :`))) {
				return false
			}
		}
		return true
	}
}

var codeSpan = regexp.MustCompile("``(.+?)``|`([^`]+)`")

// shownMessages tells of a message, or of a part of one, whether a table of the page has it; there, and in a message, …
// stands for anything.
func shownMessages(t *testing.T) func(message string) bool {
	t.Helper()
	page, err := os.ReadFile("docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var (
		shown []*regexp.Regexp
		texts []string
	)
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			text := strings.ReplaceAll(span[1]+span[2], "`", "")
			// What is nothing but places for others would be everything.
			if len(strings.Trim(text, "…:;\" ")) > 5 {
				shown = append(shown, regexp.MustCompile("(?i)^"+strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*")+"$"))
				texts = append(texts, text)
			}
		}
	}
	return func(message string) bool {
		part := strings.Trim(message, "…: ")
		return slices.ContainsFunc(shown, func(r *regexp.Regexp) bool { return r.MatchString(message) }) ||
			slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
	}
}

func filesOf(t *testing.T, patterns []string) (files []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

// makers are the functions whose first argument is a message.
var makers = []string{"errors.New", "fmt.Errorf", "badRequest", "misuse"}

// holders are the types whose last element is a message, and fields the fields that are one.
var (
	holders = []string{"refusal", "Refusal", "Rejection", "LimitError"}
	fields  = []string{"message", "Message", "Remedy"}
)

// messagesOf are the messages that a file makes, with … for what they are given.
func messagesOf(t *testing.T, file string) (messages []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr) {
		if text, ok := textOf(e); ok && strings.Trim(text, "… :") != "" {
			messages = append(messages, text)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if slices.Contains(makers, nameOf(n.Fun)) && len(n.Args) > 0 {
				add(n.Args[0])
			}
		case *ast.KeyValueExpr:
			if slices.Contains(fields, nameOf(n.Key)) {
				add(n.Value)
			}
		case *ast.CompositeLit:
			isRow := n.Type == nil && (file == "admin/admin.go" || file == "store/badger/open.go")
			if last := len(n.Elts) - 1; last > 0 && (isRow || slices.Contains(holders, nameOf(n.Type))) {
				add(n.Elts[last])
			}
		}
		return true
	})
	return messages
}

var verb = regexp.MustCompile(`%[-+# 0-9.\[\]]*[a-zA-Z]`)

// textOf is the text of an expression, with … for the parts that are not written out.
func textOf(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		text = strings.ReplaceAll(strings.ReplaceAll(text, "`", ""), "%q", `"…"`)
		return verb.ReplaceAllString(text, "…"), err == nil
	case *ast.BinaryExpr:
		left, isText := textOf(e.X)
		right, alsoText := textOf(e.Y)
		if !isText && !alsoText {
			return "", false
		}
		if !isText {
			left = "…"
		}
		if !alsoText {
			right = "…"
		}
		return left + right, true
	case *ast.CallExpr:
		if nameOf(e.Fun) == "fmt.Sprintf" {
			return textOf(e.Args[0])
		}
	}
	return "", false
}

// nameOf is the name of a function, a type or a field; that of a package's function has the package's.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	}
	return ""
}
