package verifier_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/krosyn/gateway"
)

// public is the address that senders know, target where the connectors of the page send to.
const (
	public = "https://hooks.example.com"
	target = "https://app.example.net"
)

// TestSendersPage runs every connector of docs/senders.md, in one gateway.
func TestSendersPage(t *testing.T) {
	connectors := connectorsOf(t)
	received := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.URL.Path
	}))
	defer receiver.Close()
	site := run(t, connectors, receiver.URL)

	for name := range connectors {
		t.Run(name, func(t *testing.T) {
			d, ok := deliveries[name]
			if !ok {
				t.Fatalf("no delivery is known for the connector %s", name)
			}
			path := "/api/v1/connectors/" + name + "/trigger"
			body, header := d.signed(name, path)
			if !d.trusting {
				expect(t, post(t, site+path, body+" ", header), http.StatusUnauthorized, `{"error":"Invalid webhook signature"}`)
				expect(t, post(t, site+path, body, header[:1]), http.StatusUnauthorized, `{"error":"Invalid webhook signature"}`)
			}
			first := post(t, site+path, body, header)
			if first.status != http.StatusOK || len(received) == 0 {
				t.Fatalf("a genuine delivery is answered %d %s", first.status, first.text)
			}
			<-received
			again := post(t, site+path, body, header)
			if duplicate := strings.Contains(again.text, `"duplicate":true`); duplicate != d.again {
				t.Errorf("the same delivery again is answered %d %s", again.status, again.text)
			}
			if len(received) > 0 {
				<-received
			}
			if h, ok := handshakes[name]; ok {
				method, query, _ := strings.Cut(h.request, " ")
				expect(t, send(t, method, site+path+query, "", h.header), http.StatusOK, h.want)
			}
		})
	}
	for name := range deliveries {
		if connectors[name] == "" {
			t.Errorf("the page has no connector %s", name)
		}
	}
}

// connectorsOf are the connectors of the page, by name.
func connectorsOf(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../docs/senders.md")
	if err != nil {
		t.Fatal(err)
	}
	connectors := make(map[string]string)
	for _, found := range regexp.MustCompile("(?s)```caddyfile\n(connector (\\S+) .*?)```").FindAllSubmatch(page, -1) {
		connectors[string(found[2])] = string(found[1])
	}
	if len(connectors) == 0 {
		t.Fatal("the page has no connectors")
	}
	return connectors
}

// run starts a gateway with the connectors, which send to receiver, and gives its address.
func run(t *testing.T, connectors map[string]string, receiver string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	site := "http://" + listener.Addr().String()
	listener.Close()
	var all strings.Builder
	for _, connector := range connectors {
		all.WriteString(strings.ReplaceAll(connector, target, receiver))
	}
	for _, variable := range regexp.MustCompile(`\{env\.(\w+)\}`).FindAllStringSubmatch(all.String(), -1) {
		t.Setenv(variable[1], secret)
	}
	t.Setenv("GRAPH_CLIENT_STATE", secret)
	t.Setenv("DISCORD_PUBLIC_KEY", hex.EncodeToString(private.Public().(ed25519.PublicKey)))
	source := fmt.Sprintf(`{
		admin off
		persist_config off
		auto_https off
		krosyn {
			store badger {
				path %s
			}
			secret GRAPH_CLIENT_STATE {env.GRAPH_CLIENT_STATE}
		}
	}
	%s {
		log {
			output discard
		}
		krosyn {
			%s
		}
	}`, t.TempDir(), site, all.String())
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(source), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return site
}

// signed is the delivery as it is sent now: its body, and header lines of which the first has no signature.
func (d delivery) signed(name, path string) (body string, header []string) {
	timestamp := fmt.Sprint(time.Now().Unix())
	body = strings.NewReplacer("TIME", timestamp, "SIGNATURE", hexOf(timestamp+"t")).Replace(d.body)
	stamp := timestamp
	if name == "zendesk" {
		stamp = time.Now().UTC().Format(time.RFC3339)
	}
	contentType := "Content-Type: application/json"
	if d.form {
		contentType = "Content-Type: application/x-www-form-urlencoded"
	}
	return body, append([]string{contentType}, d.sign(public+path, stamp, body)...)
}

// reply is an answer with its body read.
type reply struct {
	status int
	text   string
}

func expect(t *testing.T, got reply, status int, text string) {
	t.Helper()
	if got.status != status || strings.TrimSpace(got.text) != text {
		t.Errorf("answer is %d %s, want %d %s", got.status, got.text, status, text)
	}
}

func post(t *testing.T, url, body string, header []string) reply {
	t.Helper()
	return send(t, http.MethodPost, url, body, header)
}

func send(t *testing.T, method, url, body string, header []string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, string(text)}
}
