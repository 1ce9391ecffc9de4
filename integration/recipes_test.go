package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// recipeSecret is every secret and every token of the page.
const recipeSecret = "dGhlIHNlY3JldCBvZiBhIHNlbmRlcg=="

// recipe is what a section of docs/recipes.md is tried with.
type recipe struct {
	// path is where the sender posts to, header what it sends beside the body.
	path, body string
	header     func(body string) []string
	// status is what the sender is answered.
	status int
	// answers are what targets answer, by host and path; every other answer is a small JSON document.
	answers map[string]string
	// sent is what a target gets, by host and path: JSON.
	sent map[string]string
	// ignored is a body that is taken, and after which nothing is sent.
	ignored string
	// also is tried at the end.
	also func(t *testing.T, g *gateway, to *target)
}

var recipes = map[string]recipe{
	"GitHub to Slack": {
		path: "/api/v1/connectors/pull-requests/trigger", status: http.StatusAccepted,
		body: `{"action":"opened","pull_request":{"title":"Fix it","html_url":"https://github.com/a/b/pull/1",` +
			`"user":{"login":"jane"}}}`,
		header: github("pull_request"),
		sent: map[string]string{"/hooks.slack.com/services/" + recipeSecret: `{"text":"jane opened ` +
			`<https://github.com/a/b/pull/1|Fix it>"}`},
		ignored: `{"action":"closed"}`,
	},
	"Stripe to a CRM, with a lookup": {
		path: "/api/v1/connectors/payments/trigger", status: http.StatusAccepted,
		body: `{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"amount_total":123450,"currency":"eur",` +
			`"customer_details":{"email":"jane@example.com"}}}}`,
		header: func(body string) []string {
			at := fmt.Sprint(time.Now().Unix())
			return []string{"Stripe-Signature: t=" + at + ",v1=" + hex.EncodeToString(digest(at+"."+body))}
		},
		answers: map[string]string{"/crm.example.com/v1/contacts/by-email/jane@example.com": `{"id":"c-7"}`},
		sent:    map[string]string{"/crm.example.com/v1/contacts/c-7/notes": `{"text":"Paid 1,234.50 EUR"}`},
		ignored: `{"id":"evt_2","type":"invoice.paid"}`,
	},
	"Shopify to an ERP, asynchronously": {
		path: "/api/v1/connectors/orders/trigger", status: http.StatusAccepted,
		body: `{"id":820982911946154508,"order_number":1001,"customer":{"id":7},` +
			`"line_items":[{"sku":"A-1","quantity":2,"price":"9.99"}]}`,
		header: func(body string) []string {
			return []string{
				"X-Shopify-Hmac-Sha256: " + base64.StdEncoding.EncodeToString(digest(body)),
				"X-Shopify-Topic: orders/create", "X-Shopify-Event-Id: 1",
			}
		},
		answers: map[string]string{"/auth.example.com/oauth/token": `{"access_token":"abcdefgh12345678","token_type":"Bearer"}`},
		sent: map[string]string{
			"/erp.example.com/orders/820982911946154508": `{"number":1001,"customer":7,"lines":[{"sku":"A-1","quantity":2}]}`,
		},
		also: func(t *testing.T, _ *gateway, to *target) {
			got := to.last(t, "/erp.example.com/orders/820982911946154508")
			if got.method != http.MethodPut || got.header.Get("Authorization") != "Bearer abcdefgh12345678" {
				t.Errorf("the ERP got %s %v", got.method, got.header)
			}
		},
	},
	"A form to a sheet": {
		path: "/contact", status: http.StatusAccepted,
		body: "name=+Jane+Doe&email=Jane%40Example.com&message=Hello&website=",
		header: func(string) []string {
			return []string{"Content-Type: application/x-www-form-urlencoded", "Origin: https://www.example.com"}
		},
		sent: map[string]string{"/api.airtable.com/v0/appExample/Requests": `{"records":[{"fields":` +
			`{"Name":"Jane Doe","Email":"jane@example.com","Message":"Hello"}}]}`},
		ignored: "name=Robot&email=r%40example.com&message=Buy&website=https%3A%2F%2Fspam.example",
		also: func(t *testing.T, g *gateway, _ *target) {
			r := send(t, http.MethodPost, "http://"+g.site+"/contact", "email=a%40b.example",
				"Content-Type: application/x-www-form-urlencoded", "Origin: https://elsewhere.example")
			if r.status != http.StatusForbidden {
				t.Errorf("another origin is answered %d %s", r.status, r.text)
			}
		},
	},
	"Fan-out": {
		path: "/api/v1/connectors/push-to-build/trigger", status: http.StatusAccepted,
		body:    `{"ref":"refs/heads/main","after":"abc123","pusher":{"name":"jane"}}`,
		header:  github("push"),
		sent:    map[string]string{"/build.example.com/jobs": `{"commit":"abc123"}`},
		ignored: "",
		also: func(t *testing.T, g *gateway, to *target) {
			body := `{"ref":"refs/heads/main","after":"abc123","pusher":{"name":"jane"}}`
			g.post("/api/v1/connectors/push-to-chat/trigger", body, github("push")(body)...)
			path := "/hooks.slack.com/services/" + recipeSecret
			g.wait("the chat's message", func() bool { return to.count(path) > 0 })
			sameJSON(t, to.last(t, path).body, `{"text":"jane pushed to refs/heads/main"}`)
		},
	},
	"In front of a service": {
		path: "/webhooks/billing/trigger", status: http.StatusAccepted,
		body: `{"event_id":"evt_1", "event_type":"transaction.completed"}`,
		header: func(body string) []string {
			at := fmt.Sprint(time.Now().Unix())
			return []string{"Paddle-Signature: ts=" + at + ";h1=" + hex.EncodeToString(digest(at+":"+body))}
		},
		sent: map[string]string{"/internal/billing": `{"event_id":"evt_1", "event_type":"transaction.completed"}`},
		also: func(t *testing.T, g *gateway, to *target) {
			got := to.last(t, "/internal/billing")
			signed := got.header.Get("Webhook-Id") + "." + got.header.Get("Webhook-Timestamp") + "." + got.body
			key, _ := base64.StdEncoding.DecodeString(recipeSecret)
			m := hmac.New(sha256.New, key)
			io.WriteString(m, signed)
			if want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); got.header.Get("Webhook-Signature") != want {
				t.Errorf("the service got the signature %q, want %q", got.header.Get("Webhook-Signature"), want)
			}
			if r := send(t, http.MethodGet, "http://"+g.site+"/users/1", ""); r.json("name") != "Jane" {
				t.Errorf("the service behind answers %d %s", r.status, r.text)
			}
			if r := send(t, http.MethodPost, "http://"+g.site+"/internal/billing", "{}"); r.status != http.StatusNotFound {
				t.Errorf("what is internal answers %d %s", r.status, r.text)
			}
		},
	},
	"A schedule": {
		path: "/api/v1/connectors/morning-report/trigger", status: http.StatusAccepted,
		header: func(string) []string {
			return []string{"Authorization: Bearer " + recipeSecret, "Content-Type: application/x-www-form-urlencoded"}
		},
		answers: map[string]string{"/stats.example.com/v1/yesterday": `{"orders":12,"revenue":345.5}`},
		sent:    map[string]string{"/chat.example.com/messages": `{"text":"Yesterday: 12 orders, 345.5 EUR"}`},
	},
	"A pager": {
		path: "/api/v1/connectors/payments/trigger", status: http.StatusBadGateway,
		body:   `{"amount":7}`,
		header: func(string) []string { return []string{"Authorization: Bearer " + recipeSecret} },
		sent: map[string]string{
			"/ledger.example.com/entries": `{"amount":7}`,
			"/events.pagerduty.com/v2/enqueue": `{"routing_key":"` + recipeSecret + `","event_action":"trigger",` +
				`"dedup_key":"krosyn-failed-payments","payload":{"summary":"An event of payments failed: ` +
				`Perform request failed after 1 attempts","source":"krosyn","severity":"error"}}`,
		},
	},
}

