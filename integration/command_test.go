package integration

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// commandConfig has a connector that works, one whose target is down, and one that keeps its example's word.
const commandConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		store badger {
			path {{folder}}/store
		}
		secret KEY {env.KEY} "the target's key"
	}
}
http://{{site}} {
	krosyn {
		connector orders {
			auth none
			example ` + "`" + `{"id": 7, "name": "Jane"}` + "`" + `
			expect trigger true
			expect field text "Order 7 of Jane"
			expect url {{perform}}/orders/[REDACTED]
			trigger $payload.id
			perform POST {{perform}}/orders/$secret.KEY {
				field text "Order $payload.id of $payload.name"
			}
		}
		connector down {
			auth none
			perform POST {{down}}/down
		}
	}
}
`

// krosyn runs a command of the gateway and gives its output, what it said beside it and its exit code.
func (g *gateway) krosyn(args ...string) (out, said string, code int) {
	g.t.Helper()
	cmd := g.command(append([]string{"krosyn"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text), stderr.String(), exit.ExitCode()
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text), stderr.String(), 0
}

// TestCommands looks after a gateway with nothing but the command line.
func TestCommands(t *testing.T) {
	to := newTarget(t)
	down := "http://" + freeAddress(t)
	config := strings.NewReplacer("{{perform}}", to.URL, "{{down}}", down).Replace(commandConfig)
	g := start(t, config, "KEY=the-key-of-the-target", "NO_COLOR=1")
	const trigger = "/api/v1/connectors/"
	g.post(trigger+"orders/trigger", `{"id":1,"name":"\u001b[31mred"}`)
	g.post(trigger+"orders/trigger", `{"id":0}`)
	failed, _ := g.post(trigger+"down/trigger", `{"id":2}`).json("event_id").(string)

	at := func(args ...string) []string { return append(args, "--address", g.admin) }
	for _, row := range []struct {
		args []string
		code int
		// parts are what it prints, or says, in that order.
		parts []string
	}{
		{at("events", "list"), 0, []string{"ID  ", "down", "failed", "orders", "skipped", "orders", "completed", "200"}},
		{at("events", "list", "--status", "pending"), 1, []string{"No events."}},
		{at("events", "list", "--status", "lost"), 2, []string{`status "lost" is none of`, "--help"}},
		{at("events", "list", "--json", "--limit", "1"), 0, []string{`{"events":[{"id":"` + failed, `"next_cursor":"`}},
		{at("events", "show", failed), 0, []string{"Status      failed", "connection refused", "Attempts", "1  "}},
		{at("events", "show", "nothing"), 1, []string{"Event not found"}},
		{at("events", "retry", failed), 1, []string{"failed", "connection refused"}},
		{at("events", "retry", "--connector", "down", "--dry-run"), 0, []string{"1 failed event would be retried."}},
		{at("events", "retry", "--connector", "orders", "--dry-run"), 1, []string{"No failed event is selected."}},
		{at("events", "retry", "--connector", "down"), 2, []string{"say --yes"}},
		{at("events", "retry", "--connector", "down", "--yes", "--reason", "a test"), 1, []string{"is done: 1 of 1 event retried, 1 of them failed"}},
		{at("jobs", "list"), 0, []string{"done", "1"}},
		{at("events", "tail", "--since", "1h", "--status", "completed", "--limit", "1"), 0, []string{"completed", "orders  200"}},
		{at("events", "export", "--format", "csv", "--status", "skipped"), 0, []string{"id,connector", "skipped", "Exported 1 event, "}},
		{at("connectors", "list"), 0, []string{"down", "enabled", "orders", "enabled"}},
		{at("connectors", "show", "orders"), 0, []string{"State       enabled", "$secret.KEY"}},
		{at("connectors", "show", "nobody"), 1, []string{"Connector not found"}},
		{at("connectors", "test", "orders"), 0, []string{"nothing was sent", "Order 7 of Jane"}},
		{at("connectors", "disable", "orders", "--reason", "a test"), 0, []string{"Connector orders is disabled."}},
		{at("connectors", "list"), 0, []string{"orders", "disabled"}},
		{at("connectors", "enable", "orders"), 0, []string{"Connector orders is enabled."}},
		{at("audit", "list"), 0, []string{"connector.enable", "connector.disable", "a test", "events.retry"}},
		{at("rejections", "list"), 1, []string{"No rejections."}},
		{at("breakers", "list"), 0, []string{"CONNECTOR"}},
		{at("health"), 0, []string{"Status      ok", "badger", "0 pending"}},
		{at("tokens", "list"), 0, []string{"CONNECTOR"}},
		{[]string{"health", "--address", strings.TrimPrefix(down, "http://")}, 1, []string{"connection refused", "--address"}},
		{[]string{"version"}, 0, []string{"Krosyn Gateway", "Caddy           v2.", "Go              go1."}},
		{[]string{"events", "shw"}, 2, []string{"did you mean show?"}},
		{[]string{}, 0, []string{"Available Commands:", "check"}},
		{[]string{"check", "--config", "Caddyfile"}, 0, []string{"orders  ok", "/orders/[REDACTED]", "3 of 3 hold", "1 without an example"}},
	} {
		out, said, code := g.krosyn(row.args...)
		rest := out + said
		for _, part := range row.parts {
			var found bool
			if _, rest, found = strings.Cut(rest, part); !found {
				t.Errorf("%q prints no %q where it belongs:\n%s%s", row.args, part, out, said)
				break
			}
		}
		if code != row.code {
			t.Errorf("%q: exit %d, want %d:\n%s%s", row.args, code, row.code, out, said)
		}
		if strings.Contains(out+said, "\x1b") || strings.Contains(out+said, "the-key-of-the-target") {
			t.Errorf("%q prints what it must not:\n%q", row.args, out+said)
		}
	}
	if n := to.count("/orders/the-key-of-the-target"); n != 1 {
		t.Errorf("the target got %d requests", n)
	}
}

// TestCommandExport has an export be what the admin API gives, and break nothing that is there.
func TestCommandExport(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor(to.URL))
	for range 3 {
		g.post("/api/v1/connectors/orders/trigger", `{}`)
	}
	_, said, code := g.krosyn("events", "export", "--output", "events.ndjson", "--address", g.admin)
	if code != 0 || !strings.HasPrefix(said, "Exported 3 events, ") {
		t.Fatalf("exit %d, %s", code, said)
	}
	text, err := os.ReadFile(filepath.Join(g.folder, "events.ndjson"))
	if want := g.get("/krosyn/events/export"); err != nil || string(text) != want.text {
		t.Errorf("%v, exported %s, want %s", err, text, want.text)
	}
	if _, said, code := g.krosyn("events", "export", "--output", "events.ndjson", "--address", g.admin); code != 1 ||
		!strings.Contains(said, "choose another name") {
		t.Errorf("exit %d, %s", code, said)
	}
}

// TestCommandTail has a tail that was started before go on over a restart of the gateway.
func TestCommandTail(t *testing.T) {
	to := newTarget(t)
	g := start(t, bulkConfigFor(to.URL))
	tail := g.command("krosyn", "events", "tail", "--json", "--address", g.admin)
	var out, said logBuffer
	tail.Stdout, tail.Stderr = &out, &said
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = tail.Process.Kill()
		_ = tail.Wait()
	}()
	post := func() string {
		id, _ := g.post("/api/v1/connectors/orders/trigger", `{}`).json("event_id").(string)
		return id
	}
	g.wait("the first event of the tail", func() bool { return out.String() != "" || post() == "" })
	g.kill()
	g.wait("the tail to notice", func() bool { return strings.Contains(said.String(), "The connection is lost") })
	g.run(bulkConfigFor(to.URL))
	last := post()
	g.wait("the event after the restart", func() bool { return strings.Contains(out.String(), last) })
	seen := make(map[string]bool)
	for line := range strings.SplitSeq(strings.TrimSpace(out.String()), "\n") {
		id, _ := (&reply{text: line}).json("id").(string)
		if id == "" || seen[id] {
			t.Errorf("shown twice, or no event: %s", line)
		}
		seen[id] = true
	}
}

// TestCommandCheck fails for what does not hold, opens no store and sends nothing.
func TestCommandCheck(t *testing.T) {
	to := newTarget(t)
	config := strings.NewReplacer("{{perform}}", to.URL, "{{down}}", to.URL, "of Jane\"", "of Joe\"").Replace(commandConfig)
	g := newGateway(t, "KEY=the-key-of-the-target")
	g.write("wrong", config)
	out, said, code := g.krosyn("check", "--config", "wrong", "--adapter", "caddyfile")
	if code != 1 || !strings.Contains(out, "expect field text, at wrong:18\n    - expected Order 7 of Joe\n    + got      Order 7 of Jane\n") {
		t.Errorf("exit %d:\n%s%s", code, out, said)
	}
	out, _, code = g.krosyn("check", "--config", "wrong", "--adapter", "caddyfile", "--json")
	r := &reply{text: out}
	if code != 1 || r.json("ok") != false || r.json("connectors", 1, "expect", 1, "got") != "Order 7 of Jane" {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(g.folder, "store")); !os.IsNotExist(err) || len(to.received) != 0 {
		t.Errorf("the store: %v, %d requests", err, len(to.received))
	}
	g.env = []string{"KEY="}
	if _, said, code := g.krosyn("check", "--config", "wrong", "--adapter", "caddyfile"); code != 1 || !strings.Contains(said, "secret KEY") {
		t.Errorf("without the secret: exit %d, %s", code, said)
	}
	if _, said, code := g.krosyn("check"); code != 2 || !strings.Contains(said, "no Caddyfile here") {
		t.Errorf("without a configuration: exit %d, %s", code, said)
	}
}
