package integration

import (
	"net/http"
	"strings"
	"testing"
)

const diskConfig = `
{
	admin {{admin}}
	auto_https off
	krosyn {
		store badger {
			path {{disk}}/events
			min_free 32MiB
		}
	}
}
http://{{site}} {
	krosyn {
		connector orders {
			auth none
			perform POST {{target}}/orders
		}
	}
}
`

// TestTwoProcesses starts a second gateway on the directory of a running one: it says why it does not start, and the
// first does not notice.
func TestTwoProcesses(t *testing.T) {
	to := newTarget(t)
	config := strings.NewReplacer("{{disk}}", t.TempDir(), "{{target}}", to.URL).Replace(diskConfig)
	first := start(t, config)
	second := newGateway(t)
	out, err := second.command("run", "--config", second.write("Caddyfile", config)).CombinedOutput()
	if err == nil {
		t.Errorf("the second gateway ran:\n%s", out)
	}
	for _, want := range []string{"/events", "another process has it open", "caddy reload", "give this one another path"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the second gateway does not say %q:\n%s", want, out)
		}
	}
	if r := first.post("/api/v1/connectors/orders/trigger", "{}"); r.status != http.StatusOK {
		t.Errorf("the first gateway answers %d %s", r.status, r.text)
	}
}
