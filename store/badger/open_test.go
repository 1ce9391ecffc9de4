package badger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/storetest"
)

// wantMessage fails unless err says what is wanted.
func wantMessage(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v\nand should say %s", err, want)
	}
}

const openPath = "KROSYN_TEST_OPEN_PATH"

// openChild opens a store and says on its output how that ended.
func openChild() {
	s, err := open(config{path: os.Getenv(openPath), minFree: leastMinFree}, zap.NewNop())
	if err == nil {
		err = s.Close()
	}
	fmt.Println(err)
}

// fill makes a database with some events, and closes it.
func fill(t *testing.T, c config) {
	t.Helper()
	s, err := open(c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		e := storetest.NewEvent("orders", event.Completed)
		e.Payload = []byte(`"` + strings.Repeat("x", 2000) + `"`)
		if err := s.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*testing.T, *config)
		want    string
	}{
		{
			"a file in the way",
			func(t *testing.T, c *config) {
				c.path = filepath.Join(c.path, "file")
				write(t, c.path, "")
			},
			"choose another path",
		},
		{
			"a directory with something else",
			func(t *testing.T, c *config) { write(t, filepath.Join(c.path, "precious.txt"), "mine") },
			"it has precious.txt in it and is no store: choose an empty directory",
		},
		{
			"a database of another program",
			func(t *testing.T, c *config) {
				db, err := badgerdb.Open(badgerdb.DefaultOptions(c.path).WithLogger(nil))
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			},
			"it is of another program",
		},
		{
			"a manifest that is none",
			func(t *testing.T, c *config) {
				fill(t, *c)
				write(t, filepath.Join(c.path, badgerdb.ManifestFilename), "nonsense")
			},
			"it is no store, or damaged",
		},
		{
			"a table of nonsense",
			func(t *testing.T, c *config) {
				fill(t, *c)
				for _, name := range files(t, c.path, "*.sst") {
					write(t, name, strings.Repeat("nonsense", 100))
				}
			},
			"000001.sst is damaged: its checksum is longer than itself",
		},
		{
			"a table that was cut",
			func(t *testing.T, c *config) {
				fill(t, *c)
				for _, name := range files(t, c.path, "*.sst") {
					write(t, name, "x")
				}
			},
			"000001.sst is damaged: it ends before its checksum",
		},
		{
			"a table with a wrong bit",
			func(t *testing.T, c *config) {
				fill(t, *c)
				for _, name := range files(t, c.path, "*.sst") {
					content := read(t, name)
					content[len(content)-50] ^= 1
					write(t, name, string(content))
				}
			},
			"000001.sst",
		},
		{
			"a table that is missing",
			func(t *testing.T, c *config) {
				fill(t, *c)
				for _, name := range files(t, c.path, "*.sst") {
					if err := os.Remove(name); err != nil {
						t.Fatal(err)
					}
				}
			},
			"restore a backup",
		},
		{
			"a key where there was none",
			func(t *testing.T, c *config) {
				fill(t, *c)
				c.encryptionKey = []byte("0123456789abcdef")
			},
			"configure the one it was made with",
		},
		{
			"another key",
			func(t *testing.T, c *config) {
				c.encryptionKey = []byte("0123456789abcdef")
				fill(t, *c)
				c.encryptionKey = []byte("fedcba9876543210")
			},
			"configure the one it was made with",
		},
		{
			"no key where there was one",
			func(t *testing.T, c *config) {
				c.encryptionKey = []byte("0123456789abcdef")
				fill(t, *c)
				c.encryptionKey = nil
			},
			"configure the one it was made with",
		},
		{
			"open already",
			func(t *testing.T, c *config) { openTest(t, *c) },
			"if Caddy is running use `caddy reload`",
		},
		{
			"a disk that is full",
			func(t *testing.T, c *config) { c.minFree = 1 << 60 },
			"free disk space",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testConfig(t)
			test.prepare(t, &c)
			s, err := open(c, zap.NewNop())
			if err == nil {
				t.Fatal("it opens", s.Close())
			}
			wantMessage(t, err, test.want)
			wantMessage(t, err, c.path)
		})
	}
}

func TestOpenMakesDirectory(t *testing.T) {
	c := testConfig(t)
	c.path = filepath.Join(c.path, "a", "b")
	fill(t, c)
	info, err := os.Stat(c.path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory is %v, %v", info, err)
	}
}

// TestOpenAfterInterruptedWrite has a table that the manifest does not know yet.
func TestOpenAfterInterruptedWrite(t *testing.T) {
	c := testConfig(t)
	fill(t, c)
	write(t, filepath.Join(c.path, "000099.sst"), "")
	d := openTest(t, c)
	if counts, err := d.Count(t.Context(), ""); err != nil || counts[event.Completed] != 100 {
		t.Errorf("count is %v, %v", counts, err)
	}
}

// TestDamagedValue flips the bits of a stored event: it must not be read as another one.
func TestDamagedValue(t *testing.T) {
	c := testConfig(t)
	fill(t, c)
	for _, name := range files(t, c.path, "*.vlog") {
		write(t, name, strings.ReplaceAll(string(read(t, name)), "xxxxx", "yyyyy"))
	}
	d := openTest(t, c)
	page, err := d.List(t.Context(), store.Query{})
	if err != nil || len(page.Events) == 0 {
		t.Fatal(page, err)
	}
	for _, summary := range page.Events {
		_, err := d.Get(t.Context(), summary.ID)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Fatalf("a damaged event gives %v", err)
		}
		wantMessage(t, err, c.path)
		wantMessage(t, err, "the store is damaged")
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// files lists what matches a pattern, of which there must be some.
func files(t *testing.T, directory, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(directory, pattern))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}
