package pipeline

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

// recorder is a target that keeps what it was sent. It answers with the statuses given, then with 200.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	requests []*http.Request
	bodies   []string
}

func newRecorder(t testing.TB, statuses ...int) *recorder {
	r := &recorder{statuses: statuses}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.bodies = append(r.requests, req), append(r.bodies, string(body))
	if len(r.statuses) > 0 {
		w.WriteHeader(r.statuses[0])
		r.statuses = r.statuses[1:]
	}
}

func TestBodies(t *testing.T) {
	for _, test := range []struct {
		name              string
		change            func(*Perform)
		contentType, body string
	}{
		{"as received", func(*Perform) {}, "application/json", `{"name":"Jane & Co","n":1.50,"list":[1]}`},
		{"fields", func(p *Perform) { p.Fields = []Assignment{{"items[0].n", "$payload.n"}, {"items[1]", "x"}} },
			"application/json", `{"items":[{"n":1.50},"x"]}`},
		{"value", func(p *Perform) { p.Body = "$payload.list" }, "application/json", `[1]`},
		{"form", func(p *Perform) {
			p.Form = []Assignment{
				{"full name", "$payload.name"}, {"tag", "a"}, {"tag", "=2+1"}, {"none", "$payload.nothing"},
				{"list", "$payload.list"},
			}
		}, "application/x-www-form-urlencoded", "full+name=Jane+%26+Co&tag=a&tag=3&none=&list=%5B1%5D"},
		{"raw", func(p *Perform) {
			p.Raw = &Raw{ContentType: "application/xml; charset=utf-8", Value: `<order n="$payload.n">$secret.HOST</order>`}
		}, "application/xml; charset=utf-8", `<order n="1.5">api.example.com</order>`},
		{"a content type of its own", func(p *Perform) {
			p.Raw = &Raw{ContentType: "text/plain", Value: "x"}
			p.Headers = []Assignment{{"content-type", "text/csv"}}
		}, "text/csv", "x"},
		{"no content type", func(p *Perform) {
			p.Body, p.Remove = "1", []string{"content-type"}
		}, "", "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := newRecorder(t)
			p := performing(target.URL)
			test.change(p)
			e := runConnector(t, &Definition{Perform: p}, input(t, `{"name":"Jane & Co","n":1.50,"list":[1]}`)).Event
			if e.Status != event.Completed {
				t.Fatalf("%v", e.Error)
			}
			got := target.requests[0].Header.Get("Content-Type")
			if got != test.contentType || target.bodies[0] != test.body {
				t.Errorf("sent %s as %q, want %s as %q", target.bodies[0], got, test.body, test.contentType)
			}
		})
	}
}

// TestFormsKeepTheirKeys is the law of forms and queries: whatever data holds, it stays the value of its name.
func TestFormsKeepTheirKeys(t *testing.T) {
	env := environment(t)
	target, err := compiled(t, "https://example.com/?x=1", env)
	if err != nil {
		t.Fatal(err)
	}
	compiler := &compiler{env: env, language: expression.NewCompiler(nil)}
	fields := compiler.parameters("form", []Assignment{{"a&b", "$payload"}, {"c", "$payload"}}, expression.ScopePerform)
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.String().Draw(t, "data")
		ctx := &expression.Context{Payload: value.DocumentOf(data)}
		form, err := appendForm(nil, fields, ctx)
		if err != nil {
			t.Fatal(err)
		}
		address, err := target.appendQuery([]byte("https://example.com/?x=1"), fields, ctx)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(string(address))
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{"a&b": {data}, "c": {data}}
		got, err := url.ParseQuery(string(form))
		if err != nil || !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q makes the form %s", data, form)
		}
		want["x"] = []string{"1"}
		if got := parsed.Query(); !maps.EqualFunc(got, want, slices.Equal) || parsed.Host != "example.com" {
			t.Errorf("%q makes the URL %s", data, address)
		}
	})
}

