package pipeline

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

// input is a request with this payload.
func input(t testing.TB, text string) *Input {
	t.Helper()
	document, err := value.NewDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: "default", Payload: document, Body: []byte(text),
		ContentType: "application/json",
		Request: &event.Request{
			Method: "POST", Path: "/in", Query: "a=1", RemoteIP: "192.0.2.1", Headers: http.Header{"X-Shop": {"north"}},
		},
	}
}

// server answers with what the request's path says: /json with JSON, /text with text, /N with status N.
func server(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/json":
			_, _ = io.WriteString(w, `{"name":"Jane","got":`+strings.TrimSpace(string(body)+" ")+`}`)
		case "/user":
			_, _ = io.WriteString(w, `{"name":"Jane","query":"`+r.URL.RawQuery+`"}`)
		case "/text":
			_, _ = io.WriteString(w, "hello")
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 3000))
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func runConnector(t testing.TB, d *Definition, in *Input) *Outcome {
	t.Helper()
	c, err := Compile(d, environment(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.Run(t.Context(), in)
}

func performing(url string) *Perform {
	return &Perform{Method: "POST", URL: url, Timeout: 5 * time.Second, Retry: outbound.Retry{Attempts: 1}}
}

func TestRunToTheEnd(t *testing.T) {
	url := server(t)
	p := performing(url + "/json")
	p.Fields = []Assignment{{"name", "$processed.name"}, {"shop", `=$request.headers["x-shop"]`}, {"from", "$lookup.query"}}
	out := runConnector(t, &Definition{
		Name: "c", Trigger: `$payload.n > 1`, Perform: p,
		Lookup: &Lookup{URL: url + "/user?x=1", Query: []Assignment{{"id", "$payload.id"}}, Timeout: 5 * time.Second},
		Set:    []Assignment{{"first", "$lookup.name"}, {"name", "uppercase($processed.first)"}},
	}, input(t, `{"n":2,"id":"a b"}`))
	e := out.Event
	if e.Status != event.Completed || e.Error != nil || len(e.Attempts) != 1 || e.Response.Status != 200 {
		t.Fatalf("%+v %v", e, e.Error)
	}
	if string(e.Outbound.Body) != `{"name":"JANE","shop":"north","from":"x=1&id=a+b"}` {
		t.Errorf("sent %s", e.Outbound.Body)
	}
	if string(e.Processed) != `{"first":"Jane","name":"JANE"}` {
		t.Errorf("processed %s", e.Processed)
	}
	if !*e.Trigger.Result || len(e.Trigger.Explain) != 2 || string(e.Trigger.Explain[1].Value) != "2" {
		t.Errorf("trigger %+v", e.Trigger)
	}
}

func TestRunOutcomes(t *testing.T) {
	url := server(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	looking := func(path string, goOn bool) *Definition {
		return &Definition{
			Lookup: &Lookup{URL: url + path, Timeout: 5 * time.Second, Continue: goOn}, Perform: performing(url + "/json"),
			Set: []Assignment{{"name", `=$lookup.name ?? "nobody"`}},
		}
	}
	header := performing(url + "/json")
	header.Headers = []Assignment{{"X-Note", "$payload.note"}}
	for _, row := range []struct {
		name       string
		definition *Definition
		depth      int
		status     event.Status
		step       event.Step
		code       event.Code
		message    string
		detail     string
	}{
		{"skipped", &Definition{Trigger: "$payload.n == 2", Perform: performing(url)}, 0, event.Skipped, "", "", "", ""},
		{"answered with an error", &Definition{Perform: performing(url + "/teapot")}, 0, event.Completed, "", "", "", ""},
		{"no perform", &Definition{}, 0, event.Failed, event.StepPerform, event.CodeNotConfigured,
			"Perform API URL is not configured", ""},
		{"too deep", &Definition{Perform: performing(url)}, 6, event.Failed, event.StepPerform, event.CodeDepthExceeded,
			"Execution depth limit exceeded", "max_depth 5"},
		{"no answer", &Definition{Perform: performing(closed.URL)}, 0, event.Failed, event.StepPerform,
			event.CodePerformFailed, "Perform request failed after 1 attempts", "refused"},
		{"trigger fails", &Definition{Trigger: `add($payload.text, 1)`, Perform: performing(url)}, 0, event.Failed,
			event.StepTrigger, event.CodeExpressionError, "add", "line 1, column"},
		{"set fails", &Definition{Set: []Assignment{{"sum", "add($payload.text, 1)"}}, Perform: performing(url)}, 0,
			event.Failed, event.StepProcess, event.CodeExpressionError, "add", "set sum, line 1, column"},
		{"lookup answers badly", looking("/teapot", false), 0, event.Failed, event.StepLookup, event.CodeLookupFailed,
			"Lookup request failed: the answer has status 418", ""},
		{"lookup is no JSON", looking("/text", false), 0, event.Failed, event.StepLookup, event.CodeLookupFailed,
			"Lookup request failed: the answer is not JSON", ""},
		{"lookup fails, go on", looking("/teapot", true), 0, event.Completed, "", "", "", ""},
		{"header with a line break", &Definition{Perform: header}, 0, event.Failed, event.StepPerform,
			event.CodeExpressionError, "header X-Note", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(t, `{"n":1,"text":"x","note":"a\r\nX-Evil: 1"}`)
			in.Depth = row.depth
			e := runConnector(t, row.definition, in).Event
			if e.Status != row.status {
				t.Fatalf("status %s (%v), want %s", e.Status, e.Error, row.status)
			}
			if row.status != event.Failed {
				return
			}
			if e.Error.Step != row.step || e.Error.Code != row.code || !strings.HasPrefix(e.Error.Message, row.message) ||
				!strings.Contains(e.Error.Detail, row.detail) {
				t.Errorf("error %+v, want %s %s %q %q", e.Error, row.step, row.code, row.message, row.detail)
			}
			if row.code != event.CodePerformFailed && len(e.Attempts) > 0 {
				t.Errorf("%d attempts were made", len(e.Attempts))
			}
		})
	}
}

func TestSkippedIsExplained(t *testing.T) {
	e := runConnector(t, &Definition{Trigger: `equals($payload.type, "order") and $payload.n > 1`}, input(t, `{"type":"cart"}`)).Event
	if len(e.Trigger.Explain) == 0 || string(e.Trigger.Explain[0].Value) != "false" {
		t.Fatalf("explained by %+v", e.Trigger.Explain)
	}
	found := false
	for _, x := range e.Trigger.Explain {
		found = found || x.Expression == "$payload.type" && string(x.Value) == `"cart"`
	}
	if !found {
		t.Errorf("the explanation lacks the value of $payload.type: %+v", e.Trigger.Explain)
	}
}

func TestBreakerRefuses(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	p := performing(closed.URL + "/$secret.PATH/$payload.n")
	p.Breaker = &outbound.BreakerSettings{Failures: 1, Cooldown: time.Hour}
	c, err := Compile(&Definition{Name: "c", Perform: p}, environment(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Run(t.Context(), input(t, `{"n":1}`))
	out := c.Run(t.Context(), input(t, `{"n":2}`))
	e := out.Event
	want := "Circuit breaker is open for URL: " + closed.URL + "/$secret.PATH/$payload.n"
	if e.Error == nil || e.Error.Code != event.CodeCircuitOpen || e.Error.Message != want || len(e.Attempts) != 0 {
		t.Fatalf("%+v", e.Error)
	}
	if until := time.Until(out.RetryAt); until < 50*time.Minute || until > time.Hour {
		t.Errorf("retry in %v", until)
	}
}

func TestCaptureIsBounded(t *testing.T) {
	url := server(t)
	for _, relay := range []bool{false, true} {
		p := performing(url + "/long")
		out := runConnector(t, &Definition{Perform: p, Relay: relay}, input(t, `"`+strings.Repeat("y", 2000)+`"`))
		e := out.Event
		if !e.Response.Truncated || len(e.Response.Body) != 1024+2 || !e.Outbound.Truncated || len(e.Outbound.Body) > 1024+4 {
			t.Errorf("relay %v: kept %d bytes (%v) and %d (%v)", relay, len(e.Response.Body), e.Response.Truncated,
				len(e.Outbound.Body), e.Outbound.Truncated)
		}
		if whole := len(out.Answer.Body) == 3000 && !out.Answer.Truncated; whole != relay {
			t.Errorf("relay %v has %d bytes of the answer", relay, len(out.Answer.Body))
		}
	}
}

func TestDryRunSendsNothing(t *testing.T) {
	sent := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent = true }))
	defer s.Close()
	p := performing(s.URL + "/$secret.PATH")
	p.Fields = []Assignment{{"text", "$lookup.name $secret.HOST"}}
	c, err := Compile(&Definition{
		Trigger: "$payload.go == null", Lookup: &Lookup{URL: s.URL + "/user", Query: []Assignment{{"k", "$secret.HOST"}}}, Perform: p,
	}, environment(t))
	if err != nil {
		t.Fatal(err)
	}
	lookup, err := value.NewDocument([]byte(`{"name":"Jane"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := c.DryRun(input(t, `{}`), lookup)
	if sent {
		t.Error("a dry run sent a request")
	}
	if e.Status != event.Completed || string(e.Outbound.Body) != `{"text":"Jane [REDACTED]"}` || !strings.HasSuffix(e.Outbound.URL, "/[REDACTED]") {
		t.Errorf("%s %s %s %v", e.Status, e.Outbound.URL, e.Outbound.Body, e.Error)
	}
	if len(e.Trigger.Explain) == 0 || e.Lookup.Request.URL != s.URL+"/user?k=%5BREDACTED%5D" {
		t.Errorf("trigger %+v, lookup %+v", e.Trigger, e.Lookup.Request)
	}
}

func TestCompileReportsEveryFault(t *testing.T) {
	_, err := Compile(&Definition{
		Trigger: "nosuch(1)", Set: []Assignment{{"a", "split(1)"}, {"a", "1"}},
		Lookup: &Lookup{URL: "nowhere", Headers: []Assignment{{"bad name", "x"}}, Query: []Assignment{{"q", "$secret.none"}}},
		Perform: &Perform{
			Method: "GET", URL: "ftp://x/", Body: "1", Fields: []Assignment{{"a", "="}, {"b", "1"}, {"b.c", "1"}},
			Headers: []Assignment{{"Content-Length", "1"}},
		},
	}, environment(t))
	if err == nil {
		t.Fatal("compiled")
	}
	for _, part := range []string{
		"trigger: Unknown function: nosuch", "set a: split requires at least 2 argument(s), 1 given", "set a: declared twice",
		`lookup: "nowhere"`, "lookup: header bad name", "lookup: query q: Unknown secret: none", `perform: "GET" is no perform method`,
		`perform: "ftp://x/"`, "perform: field a: ", "perform: field b.c: field b has a value", "perform: header Content-Length",
		"perform: field and body exclude each other",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the faults lack %q:\n%v", part, err)
		}
	}
}

// BenchmarkTriggerAndMappings is the work between an accepted request and the outbound one.
func BenchmarkTriggerAndMappings(b *testing.B) {
	p := performing("https://example.com/in/$payload.order.id")
	p.Fields = []Assignment{
		{"text", "New order $payload.order.id from $processed.full_name"}, {"meta.total", "= $payload.order.total * 1.2"},
		{"customer", "$payload.customer"},
	}
	c, err := Compile(&Definition{
		Name: "c", Trigger: `equals($payload.event_type, "order.created")`, Perform: p,
		Set: []Assignment{{"full_name", `concat($payload.customer.first_name, " ", $payload.customer.last_name)`}},
	}, environment(b))
	if err != nil {
		b.Fatal(err)
	}
	in := input(b, `{"event_type":"order.created","order":{"id":"ORD-12345","total":49.5},`+
		`"customer":{"first_name":"Jane","last_name":"Doe"}}`)
	b.ReportAllocs()
	for b.Loop() {
		x := c.begin(in)
		if err := x.decide(); err != nil {
			b.Fatal(err)
		}
		if err := x.process(); err != nil {
			b.Fatal(err)
		}
		if _, err := x.build(); err != nil {
			b.Fatal(err)
		}
	}
}
