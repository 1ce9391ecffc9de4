// Package integration runs the gateway as its users do: the built binary as a process of its own, a Caddyfile, HTTP on
// loopback. It has no code but tests.
package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// binary is the built Caddy, made once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if tool := calledAs(os.Args[0]); tool != nil {
		return tool(os.Args[1:])
	}
	folder, err := os.MkdirTemp("", "krosyn-integration-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "caddy")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags",
		"-X github.com/krosyn/gateway/command.release=v1.0.0", "-o", binary, "../cmd/caddy")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building cmd/caddy:", err)
		return 1
	}
	return m.Run()
}

// gateway is a running Caddy. Its folder has the store, the configuration and everything else that it writes.
type gateway struct {
	t      *testing.T
	folder string
	site   string
	admin  string
	env    []string
	log    *logBuffer
	cmd    *exec.Cmd
	done   chan struct{}
}

// newGateway prepares a gateway without starting it. In configurations, {{site}} and {{admin}} are its addresses (host
// and port), {{folder}} is its folder.
func newGateway(t *testing.T, env ...string) *gateway {
	t.Helper()
	g := &gateway{t: t, folder: t.TempDir(), site: freeAddress(t), admin: freeAddress(t), env: env, log: &logBuffer{}}
	t.Cleanup(g.stop)
	return g
}

// start runs a configuration and returns when the gateway serves it.
func start(t *testing.T, config string, env ...string) *gateway {
	t.Helper()
	g := newGateway(t, env...)
	g.run(config)
	return g
}

// run starts the process with a configuration and waits until it serves.
func (g *gateway) run(config string) {
	g.t.Helper()
	g.launch(g.command("run", "--config", g.write("Caddyfile", config)))
}

// launch starts the process and waits until it serves.
func (g *gateway) launch(cmd *exec.Cmd) {
	g.t.Helper()
	g.cmd = cmd
	g.cmd.Stdout, g.cmd.Stderr = g.log, g.log
	g.done = make(chan struct{})
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	go func() {
		defer close(g.done)
		_ = g.cmd.Wait()
	}()
	g.wait("the gateway to serve", func() bool {
		select {
		case <-g.done:
			g.t.Fatalf("the gateway has ended:\n%s", g.log.String())
		default:
		}
		return answers("http://"+g.admin+"/config/") && answers("http://"+g.site+"/")
	})
}

// command is a call of the binary in the gateway's own environment.
func (g *gateway) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir = g.folder
	cmd.Env = append([]string{
		"HOME=" + g.folder, "XDG_DATA_HOME=" + g.folder + "/data", "XDG_CONFIG_HOME=" + g.folder + "/config",
		"PATH=" + os.Getenv("PATH"),
	}, g.env...)
	return cmd
}

// write fills in a configuration and writes it into the gateway's folder.
func (g *gateway) write(name, config string) string {
	g.t.Helper()
	path := filepath.Join(g.folder, name)
	text := strings.NewReplacer("{{site}}", g.site, "{{admin}}", g.admin, "{{folder}}", g.folder).Replace(config)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
	return path
}

// reload has the running gateway load another configuration; it gives the command's output.
func (g *gateway) reload(config string) (string, error) {
	g.t.Helper()
	out, err := g.command("reload", "--config", g.write("Caddyfile", config), "--address", g.admin).CombinedOutput()
	g.reloaded()
	return string(out), err
}

// reloaded waits until the servers of the configuration before take no connection any more. A reload ends a moment
// earlier, and net/http closes a connection unanswered that such a server accepts and reads when it is told to end.
func (g *gateway) reloaded() {
	g.t.Helper()
	// They have closed these too, of which this side may not have heard: a POST on one would fail.
	defer client.CloseIdleConnections()
	g.wait("the servers of before to stop listening", func() bool {
		return listeners(g.site) <= 1 && listeners(g.admin) <= 1
	})
}

