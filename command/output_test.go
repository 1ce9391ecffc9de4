package command

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	_ "github.com/krosyn/gateway/caddyfile"
	_ "github.com/krosyn/gateway/store/badger"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/output/*.txt")

// fakeAPI answers as testdata/api has it: a file for each route, "METHOD path with _ for /.json", of which the first
// line may be a status. It notes what it was asked.
type fakeAPI struct {
	mu    sync.Mutex
	asked []string
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.URL.RequestURI()
	for _, header := range []string{"X-Krosyn-Reason", "Last-Event-ID"} {
		if value := r.Header.Get(header); value != "" {
			line += " " + header + ": " + value
		}
	}
	f.mu.Lock()
	f.asked = append(f.asked, strings.TrimSpace(line+" "+string(body)))
	f.mu.Unlock()
	name := r.Method + " " + strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/krosyn/"), "/", "_")
	if cursor := r.URL.Query().Get("cursor"); cursor != "" {
		name += " " + cursor
	}
	if bytes.Contains(body, []byte("dry_run")) {
		name += " dry_run"
	}
	answer, err := os.ReadFile(filepath.Join("testdata", "api", name+".json"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error":"testdata has no %s"}`, name)
		return
	}
	first, rest, _ := strings.Cut(string(answer), "\n")
	if status, err := strconv.Atoi(first); err == nil {
		w.WriteHeader(status)
		answer = []byte(rest)
	}
	_, _ = w.Write(answer)
}

// execute runs a command line below `caddy krosyn`, on a screen of so many columns, and gives its output, what it said
// beside it and its exit code.
func execute(ctx context.Context, columns int, colours bool, in string, args ...string) (out, said string, code int) {
	var stdout, stderr bytes.Buffer
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	root := &cobra.Command{Use: "caddy", SilenceUsage: true}
	krosyn := &cobra.Command{Use: "krosyn"}
	root.AddCommand(krosyn)
	build(krosyn)
	root.SetOut(&screen{Writer: &stdout, columns: columns, colours: colours, now: now})
	root.SetErr(&screen{Writer: &stderr, now: now})
	root.SetIn(strings.NewReader(in))
	root.SetArgs(append([]string{"krosyn"}, args...))
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		code = 0
	case err.Error() == "exiting with status 2":
		code = 2
	default:
		code = 1
	}
	return stdout.String(), stderr.String(), code
}

// TestOutput has a file for each command line: the line, a number of columns (0 is no terminal), a rule, and then what it
// prints, what it says beside that, what it asked the API and its exit code.
func TestOutput(t *testing.T) {
	const rule = "----------\n"
	files, err := filepath.Glob("testdata/output/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, want, ok := strings.Cut(string(content), rule)
			line, columns, cut := strings.Cut(strings.TrimSpace(head), "\n")
			width, err := strconv.Atoi(strings.TrimSuffix(columns, " colours"))
			if !ok || !cut || err != nil {
				t.Fatalf("%s has no command, columns and rule, %v", file, err)
			}
			api := &fakeAPI{}
			server := httptest.NewServer(api)
			defer server.Close()
			args := append(strings.Fields(line), "--address", strings.TrimPrefix(server.URL, "http://"))
			if slices.Contains([]string{"expr", "check", "version", "evnt"}, args[0]) {
				args = args[:len(args)-2]
			}
			out, said, code := execute(t.Context(), width, strings.HasSuffix(columns, "colours"), "", args...)
			got := out + rule + said + rule + strings.Join(append(api.asked, fmt.Sprint("exit ", code), ""), "\n")
			got = strings.ReplaceAll(got, "\x1b", "␛")
			isTable := strings.Contains(line, " list") && !strings.Contains(line, "--json")
			for row := range strings.SplitSeq(out, "\n") {
				if isTable && !strings.Contains(row, "\x1b") && width > 0 && cells(row) > width {
					t.Errorf("wider than %d columns: %s", width, row)
				}
			}
			if *update {
				if err := os.WriteFile(file, []byte(head+rule+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs from what is expected (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGatewayAway has a connection that cannot be made say where to look.
func TestGatewayAway(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(server.URL, "http://")
	server.Close()
	for _, args := range [][]string{{"events", "list"}, {"events", "tail"}, {"health"}, {"events", "export"}} {
		_, said, code := execute(t.Context(), 0, false, "", append(args, "--address", address)...)
		if code != 1 || !strings.Contains(said, "--address says where") {
			t.Errorf("%s: exit %d, %s", args, code, said)
		}
	}
}

// TestEveryCommandHelps has every command documented: what it does, and --json where it prints something.
func TestEveryCommandHelps(t *testing.T) {
	withoutJSON := map[string]bool{"events tail": true, "events export": true, "store backup": true, "store restore": true}
	root := &cobra.Command{Use: "krosyn"}
	build(root)
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short %q", path, cmd.Short)
		}
		if !cmd.HasSubCommands() && cmd.Flags().Lookup("json") == nil && !withoutJSON[path] {
			t.Errorf("%s has no --json", path)
		}
		for row := range strings.SplitSeq(cmd.Long, "\n") {
			if cells(row) > 80 {
				t.Errorf("%s: a line of its help is longer than 80 columns: %s", path, row)
			}
		}
		for _, below := range cmd.Commands() {
			visit(below, strings.TrimSpace(path+" "+below.Name()))
		}
	}
	for _, cmd := range root.Commands() {
		visit(cmd, cmd.Name())
	}
	if len(root.Commands()) < 12 {
		t.Errorf("%d commands", len(root.Commands()))
	}
}

// TestConfirm has a bulk retry wait for a yes where nobody can be asked.
func TestConfirm(t *testing.T) {
	api := &fakeAPI{}
	server := httptest.NewServer(api)
	defer server.Close()
	_, said, code := execute(t.Context(), 0, false, "y\n", "events", "retry", "--all", "--address",
		strings.TrimPrefix(server.URL, "http://"))
	if code != 2 || !strings.Contains(said, "say --yes") || len(api.asked) != 1 {
		t.Errorf("exit %d, %s, %q", code, said, api.asked)
	}
}

// TestExportBreaksOff has no file that is taken for a whole one.
func TestExportBreaksOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, `{"id":"a"}`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "events.ndjson")
	_, said, code := execute(t.Context(), 0, false, "", "events", "export", "--output", file, "--address",
		strings.TrimPrefix(server.URL, "http://"))
	if code != 1 || !strings.Contains(said, "the export broke off") {
		t.Errorf("exit %d, %s", code, said)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there, %v", err)
	}
}
