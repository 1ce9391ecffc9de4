package krosyn_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/krosyn/gateway"

// allowed is which rooms each room may import. What is not listed here may import everything.
var allowed = map[string][]string{
	"event":                {},
	"expression/value":     {},
	"expression/function":  {"expression/value"},
	"expression":           {"event", "expression/function", "expression/value"},
	"outbound":             {"event"},
	"pipeline":             {"event", "expression", "expression/value", "outbound"},
	"verify/signature":     {},
	"verify":               {"verify/signature"},
	"verifier":             {"verify/signature"},
	"limit":                {},
	"store":                {"event"},
	"store/badger":         {"event", "store", "store/badger/journal"},
	"store/badger/journal": {},
	"store/memory":         {"event", "store"},
	"store/storetest":      {"event", "store"},
	"token":                {"event", "store", "verify"},
	"audit":                {"event", "store"},
	"bulk":                 {"event", "store"},
	"feed":                 {"event"},
	"dispatch":             {"store"},
	"app": {
		"audit", "bulk", "dispatch", "event", "expression", "expression/value", "feed", "limit", "notify", "outbound",
		"pipeline", "store", "token", "verify", "verify/signature",
	},
	"handler/content": {"expression/value"},
	"handler":         {"app", "event", "handler/content", "pipeline", "verify", "verify/signature"},
}

// withoutCaddy are the rooms that know nothing of Caddy.
var withoutCaddy = []string{
	"audit", "bulk", "dispatch", "event", "expression", "expression/function", "expression/value", "feed",
	"handler/content", "limit", "notify", "outbound", "pipeline", "token", "verify", "verify/signature",
}

// TestRooms keeps the imports pointing one way.
func TestRooms(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var room struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&room); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(room.ImportPath, module+"/")
		may, ruled := allowed[name]
		if ruled {
			seen++
		}
		for _, imported := range room.Imports {
			if other, ours := strings.CutPrefix(imported, module+"/"); ours && ruled && !slices.Contains(may, other) {
				t.Errorf("%s must not import %s", name, other)
			}
			if strings.HasPrefix(imported, "github.com/caddyserver/caddy") && slices.Contains(withoutCaddy, name) {
				t.Errorf("%s must know nothing of Caddy, and imports %s", name, imported)
			}
		}
	}
	if seen != len(allowed) {
		t.Errorf("%d of %d rooms were found", seen, len(allowed))
	}
}

// TestPackageComments has each room say once what it is for.
func TestPackageComments(t *testing.T) {
	comments := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		folder := filepath.Dir(path)
		if file.Doc != nil {
			comments[folder] = append(comments[folder], path)
		} else if comments[folder] == nil {
			comments[folder] = []string{}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, files := range comments {
		if len(files) != 1 {
			t.Errorf("%s has %d package comments: %v", folder, len(files), files)
		}
	}
}