// listeners counts the sockets that listen on the port of an address: two in a reload, because Caddy shares ports. It
// knows only what Linux tells; elsewhere it is 0.
func listeners(address string) int {
	_, port, _ := strings.Cut(address, ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	listening := regexp.MustCompile(fmt.Sprintf(`(?m)^ *\d+: [0-9A-F]+:%04X [0-9A-F:]+ 0A `, number))
	count := 0
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table)
		count += len(listening.FindAll(text, -1))
	}
	return count
}

// stop ends the process as an operator would, and fails the test when it does not end.
func (g *gateway) stop() {
	if g.cmd == nil || g.cmd.Process == nil {
		return
	}
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.done:
	case <-time.After(30 * time.Second):
		_ = g.cmd.Process.Kill()
		g.t.Errorf("the gateway did not stop:\n%s", g.log.String())
	}
	g.cmd = nil
}

// kill ends the process at once, as a crash does.
func (g *gateway) kill() {
	_ = g.cmd.Process.Kill()
	<-g.done
	g.cmd = nil
}

// wait polls until something holds.
func (g *gateway) wait(what string, holds func() bool) {
	g.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); {
		if holds() {
			return
		}
		pause, cancel := context.WithTimeout(g.t.Context(), 20*time.Millisecond)
		<-pause.Done()
		cancel()
	}
	g.t.Fatalf("waited in vain for %s; the log:\n%s", what, g.log.String())
}

func answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil
}

// lastPort is the last one that freeAddress tried. They are below those that systems give to whoever asks for any port,
// so that no other test takes one before it is used, or while nobody is to listen there.
var lastPort atomic.Int32

// freeAddress is a loopback address that nobody listens on, and another each time.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, many = 20_000, 12_000
	lastPort.CompareAndSwap(0, rand.Int32N(many)) // other processes run these tests, too
	for range many {
		address := fmt.Sprint("127.0.0.1:", first+lastPort.Add(1)%many)
		if listener, err := net.Listen("tcp", address); err == nil {
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatalf("no port from %d to %d is free", first, first+many)
	return ""
}

// reply is an answer with its body read.
type reply struct {
	status int
	header http.Header
	text   string
}

// json is a member of the body, found by a path of names and indexes.
func (r *reply) json(path ...any) any {
	var body any
	if err := json.Unmarshal([]byte(r.text), &body); err != nil {
		return fmt.Sprintf("not JSON: %s", r.text)
	}
	for _, step := range path {
		switch at := body.(type) {
		case map[string]any:
			name, _ := step.(string)
			body = at[name]
		case []any:
			i, ok := step.(int)
			if !ok || i >= len(at) {
				return nil
			}
			body = at[i]
		default:
			return nil
		}
	}
	return body
}

// send makes a request; headers are "Name: value".
func send(t testing.TB, method, url, body string, headers ...string) *reply {
	t.Helper()
	r, err := try(method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(method, url, body string, headers ...string) (*reply, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ": ")
		if !ok {
			return nil, errors.New("a header is written Name: value")
		}
		req.Header.Add(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return &reply{resp.StatusCode, resp.Header, string(text)}, err
}

// client does not follow redirects and waits for slow answers, but not for ever.
var client = &http.Client{
	Timeout:       60 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// post sends JSON to a path of the gateway's site.
func (g *gateway) post(path, body string, headers ...string) *reply {
	g.t.Helper()
	return send(g.t, http.MethodPost, "http://"+g.site+path, body, append([]string{"Content-Type: application/json"}, headers...)...)
}

// get asks the admin API.
func (g *gateway) get(path string) *reply {
	g.t.Helper()
	return send(g.t, http.MethodGet, "http://"+g.admin+path, "")
}

// event is a stored event, found by the id in an answer.
func (g *gateway) event(of *reply) *reply {
	g.t.Helper()
	id, _ := of.json("event_id").(string)
	if id == "" || id != of.header.Get("X-Krosyn-Event-Id") {
		g.t.Fatalf("no event id in %d %s (header %q)", of.status, of.text, of.header.Get("X-Krosyn-Event-Id"))
	}
	found := g.get("/krosyn/events/" + id)
	if found.status != http.StatusOK {
		g.t.Fatalf("event %s: %d %s", id, found.status, found.text)
	}
	return found
}

// logBuffer keeps what a process prints.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
