package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is a fenced block of a page, without the blanks that it is indented by.
type block struct {
	language, text string
	// follows tells that nothing but an empty line stands between it and the block before.
	follows bool
}

var fence = regexp.MustCompile("(?ms)^( *)```([a-z]*)\n(.*?\n)? *```$")

// blocksOf are the blocks of a page, given by its path from the repository's root.
func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	text, end := string(content), 0
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		b := block{language: text[at[4]:at[5]], follows: strings.TrimSpace(text[end:at[0]]) == ""}
		if at[6] >= 0 {
			b.text = strings.ReplaceAll("\n"+text[at[6]:at[7]], "\n"+text[at[2]:at[3]], "\n")[1:]
		}
		blocks, end = append(blocks, b), at[1]
	}
	return blocks
}

// running says which test runs the blocks of a language, on a page or wherever else they are. What a table leaves out
// nobody runs.
var running = []struct{ page, language, file, test string }{
	{"", "caddyfile", "docs_test.go", "TestDocumentation"},
	{"docs/check.md", "json", "integration/page_check_test.go", "TestPageCheck"},
	{"docs/directives/connector.md", "json", "docs_directives_test.go", "TestDirectives"},
	{"docs/directives/endpoint.md", "json", "docs_directives_test.go", "TestDirectives"},
	{"docs/directives/global.md", "json", "docs_directives_test.go", "TestDirectives"},
	{"docs/directives/perform.md", "json", "docs_directives_test.go", "TestDirectives"},
	{"docs/directives/process.md", "json", "docs_directives_test.go", "TestDirectives"},
	{"docs/expressions.md", "expr", "expression/docs_test.go", "TestDocsExamples"},
	{"docs/expressions.md", "json", "expression/docs_test.go", "TestDocsExamples"},
	{"docs/expressions.md", "value", "expression/docs_test.go", "TestDocsExamples"},
	{"docs/notify.md", "json", "integration/page_notify_test.go", "TestPageNotify"},
	{"README.md", "sh", "integration/start_test.go", "TestPageReadme"},
	{"docs/admin.md", "console", "integration/page_admin_test.go", "TestPageAdmin"},
	{"docs/check.md", "console", "integration/page_check_test.go", "TestPageCheck"},
	{"docs/cli.md", "console", "integration/page_cli_test.go", "TestPageCLI"},
	{"docs/install.md", "sh", "integration/page_install_test.go", "TestPageInstall"},
	{"docs/observability.md", "sh", "integration/page_observability_test.go", "TestPageObservability"},
	{"docs/recipes.md", "crontab", "integration/page_senders_test.go", "TestPageRecipes"},
	{"docs/reliability.md", "console", "integration/page_store_test.go", "TestPageReliability"},
	{"docs/senders.md", "sh", "integration/page_senders_test.go", "TestPageSenders"},
	{"docs/start.md", "sh", "integration/start_test.go", "TestStart"},
	{"docs/tokens.md", "console", "integration/page_tokens_test.go", "TestPageTokens"},
	{"docs/upgrading.md", "sh", "integration/page_store_test.go", "TestPageUpgrading"},
}

// drawings are the blocks of text that are no output of the block before them, by how they begin.
var drawings = map[string]string{
	"docs/observability.md": "webhook                       the request\n├─ krosyn execution",
}

// TestEveryBlock finds, for each block of code of the documentation, the test that runs it.
func TestEveryBlock(t *testing.T) {
	used := make(map[int]bool)
	for _, page := range documentation(t) {
		blocks := blocksOf(t, page)
		text, _ := os.ReadFile(filepath.Join("..", page))
		if fences := regexp.MustCompile("(?m)^ *```").FindAll(text, -1); len(fences) != 2*len(blocks) {
			t.Errorf("%s has %d fences, of which %d blocks were made", page, len(fences), len(blocks))
		}
		for i, b := range blocks {
			if b.language == "text" {
				drawn := drawings[page]
				printed := b.follows && i > 0 && blocks[i-1].language == "sh"
				if !printed && (drawn == "" || !strings.HasPrefix(b.text, drawn)) {
					t.Errorf("%s: this is neither what commands print nor a drawing:\n%s", page, b.text)
				}
				continue
			}
			at := slices.IndexFunc(running, func(r struct{ page, language, file, test string }) bool {
				return (r.page == "" || r.page == page) && r.language == b.language
			})
			if at < 0 {
				t.Errorf("%s: no test runs this block of %q:\n%s", page, b.language, b.text)
			}
			used[at] = true
		}
	}
	for i, r := range running {
		source, err := os.ReadFile(filepath.Join("..", r.file))
		if err != nil || !strings.Contains(string(source), "\nfunc "+r.test+"(t *testing.T) {") {
			t.Errorf("%s of %s should be run by %s, which is not in %s", r.language, r.page, r.test, r.file)
		}
		if !used[i] {
			t.Errorf("%s has no block of %s", r.page, r.language)
		}
	}
}

// documentation is the README and every page of docs, by their paths from the repository's root.
func documentation(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md"}
	err := fs.WalkDir(os.DirFS(".."), "docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) < 20 {
		t.Fatal(found, err)
	}
	return found
}