func TestHeadersAndQuery(t *testing.T) {
	target := newRecorder(t)
	p := performing(target.URL + "/in?v=1")
	p.Query = []Assignment{{"tag", "a"}, {"tag", "$payload.tag"}}
	p.Headers = []Assignment{{"X-Many", "one"}, {"x-many", "two"}}
	p.Remove = []string{"user-agent", "Idempotency-Key", "X-Remove"}
	lookup := &Lookup{URL: target.URL, Remove: []string{"accept"}, Continue: true, Timeout: 5 * time.Second}
	e := runConnector(t, &Definition{Lookup: lookup, Perform: p}, input(t, `{"tag":"b&c"}`)).Event
	if looked := target.requests[0].Header; looked["Accept"] != nil || looked.Get("User-Agent") == "" {
		t.Errorf("looked up with %v", looked)
	}
	got := target.requests[1]
	if got.URL.RawQuery != "v=1&tag=a&tag=b%26c" || !slices.Equal(got.Header["X-Many"], []string{"one", "two"}) {
		t.Errorf("sent %s with %v", got.URL, got.Header)
	}
	for _, name := range []string{"User-Agent", "Idempotency-Key"} {
		if _, sent := got.Header[name]; sent {
			t.Errorf("%s was sent", name)
		}
		if _, recorded := e.Outbound.Headers[name]; recorded {
			t.Errorf("%s is recorded", name)
		}
	}
	if got.Header.Get(HeaderDepth) != "1" || got.Header.Get(HeaderEventID) != e.ID.String() {
		t.Errorf("sent with %v", got.Header)
	}
}

func TestBasicAuth(t *testing.T) {
	target := newRecorder(t)
	p := performing(target.URL)
	p.BasicAuth = &BasicAuth{User: "jane", Password: "s3cr:t"}
	e := runConnector(t, &Definition{Perform: p}, input(t, `{}`)).Event
	if user, password, _ := target.requests[0].BasicAuth(); user != "jane" || password != "s3cr:t" {
		t.Errorf("sent as %s with %s", user, password)
	}
	if got := e.Outbound.Headers.Get("Authorization"); got != event.Redacted {
		t.Errorf("recorded as %s", got)
	}
}

// TestSignedAnew has each attempt signed with its own time, over the bytes that are sent, and the same id.
func TestSignedAnew(t *testing.T) {
	target := newRecorder(t, 503)
	p := performing(target.URL)
	p.Fields = []Assignment{{"text", "$payload.text"}}
	p.Retry = outbound.Retry{Attempts: 2, First: time.Nanosecond}
	p.Sign = &Signature{Scheme: SchemeStandardWebhooks, Secrets: []string{oneKey}}
	e := runConnector(t, &Definition{Perform: p}, input(t, `{"text":"é <>"}`)).Event
	if len(target.requests) != 2 {
		t.Fatalf("%d requests", len(target.requests))
	}
	for i, request := range target.requests {
		at, err := http.ParseTime(request.Header.Get("Date"))
		if err == nil {
			t.Errorf("sent at %v", at)
		}
		d := &delivery{id: e.ID.String(), body: []byte(target.bodies[i])}
		var seconds int64
		if _, err := fmt.Sscan(request.Header.Get("Webhook-Timestamp"), &seconds); err != nil {
			t.Fatal(err)
		}
		if d.at = time.Unix(seconds, 0); time.Since(d.at) > time.Minute {
			t.Errorf("signed at %v", d.at)
		}
		want := signed(t, p.Sign, d)
		if got := request.Header.Get("Webhook-Signature"); got != want.Get("Webhook-Signature") {
			t.Errorf("attempt %d has the signature %s, want %s", i+1, got, want.Get("Webhook-Signature"))
		}
		if request.Header.Get("Idempotency-Key") != e.ID.String() {
			t.Errorf("attempt %d has another key", i+1)
		}
	}
	if got := e.Outbound.Headers["Webhook-Signature"]; !slices.Equal(got, []string{event.Redacted}) {
		t.Errorf("recorded as %v", got)
	}
}

// TestQuickAttemptsThatAreLeft has an execution that goes on make those attempts that were not made before, of which
// interrupted ones were none, and at least one.
func TestQuickAttemptsThatAreLeft(t *testing.T) {
	answered, interrupted := event.Attempt{Status: 503}, event.Attempt{Class: event.ClassInterrupted}
	for _, test := range []struct {
		earlier    []event.Attempt
		redelivery int
		want       int
	}{
		{nil, 0, 3},
		{[]event.Attempt{answered}, 0, 2},
		{[]event.Attempt{interrupted, answered, answered}, 0, 1},
		{[]event.Attempt{answered, answered, answered, answered}, 0, 1},
		{[]event.Attempt{answered}, 1, 1},
	} {
		target := newRecorder(t, 503, 503, 503)
		p := performing(target.URL)
		p.Retry = outbound.Retry{Attempts: 3, First: time.Nanosecond}
		in := input(t, `{}`)
		in.Asynchronous, in.Earlier, in.Redelivery = true, test.earlier, test.redelivery
		e := runConnector(t, &Definition{Perform: p}, in).Event
		if len(target.requests) != test.want || len(e.Attempts) != len(test.earlier)+test.want {
			t.Errorf("after %v: %d requests, the attempts are %v", test.earlier, len(target.requests), e.Attempts)
		}
	}
}