// TestRecipes runs every Caddyfile of docs/recipes.md.
//
// It is changed where it names what is not on this machine: the site listens on loopback, and every https address that a
// request is sent to becomes a path of the test's target, beginning with the host: https://api.example.com/in is
// http://127.0.0.1:PORT/api.example.com/in.
func TestRecipes(t *testing.T) {
	page, err := os.ReadFile("../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		_, after, _ := strings.Cut(section, "```caddyfile\n")
		config, _, closed := strings.Cut(after, "```")
		found[title] = true
		t.Run(title, func(t *testing.T) {
			r, known := recipes[title]
			if !known || !closed {
				t.Fatal("the section is not tried, or has no Caddyfile")
			}
			r.try(t, config)
		})
	}
	for title := range recipes {
		if !found[title] {
			t.Errorf("the page has no %q", title)
		}
	}
}

func (r *recipe) try(t *testing.T, config string) {
	to := &target{}
	to.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if answer, ok := r.answers[request.URL.Path]; ok {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
			return
		}
		to.ServeHTTP(w, request)
	}))
	t.Cleanup(to.Close)
	var env []string
	for _, variable := range regexp.MustCompile(`\{env\.(\w+)\}`).FindAllStringSubmatch(config, -1) {
		env = append(env, variable[1]+"="+recipeSecret)
	}
	g := start(t, onThisMachine(config, to.URL), env...)

	first := r.send(t, g, r.body)
	if first.status != r.status {
		t.Fatalf("the sender is answered %d %s", first.status, first.text)
	}
	for path, want := range r.sent {
		g.wait("a request to "+path, func() bool { return to.count(path) > 0 })
		sameJSON(t, to.last(t, path).body, want)
	}
	if r.ignored != "" {
		ignored := r.send(t, g, r.ignored)
		id, _ := ignored.json("event_id").(string)
		g.wait("an event that is skipped", func() bool { return g.get("/krosyn/events/"+id).json("status") == "skipped" })
	}
	if r.also != nil {
		r.also(t, g, to)
	}
	for path := range r.sent {
		if n := to.count(path); n != 1 {
			t.Errorf("%d requests to %s", n, path)
		}
	}
}

