package krosyn_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// stopTakes is how long a stop takes beside grace_period: what app gives to asynchronous executions.
const stopTakes = 10 * time.Second

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// find is what a pattern's group matches in text.
func find(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile("(?m)" + pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no %s", pattern)
	}
	return found[1]
}

// TestDockerfile checks what an image must not get wrong: who it runs as, what it is built by, what is in it.
func TestDockerfile(t *testing.T) {
	file := read(t, "packaging/Dockerfile")
	if built, wanted := find(t, file, `^ARG GO_VERSION=(\S+)$`), find(t, read(t, "go.mod"), `^go (\S+)$`); built != wanted {
		t.Errorf("it is built by Go %s, go.mod wants %s", built, wanted)
	}
	_, final, _ := strings.Cut(file, "\nFROM scratch\n")
	for _, line := range []string{
		"USER 65532:65532", "VOLUME /data", "EXPOSE 80 443 443/udp", `ENTRYPOINT ["caddy"]`, "ENV XDG_DATA_HOME=/data \\",
	} {
		if !strings.Contains(final, line+"\n") {
			t.Errorf("the image lacks %s", line)
		}
	}
	if named := regexp.MustCompile(`(?mi)^(ARG|ENV) .*(secret|token|password|key)`).FindString(file); named != "" {
		t.Errorf("a secret in a layer: %s", named)
	}
	if sent := regexp.MustCompile(`(?m)^(ADD|COPY) (.*)$`).FindAllStringSubmatch(final, -1); len(sent) == 0 ||
		slices.ContainsFunc(sent, func(line []string) bool { return !strings.HasPrefix(line[2], "--from=build ") }) {
		t.Errorf("the image gets something from elsewhere than the build: %v", sent)
	}
	const linked = `-s -w -buildid= -X github.com/krosyn/gateway/command.release=`
	for _, path := range []string{"packaging/Dockerfile", "Makefile"} {
		text := strings.ReplaceAll(read(t, path), "\\\n", "")
		if !strings.Contains(text, linked+"$") || !strings.Contains(text, "-trimpath -buildvcs=false") {
			t.Errorf("%s does not build as a release is built", path)
		}
	}
	if !strings.Contains(read(t, "command/version.go"), "\nvar release string\n") {
		t.Error("the linker sets command.release, which there is not")
	}
}

// TestDockerignore finds everything that the binary is made of in what an image is built from.
func TestDockerignore(t *testing.T) {
	var left []string
	for line := range strings.Lines(read(t, ".dockerignore")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !strings.Contains(line, "*") {
			left = append(left, line)
		}
	}
	if !slices.Contains(left, ".git") || !slices.Contains(left, "krosyn-data") {
		t.Errorf("an image is built from more than the source: only %v is left out", left)
	}
	out, err := exec.Command("go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", "./cmd/caddy").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var room struct {
			Dir                 string
			Module              *struct{ Path string }
			GoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&room); err != nil {
			t.Fatal(err)
		}
		if room.Module == nil || room.Module.Path != module {
			continue
		}
		for _, file := range append(room.GoFiles, room.EmbedFiles...) {
			seen++
			path, err := filepath.Rel(root, filepath.Join(room.Dir, file))
			if top, _, _ := strings.Cut(filepath.ToSlash(path), "/"); err != nil || slices.Contains(left, top) {
				t.Errorf("%s is not in what an image is built from", path)
			}
		}
	}
	if seen == 0 {
		t.Error("nothing of the binary was found")
	}
}

// TestUnit checks the unit of systemd, by systemd itself where it is installed.
func TestUnit(t *testing.T) {
	const path = "packaging/systemd/krosyn.service"
	unit := read(t, path)
	for _, line := range []string{
		"Type=notify", "DynamicUser=yes", "StateDirectory=krosyn", "NoNewPrivileges=yes", "ProtectSystem=strict",
		"AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "Restart=on-failure",
		"SystemCallFilter=@system-service", "LimitNOFILE=1048576", "LoadCredential=secret:/etc/krosyn/secrets",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	if find(t, unit, `^Environment=.*XDG_DATA_HOME=(\S+)`) != "/var/lib/"+find(t, unit, `^StateDirectory=(\S+)`) {
		t.Error("the store is not in the folder that the unit may write")
	}
	grace, err := time.ParseDuration(find(t, read(t, "docs/install.md"), `^\tgrace_period (\S+)$`))
	if stop, wrong := time.ParseDuration(find(t, unit, `^TimeoutStopSec=(\S+)$`)); err != nil || wrong != nil || stop <= grace+stopTakes {
		t.Errorf("systemd waits %s for a stop that may take %s (%v, %v)", stop, grace+stopTakes, err, wrong)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not installed: the unit is not verified by systemd")
		return
	}
	// It wants to see the command.
	copied := filepath.Join(t.TempDir(), "krosyn.service")
	if err := os.WriteFile(copied, []byte(strings.ReplaceAll(unit, "/usr/local/bin/caddy", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", copied).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd finds: %v\n%s", err, out)
	}
	// The exposure in tenths; without any of the hardening it is 96.
	if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", copied).CombinedOutput(); err != nil {
		t.Errorf("the unit is more exposed than 2.0 of 10: %v\n%s", err, out)
	}
}
