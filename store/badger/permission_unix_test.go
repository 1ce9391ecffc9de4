//go:build linux || darwin

package badger

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// TestOpenPermissions opens stores as a user whom permissions bind, in a process of its own.
func TestOpenPermissions(t *testing.T) {
	program := os.Args[0]
	if os.Geteuid() == 0 {
		program = publicProgram(t)
	}
	for _, test := range []struct {
		name, file string
		mode       os.FileMode
		want       string
	}{
		{"a directory that cannot be entered", "", 0, "let the user that runs Caddy read it"},
		{"a directory that cannot be written", "", 0o500, "permission denied"},
		{"a manifest that cannot be written", badgerdb.ManifestFilename, 0o400, "give the directory to the user that runs Caddy"},
		{"a table that cannot be read", "000001.sst", 0, "give the directory to the user that runs Caddy"},
		{"a value log that cannot be read", "000001.vlog", 0, "give the directory to the user that runs Caddy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config{path: filepath.Join(t.TempDir(), "store"), minFree: leastMinFree}
			fill(t, c)
			child := exec.Command(program)
			child.Env = append(os.Environ(), openPath+"="+c.path)
			if os.Geteuid() == 0 {
				disown(t, child, c.path)
			}
			path := filepath.Join(c.path, test.file)
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
			output, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			for _, want := range []string{"open the store in " + c.path, test.want, "permission denied"} {
				if !strings.Contains(string(output), want) {
					t.Errorf("it says %s\nand should say %s", output, want)
				}
			}
		})
	}
}

// disown gives a directory to another user than root, and has a process run as that one.
func disown(t *testing.T, child *exec.Cmd, path string) {
	t.Helper()
	const nobody = 65534
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	for _, name := range append(files(t, path, "*"), path) {
		if err := os.Chown(name, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	// Root has made the directories above for itself alone.
	for _, above := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// publicProgram is a copy of the program of this test that another user can run.
func publicProgram(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	program := filepath.Join(directory, "program")
	for _, above := range []string{directory, filepath.Dir(directory)} {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(program, read(t, os.Args[0]), 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}
