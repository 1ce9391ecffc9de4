package caddyfile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// within has a Caddyfile around the lines of each block, which stand for the %s.
var within = map[string]string{
	"global":    "{\nkrosyn {\n%s\n}\n}\n",
	"egress":    "{\nkrosyn {\negress {\n%s\n}\n}\n}\n",
	"site":      ":80 {\nkrosyn {\n%s\n}\n}\n",
	"connector": ":80 {\nkrosyn {\nconnector orders {\n%s\n}\n}\n}\n",
	"endpoint":  ":80 {\nkrosyn {\nconnector orders {\nendpoint {\n%s\n}\n}\n}\n}\n",
	"process":   ":80 {\nkrosyn {\nconnector orders {\nprocess {\n%s\n}\n}\n}\n}\n",
	"lookup":    ":80 {\nkrosyn {\nconnector orders {\nprocess {\nlookup https://a.example {\n%s\n}\n}\n}\n}\n}\n",
	"perform":   ":80 {\nkrosyn {\nconnector orders {\nperform POST https://a.example {\n%s\n}\n}\n}\n}\n",
	"retry":     ":80 {\nkrosyn {\nconnector orders {\nperform POST https://a.example {\nretry 3 {\n%s\n}\n}\n}\n}\n}\n",
}

// TestErrors has one file of faults for each block. A fault is some lines of the block, a rule, and the error with
// the number of the line that it names; blank lines separate faults.
func TestErrors(t *testing.T) {
	for block, around := range within {
		t.Run(block, func(t *testing.T) {
			file := filepath.Join("testdata", "errors", block+".txt")
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for i, fault := range strings.Split(strings.TrimSpace(string(content)), "\n\n") {
				lines, _, ok := strings.Cut(fault+"\n", "\n----\n")
				if !ok {
					t.Fatalf("no rule in %q", fault)
				}
				if i > 0 {
					got.WriteByte('\n')
				}
				fmt.Fprintf(&got, "%s\n----\n%s\n", lines, errorOf(t, around, lines))
			}
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(content), got.String()); diff != "" {
				t.Errorf("differs from what is expected (-want +got):\n%s", diff)
			}
		})
	}
}

var positioned = regexp.MustCompile(`(?s)^(.*), at Caddyfile:(\d+)\n$`)

// errorOf gives the error of lines, preceded by the line among them that it names.
func errorOf(t *testing.T, around, lines string) string {
	t.Helper()
	adapted := adapt(t, "Caddyfile", fmt.Sprintf(around, lines))
	match := positioned.FindStringSubmatch(strings.TrimPrefix(adapted, "parsing caddyfile tokens for 'krosyn': "))
	if match == nil {
		t.Fatalf("%q: no error with a position, but %s", lines, adapted)
	}
	number, err := strconv.Atoi(match[2])
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(around, "%s")
	return fmt.Sprintf("%d: %s", number-strings.Count(before, "\n"), match[1])
}