func (r *recipe) send(t *testing.T, g *gateway, body string) *reply {
	t.Helper()
	header := r.header(body)
	if !strings.Contains(strings.Join(header, "\n"), "Content-Type: ") {
		header = append(header, "Content-Type: application/json")
	}
	return send(t, http.MethodPost, "http://"+g.site+r.path, body, header...)
}

// onThisMachine is a recipe's Caddyfile with the addresses of this machine.
func onThisMachine(config, target string) string {
	options := "{\n\tadmin {{admin}}\n\tauto_https off\n"
	if own, ok := strings.CutPrefix(config, "{\n"); ok {
		config = options + own
	} else {
		config = options + "}\n" + config
	}
	config = regexp.MustCompile(`(?m)^(hooks|api)\.example\.com \{$`).ReplaceAllString(config, "http://{{site}} {")
	config = regexp.MustCompile(`((?:lookup|token_url|perform [A-Z]+) +)https://`).ReplaceAllString(config, "${1}"+target+"/")
	return strings.ReplaceAll(strings.ReplaceAll(config, "http://localhost:3000", target), "localhost:3000",
		strings.TrimPrefix(target, "http://"))
}

// github gives the headers of a delivery of GitHub.
func github(of string) func(string) []string {
	return func(body string) []string {
		signature := hex.EncodeToString(digest(body))
		return []string{
			"X-Hub-Signature-256: sha256=" + signature, "X-GitHub-Delivery: " + signature[:8], "X-GitHub-Event: " + of,
		}
	}
}

func digest(message string) []byte {
	m := hmac.New(sha256.New, []byte(recipeSecret))
	io.WriteString(m, message)
	return m.Sum(nil)
}

func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("the target got\n%s\nwant\n%s", got, want)
	}
}