func TestTokens(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"a-token-of-some-length","expires_in":3600}`)
			return
		}
		_, _ = io.WriteString(w, "you sent "+r.Header.Get("Authorization"))
	}))
	t.Cleanup(target.Close)
	p := performing(target.URL + "/in")
	p.OAuth2 = &outbound.TokenSettings{URL: target.URL + "/token", ClientID: "id", ClientSecret: "secret"}
	out := runConnector(t, &Definition{Perform: p}, input(t, `{}`))
	if string(out.Answer.Body) != "you sent Bearer a-token-of-some-length" {
		t.Fatalf("%s %v", out.Answer.Body, out.Event.Error)
	}
	for _, redactor := range out.Redactors {
		redactor.Event(out.Event)
	}
	if got := string(out.Event.Response.Body); got != `"you sent Bearer [REDACTED]"` {
		t.Errorf("recorded as %s", got)
	}
	if got := out.Event.Outbound.Headers.Get("Authorization"); got != event.Redacted {
		t.Errorf("recorded as %s", got)
	}
}

func TestSuccess(t *testing.T) {
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Result", "fine")
		if r.URL.Path == "/teapot" {
			w.WriteHeader(http.StatusTeapot)
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	t.Cleanup(answers.Close)
	long := `{"ok":true,"rest":"` + strings.Repeat("x", 3000) + `"}`
	for _, test := range []struct {
		path, success, body string
		code                event.Code
		detail              string
	}{
		{"/", `$response.body.ok == true`, `{"ok":true}`, "", ""},
		{"/", `$response.body.ok == true`, `{"ok":false}`, event.CodePerformFailed,
			"success is false: $response.body.ok == true; the answer had status 200"},
		{"/", `$response.body.ok == true`, `not JSON`, event.CodePerformFailed, "success is false"},
		{"/", `$response.body.ok == true`, ``, event.CodePerformFailed, "success is false"},
		{"/", `$response.body.ok == true`, long, "", ""},
		{"/", `$response.body contains "done"`, `all done`, "", ""},
		{"/teapot", `$response.status < 400`, ``, event.CodePerformFailed, "status 418"},
		{"/teapot", `$response.status == 418 and $response.headers["x-result"] == "fine"`, ``, "", ""},
		{"/", `$response.body.id == $payload.id`, `{"id":12345678901234567890}`, "", ""},
		{"/", `add($response.body, 1) > 1`, `"x"`, event.CodeExpressionError, "success"},
		{"/", `$response.body.ok == true`, `{"ok":true,"rest":"` + strings.Repeat("x", 1<<20) + `"}`,
			event.CodePerformFailed, "only its first 1048576 bytes were read"},
	} {
		p := performing(answers.URL + test.path)
		p.Success = test.success
		in := input(t, `{"id":12345678901234567890}`)
		in.Body = []byte(test.body)
		out := runConnector(t, &Definition{Perform: p}, in)
		e := out.Event
		if test.code == "" {
			if e.Status != event.Completed || out.Answer == nil {
				t.Errorf("%s of %.50s: %v", test.success, test.body, e.Error)
			}
			continue
		}
		if e.Status != event.Failed || e.Error.Code != test.code || e.Error.Step != event.StepPerform ||
			!strings.Contains(e.Error.Detail, test.detail) {
			t.Errorf("%s of %.50s: %s %+v", test.success, test.body, e.Status, e.Error)
		}
		if e.Response == nil || len(e.Attempts) != 1 || out.Answer != nil {
			t.Errorf("%s of %.50s: the response %v after %d attempts is not kept",
				test.success, test.body, e.Response, len(e.Attempts))
		}
		if test.code == event.CodePerformFailed && e.Error.Message != "Perform request failed after 1 attempts" {
			t.Errorf("it says %s", e.Error.Message)
		}
	}
}

func signingIn(header string) *Signature {
	return &Signature{
		Scheme: SchemeHMAC, Secrets: []string{"k"}, Header: header, Signed: "$body", Algorithm: "sha1", Encoding: "hex",
	}
}

func TestPerformFaults(t *testing.T) {
	for part, change := range map[string]func(*Perform){
		"field and form and body and raw exclude each other": func(p *Perform) {
			p.Fields, p.Form = []Assignment{{"a", "1"}}, []Assignment{{"a", "1"}}
			p.Body, p.Raw = "1", &Raw{"text/plain", "1"}
		},
		"perform: form a: Unknown function: nosuch": func(p *Perform) { p.Form = []Assignment{{"a", "nosuch(1)"}} },
		"perform: query a: Unknown secret: none":    func(p *Perform) { p.Query = []Assignment{{"a", "$secret.none"}} },
		"perform: raw plain: a content type":        func(p *Perform) { p.Raw = &Raw{"plain", "x"} },
		"perform: raw text/plain: Unknown function": func(p *Perform) { p.Raw = &Raw{"text/plain", "nosuch(1)"} },
		"perform: success: Unknown variable":        func(p *Perform) { p.Success = "$answer.ok" },
		"$response is not available here":           func(p *Perform) { p.Body = "$response.body" },
		"element 0 of the array":                    func(p *Perform) { p.Fields = []Assignment{{"a[1]", "1"}} },
		"header -content-length: Content-Length is": func(p *Perform) { p.Remove = []string{"content-length"} },
		"header -X Y: \"X Y\" is not a header name": func(p *Perform) { p.Remove = []string{"X Y"} },
		"header -User-Agent: User-Agent is set": func(p *Perform) {
			p.Remove, p.Headers = []string{"User-Agent"}, []Assignment{{"user-agent", "x"}}
		},
		"follow_redirects: 11":            func(p *Perform) { p.Redirects = 11 },
		"a user name cannot have a colon": func(p *Perform) { p.BasicAuth = &BasicAuth{"a:b", "c"} },
		"basic_auth: header Authorization is set": func(p *Perform) {
			p.BasicAuth, p.Headers = &BasicAuth{"a", "c"}, []Assignment{{"authorization", "x"}}
		},
		"basic_auth and oauth2 exclude": func(p *Perform) {
			p.BasicAuth, p.OAuth2 = &BasicAuth{"a", "b"}, &outbound.TokenSettings{URL: "https://a.example"}
		},
		"token_url: it cannot have references": func(p *Perform) { p.OAuth2 = &outbound.TokenSettings{URL: "https://a.example/$payload.x"} },
		"oauth2: token_url: ": func(p *Perform) {
			p.OAuth2 = &outbound.TokenSettings{URL: "auth.example/token"}
		},
		"oauth2: token_url: Unknown secret: HOST": func(p *Perform) {
			p.OAuth2 = &outbound.TokenSettings{URL: "https://$secret.HOST/"}
		},
		"sign hmac: one secret is needed": func(p *Perform) { p.Sign = &Signature{Scheme: SchemeHMAC} },
		"sign: header Webhook-Id is set": func(p *Perform) {
			p.Sign = &Signature{Scheme: SchemeStandardWebhooks, Secrets: []string{oneKey}}
			p.Headers = []Assignment{{"Webhook-Id", "x"}}
		},
		"X-Krosyn-Event-Id is set by the gateway": func(p *Perform) {
			p.Sign = signingIn("x-krosyn-event-id")
		},
		`"a b" is not a header name`: func(p *Perform) {
			p.Sign = signingIn("a b")
		},
	} {
		p := performing("https://example.com/")
		change(p)
		c, err := Compile(&Definition{Perform: p}, environment(t))
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want an error with %q", err, part)
		}
		if err == nil {
			c.Close()
		}
	}
}

// TestOwnRoutes has a connector with its own authorities reach its target, and leave no connection when it is closed.
func TestOwnRoutes(t *testing.T) {
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "secured")
	}))
	target.Config.ErrorLog = log.New(io.Discard, "", 0)
	target.StartTLS()
	t.Cleanup(target.Close)
	roots := x509.NewCertPool()
	roots.AddCert(target.Certificate())
	p := performing(target.URL)
	p.Route.TLS = &tls.Config{RootCAs: roots}
	p.OAuth2 = &outbound.TokenSettings{URL: target.URL + "/token", ClientID: "c", ClientSecret: "s"}
	e := runConnector(t, &Definition{Perform: p}, input(t, `{}`)).Event
	if e.Error == nil || !strings.Contains(e.Error.Detail, "no access token: tls: ") {
		t.Errorf("the token was fetched by the target's authorities: %v", e.Error)
	}
	p.OAuth2 = nil
	if e := runConnector(t, &Definition{Perform: p}, input(t, `{}`)).Event; string(e.Response.Body) != `"secured"` {
		t.Errorf("%s %v", e.Response.Body, e.Error)
	}
}

// TestFailuresNameTheirDirective has the event say where in the configuration an expression failed.
func TestFailuresNameTheirDirective(t *testing.T) {
	const fails = "=add($payload.text, 1)"
	for where, change := range map[string]func(*Perform){
		"field a.b[0]": func(p *Perform) { p.Fields = []Assignment{{"a.b[0]", fails}} },
		"form a":       func(p *Perform) { p.Form = []Assignment{{"a", fails}} },
		"query a":      func(p *Perform) { p.Query = []Assignment{{"a", fails}} },
		"header X-A":   func(p *Perform) { p.Headers = []Assignment{{"x-a", fails}} },
		"raw":          func(p *Perform) { p.Raw = &Raw{"text/plain", fails} },
		"success":      func(p *Perform) { p.Success = "add($payload.text, 1) > 0" },
	} {
		p := performing(newRecorder(t).URL)
		change(p)
		e := runConnector(t, &Definition{Perform: p}, input(t, `{"text":"x"}`)).Event
		if e.Error == nil || e.Error.Code != event.CodeExpressionError || !strings.HasPrefix(e.Error.Message, "add") ||
			!strings.HasPrefix(e.Error.Detail, where+", line 1, column") {
			t.Errorf("%s: %+v", where, e.Error)
		}
	}
}

// TestShownURL has neither the breaker nor an error show what a placeholder stands for.
func TestShownURL(t *testing.T) {
	env := environment(t)
	p := performing("http://127.0.0.1:1/resolved-secret")
	p.Shown = "http://127.0.0.1:1/{env.SECRET}"
	p.Breaker = &outbound.BreakerSettings{Failures: 1}
	c, err := Compile(&Definition{Name: "c", Perform: p}, env)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Run(t.Context(), input(t, `{}`))
	e := c.Run(t.Context(), input(t, `{}`)).Event
	if e.Error.Message != "Circuit breaker is open for URL: http://127.0.0.1:1/{env.SECRET}" {
		t.Errorf("it says %s", e.Error.Message)
	}
	if state := env.Breakers.List()[0]; state.URL != p.Shown {
		t.Errorf("the breaker is shown for %s", state.URL)
	}
}

func TestLeadsTo(t *testing.T) {
	own := func(host, port string) bool {
		return host == "hooks.example.com" && port == "443" || host == "127.0.0.1"
	}
	paths := []string{"/api/v1/connectors/orders/trigger", "/hooks/in"}
	for address, want := range map[string]string{
		"https://hooks.example.com/hooks/in":                            "/hooks/in",
		"https://HOOKS.example.com:443/hooks/in?x=$payload.a":           "/hooks/in",
		"http://127.0.0.1:8080/api/v1/connectors/$payload.name/trigger": "/api/v1/connectors/orders/trigger",
		"https://$secret.OWN/hooks/in":                                  "/hooks/in",
		"http://hooks.example.com/hooks/in":                             "",
		"https://hooks.example.com/hooks/in/more":                       "",
		"https://hooks.example.com/hooks":                               "",
		"https://elsewhere.example.com/hooks/in":                        "",
		"https://$payload.host/hooks/in":                                "",
		"https://hooks.example.com/":                                    "",
	} {
		env := environment(t, "hooks.example.com")
		env.Secrets = map[string]string{"OWN": "hooks.example.com"}
		c, err := Compile(&Definition{Perform: performing(address)}, env)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.LeadsTo(own, paths); got != want {
			t.Errorf("%s leads to %q, want %q", address, got, want)
		}
		c.Close()
	}
}
