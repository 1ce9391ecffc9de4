package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// TestDocumentedCommands has every command line of the documentation be one that there is, with flags that there are.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	seen := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			_, words, found := strings.Cut(line, "caddy krosyn ")
			if !strings.HasPrefix(line, "$ ") || !found {
				continue
			}
			seen++
			root := &cobra.Command{Use: "krosyn"}
			build(root)
			args := commandWords(words)
			cmd, rest, err := root.Find(args)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil && cmd.Args != nil {
				err = cmd.Args(cmd, cmd.Flags().Args())
			}
			if err != nil || cmd == root {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d commands were found", seen)
	}
}

// commandWords are the words of a command as a shell has them, up to a pipe, a redirection or a comment.
func commandWords(line string) []string {
	var words []string
	for i, part := range strings.FieldsFunc(line, func(r rune) bool { return r == '"' || r == '\'' }) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		for word := range strings.FieldsSeq(part) {
			if strings.ContainsAny(word, "|><;&") || word[0] == '#' {
				return words
			}
			words = append(words, word)
		}
	}
	return words
}

// TestDocumentedCheck runs the example of the page about checks, and has it print what the page says.
func TestDocumentedCheck(t *testing.T) {
	page, err := os.ReadFile("../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```caddyfile\n")
	connector, rest, _ := strings.Cut(rest, "```")
	_, want, _ := strings.Cut(rest, "--config Caddyfile\n")
	want, _, _ = strings.Cut(want, "```")
	t.Chdir(t.TempDir())
	t.Setenv("ORDERS_TOKEN", "any")
	// Two lines stand before the connector, as in the page's own numbers.
	if err := os.WriteFile("Caddyfile", []byte(":80 {\nkrosyn {\n"+connector+"}\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, said, code := execute(t.Context(), 0, false, "", "check", "--config", "Caddyfile")
	if diff := cmp.Diff(want, got); diff != "" || code != 1 {
		t.Errorf("exit %d, %s; differs from the page (-want +got):\n%s", code, said, diff)
	}
}
