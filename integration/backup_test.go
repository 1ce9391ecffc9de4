package integration

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const backupConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		store badger {
			path           {{folder}}/events
			encryption_key {env.KEY}
		}
	}
}
http://{{site}} {
	krosyn {
		connector orders {
			auth none
			perform POST {{target}}/orders
		}
		connector once {
			auth none
			deduplicate {{backquote}}$request.headers["x-delivery"]{{backquote}} 24h
			perform POST {{target}}/once
		}
		connector later {
			auth none
			perform POST {{gate}}
			respond async
		}
	}
}
`

// TestBackup backs a gateway up while requests keep coming, and restores it elsewhere, with another key: every event
// that was acknowledged before is the same, what was pending is executed, and deliveries stay duplicates.
func TestBackup(t *testing.T) {
	to, gate := newTarget(t), newGate(t)
	config := strings.NewReplacer("{{target}}", to.URL, "{{gate}}", gate.URL, "{{backquote}}", "`").Replace(backupConfig)
	g := start(t, config, "KEY=000102030405060708090a0b0c0d0e0f")
	l := g.load(4)
	pending := []string{g.accepted("later", `{"n":1}`), g.accepted("later", `{"n":2}`)}
	first := g.post("/api/v1/connectors/once/trigger", "{}", "X-Delivery: 7")
	g.wait("some events", func() bool { return l.acknowledged() > 300 })
	before := l.acknowledged()

	file := filepath.Join(t.TempDir(), "krosyn.backup")
	backup := func(want string, args ...string) {
		t.Helper()
		out, err := g.command(append([]string{"krosyn", "store"}, args...)...).CombinedOutput()
		if !strings.Contains(string(out), want) || (err == nil) == strings.Contains(string(out), "Error") {
			t.Errorf("%s: %v\n%s\nand should say %q", args, err, out, want)
		}
	}
	backup("entries.", "backup", file, "--address", g.admin)
	backup("choose another name", "backup", file, "--address", g.admin)
	l.stop()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the backup is %v, %v", info, err)
	}
	backup("completed", "stats", "--address", g.admin)
	backup(`"pending":2`, "stats", "--json", "--address", g.admin)
	if r := send(t, http.MethodPost, "http://"+g.admin+"/krosyn/store", ""); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "GET" {
		t.Errorf("POST to the store: %d %s", r.status, r.text)
	}

	other := newGateway(t, "KEY=0f0e0d0c0b0a09080706050403020100")
	restore := func(want, file string) {
		t.Helper()
		out, err := other.command("krosyn", "store", "restore", file, "--config", other.write("Caddyfile", config)).CombinedOutput()
		if !strings.Contains(string(out), want) || (err == nil) == strings.Contains(string(out), "Error") {
			t.Errorf("restore %s: %v\n%s\nand should say %q", file, err, out, want)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.backup")
	if err := os.WriteFile(cut, content[:len(content)-1000], 0o600); err != nil {
		t.Fatal(err)
	}
	restore("the backup is cut short", cut)
	restore("it is no backup of the gateway", filepath.Join(other.folder, "Caddyfile"))
	restore("entries", file)
	restore("it is not empty", file)

	other.run(config)
	for _, id := range l.ids[:before] {
		is, was := other.get("/krosyn/events/"+id), g.get("/krosyn/events/"+id)
		if is.status != http.StatusOK || is.text != was.text {
			t.Fatalf("the event %s is %d %s\nand was %s", id, is.status, is.text, was.text)
		}
	}
	if again := other.post("/api/v1/connectors/once/trigger", "{}", "X-Delivery: 7"); again.json("duplicate") != true ||
		again.json("event_id") != first.json("event_id") {
		t.Errorf("the delivery again: %d %s", again.status, again.text)
	}
	g.kill()
	gate.open()
	for _, id := range pending {
		other.status(id, "completed")
	}
}
