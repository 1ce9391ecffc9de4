package integration

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestExample runs examples/Caddyfile as the README says, at free ports.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../examples/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	order, err := os.ReadFile("../examples/order.json")
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(t)
	config := strings.NewReplacer("localhost:2019", "{{admin}}", "localhost:8080", "{{site}}", "localhost:8081", freeAddress(t),
		"localhost:8082", freeAddress(t)).Replace(string(text))
	g.write("order.json", string(order))
	g.run(config)

	r := g.post("/api/v1/connectors/orders/trigger", string(order), "Authorization: Bearer demo-token-change-me")
	if r.status != http.StatusOK || r.json("status") != "completed" {
		t.Fatalf("%d %s", r.status, r.text)
	}
	e := g.event(r)
	if e.json("outbound", "body", "text") != "New order ORD-12345 from Jane Doe" || e.json("outbound", "body", "meta", "total") != 59.4 ||
		e.json("response", "body", "ok") != true {
		t.Errorf("the event: %s", e.text)
	}
	failed := g.post("/api/v1/connectors/archive/trigger", string(order), "Authorization: Bearer demo-token-change-me")
	if failed.status != http.StatusBadGateway {
		t.Errorf("archive: %d %s", failed.status, failed.text)
	}
	if r := g.get("/krosyn/events?status=failed"); r.json("events", 0, "id") != failed.json("event_id") {
		t.Errorf("failed events: %s", r.text)
	}
	id, _ := failed.json("event_id").(string)
	again := send(t, http.MethodPost, "http://"+g.admin+"/krosyn/events/"+id+"/retry", "")
	if again.status != http.StatusCreated || again.json("retry_of") != id {
		t.Errorf("retry: %d %s", again.status, again.text)
	}
	if warned := g.log.String(); strings.Contains(warned, `"level":"error"`) || strings.Contains(warned, "example lacks") {
		t.Errorf("the example's log has complaints:\n%s", warned)
	}
}

// TestModules finds every module in the built binary.
func TestModules(t *testing.T) {
	out, err := exec.Command(binary, "list-modules").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"krosyn", "http.handlers.krosyn", "krosyn.stores.badger", "admin.api.krosyn"} {
		if !strings.Contains(string(out), "\n"+module+"\n") {
			t.Errorf("the binary lacks %s", module)
		}
	}
}

// TestExpressionCommand evaluates offline.
func TestExpressionCommand(t *testing.T) {
	g := newGateway(t)
	g.write("payload.json", `{"a":"x","n":12345678901234567890}`)
	for _, row := range []struct {
		args []string
		out  string
	}{
		{[]string{"uppercase($payload.a)", "--payload", "payload.json"}, "\"X\"\n"},
		{[]string{"--value", "n is $payload.n", "--payload", "payload.json"}, "\"n is 12345678901234567890\"\n"},
		{[]string{"$payload.n", "--payload", "payload.json", "--json"}, "{\"result\":12345678901234567890,\"type\":\"number\"}\n"},
	} {
		out, err := g.command(append([]string{"krosyn", "expr"}, row.args...)...).Output()
		if err != nil || string(out) != row.out {
			t.Errorf("%q: %q %v, want %q", row.args, out, err, row.out)
		}
	}
	out, err := g.command("krosyn", "expr", "1 + uppercas(1)").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Unknown function: uppercas") || !strings.Contains(string(out), "\n      ^") {
		t.Errorf("a faulty expression: %v\n%s", err, out)
	}
	if out, err := g.command("krosyn", "expr", "1", "--payload", "nowhere.json").CombinedOutput(); err == nil || !strings.Contains(string(out), "nowhere.json") {
		t.Errorf("a missing file: %v\n%s", err, out)
	}
}
