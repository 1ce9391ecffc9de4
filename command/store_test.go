package command

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/badger"
	"github.com/krosyn/gateway/store/storetest"
)

// runStore executes `store` with arguments; where the admin API is asked it answers so.
func runStore(t *testing.T, status int, answer string, args ...string) (string, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/krosyn/store") || r.Method != http.MethodGet {
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	var out bytes.Buffer
	cmd := storeCommand()
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(append(args, "--address", strings.TrimPrefix(server.URL, "http://")))
	err := cmd.Execute()
	return out.String(), err
}

// madeBackup is a backup of a store with one event.
func madeBackup(t *testing.T) string {
	t.Helper()
	var backup bytes.Buffer
	opened, err := newStore(t, t.TempDir()).Open(zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Put(t.Context(), storetest.NewEvent("orders", event.Completed)); err != nil {
		t.Fatal(err)
	}
	if err := opened.(store.Backuper).Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	return backup.String()
}

func newStore(t *testing.T, path string) *badger.Badger {
	t.Helper()
	b, err := restoreTarget(path, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStoreBackup(t *testing.T) {
	backup := madeBackup(t)
	path := filepath.Join(t.TempDir(), "krosyn.backup")
	for name, test := range map[string]struct {
		status       int
		answer, want string
	}{
		"cut short":   {http.StatusOK, backup[:len(backup)-1], "the backup is cut short"},
		"refused":     {http.StatusConflict, `{"error":"a backup is being made already"}`, "a backup is being made already"},
		"not a store": {http.StatusOK, "<html>hello, this is another server", "it is no backup of the gateway"},
	} {
		if _, err := runStore(t, test.status, test.answer, "backup", path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: the file is there, %v", name, err)
		}
	}
	out, err := runStore(t, http.StatusOK, backup, "backup", path)
	if err != nil || !strings.Contains(out, "krosyn.backup has ") || !strings.Contains(out, " entries.\n") {
		t.Errorf("%q %v", out, err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != backup {
		t.Errorf("the file is not the backup, %v", err)
	}
	if out, err := runStore(t, http.StatusOK, backup, "backup", "-"); err != nil || out != backup {
		t.Errorf("the output is not the backup, %v", err)
	}

	restored := filepath.Join(t.TempDir(), "store")
	out, err = runStore(t, http.StatusTeapot, "", "restore", path, "--path", restored)
	if err != nil || !strings.Contains(out, "store has ") {
		t.Errorf("%q %v", out, err)
	}
	opened, err := newStore(t, restored).Open(zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if counts, err := opened.Count(t.Context(), ""); err != nil || counts[event.Completed] != 1 {
		t.Errorf("%v %v", counts, err)
	}
}

func TestStoreStats(t *testing.T) {
	const answer = `{"engine":"badger","bytes":3145728,"free_bytes":-1,"max_bytes":10737418240,"sizes":{"values":2097152,
		"tables":1048576},"events":{"completed":7,"failed":1,"pending":2,"skipped":0},"oldest_event":{"id":"0199f0c4-0000-7000-8000-000000000000",
		"received_at":"2026-11-22T10:00:00.123Z"},"entries":5,"queue":{"pending":1,"leased":1,"next_due":"2026-11-22T11:00:00.000Z"},"error":"full"}`
	const want = `Engine            badger
Size              3.0 MiB of 10 GiB
  tables          1.0 MiB
  values          2.0 MiB
Free on the disk  unknown
Events
  completed       7
  skipped         0
  failed          1
  pending         2
Oldest event      2026-11-22T10:00:00Z (0199f0c4-0000-7000-8000-000000000000)
State entries     5
Queue             1 pending, 1 leased
Next due          2026-11-22T11:00:00Z
Refuses new work  full
`
	if out, err := runStore(t, http.StatusOK, answer, "stats"); err != nil || out != want {
		t.Errorf("%v; printed\n%s\nwant\n%s", err, out, want)
	}
	if out, err := runStore(t, http.StatusOK, answer, "stats", "--json"); err != nil || out != answer {
		t.Errorf("%q %v", out, err)
	}
	if _, err := runStore(t, http.StatusOK, "{", "stats"); err == nil {
		t.Error("half an answer is printed")
	}
}

func TestConfiguredStore(t *testing.T) {
	for config, want := range map[string]string{
		`{"apps":{"krosyn":{"store":{"engine":"badger","path":"/x"}}}}`: "/x",
		`{"apps":{"krosyn":{}}}`:                              "",
		`{"apps":{"http":{}}}`:                                "it has no krosyn in it: name the directory with --path",
		`{"apps":{"krosyn":{"store":{"engine":"postgres"}}}}`: `its store is "postgres", and a backup becomes a store badger`,
		`{"apps":{"krosyn":{"store":7}}}`:                     "store: ",
		`[`:                                                   "unexpected end of JSON input",
	} {
		got, err := configuredStore([]byte(config))
		if err != nil {
			if want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", config, err, want)
			}
			continue
		}
		if got.Path != want {
			t.Errorf("%s: the path is %q, want %q", config, got.Path, want)
		}
	}
	if _, err := runStore(t, http.StatusOK, "", "restore", "x"); err == nil || !strings.Contains(err.Error(), "path config") {
		t.Errorf("a restore to nowhere: %v", err)
	}
}
