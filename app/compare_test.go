package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/krosyn/gateway/app"
)

// compared is a connector whose target and lookup count the requests that they get, with some events.
func compared(t *testing.T) (*app.Connector, func() int) {
	t.Helper()
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"name":"Jane","path":%q}`, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	t.Setenv("KROSYN_TEST_SECRET", "a-secret-that-is-long")
	gateway := started(t, map[string]any{"secret": map[string]any{"KEY": map[string]any{"value": "{env.KROSYN_TEST_SECRET}"}}})
	c := register(t, gateway, `{"name":"a","endpoint":[{"auth":"none"}],
		"trigger":"greaterThan($payload.n, 1)",
		"process":{"lookup":{"url":"`+server.URL+`/people/$payload.n"},
			"set":[{"name":"who","value":"$lookup.name"}]},
		"perform":{"method":"POST","url":"`+server.URL+`/in/{env.KROSYN_TEST_SECRET}","field":[
			{"name":"text","value":"$payload.n for $processed.who"}],
			"header":{"X-Key":["$secret.KEY"]},
			"basic_auth":{"user":"u","password":"{env.KROSYN_TEST_SECRET}"}}}`)
	for n := range 6 {
		if _, err := c.Execute(t.Context(), input(t, fmt.Sprintf(`{"n":%d}`, n))); err != nil {
			t.Fatal(err)
		}
	}
	return c, func() int { return requests }
}

func TestCompare(t *testing.T) {
	c, requests := compared(t)
	sent := requests()
	detail, err := c.Detail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Replace(string(detail.Definition), `"$payload.n for $processed.who"`, `"changed"`, 1)
	for name, row := range map[string]struct {
		candidate string
		n         int
		compared  int
		changed   int
		changes   []string
	}{
		"itself":              {``, 100, 6, 0, nil},
		"nothing":             {`{}`, 100, 6, 0, nil},
		"its definition":      {string(detail.Definition), 100, 6, 0, nil},
		"trigger":             {`{"trigger":"greaterThan($payload.n, 3)"}`, 100, 6, 2, []string{"status", "trigger", "processed", "outbound"}},
		"no trigger":          {`{"trigger":null}`, 100, 6, 2, []string{"status", "trigger", "processed", "outbound"}},
		"the last ones":       {`{"trigger":"false"}`, 3, 3, 3, []string{"status", "trigger", "processed", "outbound"}},
		"a field":             {whole, 100, 6, 4, []string{"body"}},
		"process":             {`{"process":{"set":[{"name":"who","value":"nobody"}]}}`, 100, 6, 4, []string{"processed", "body"}},
		"the order of fields": {`{"process":{"set":[{"name":"x","value":"1"},{"name":"who","value":"$lookup.name"}]}}`, 1, 1, 1, []string{"processed", "body"}},
		"an error":            {`{"process":null,"trigger":"jsonDecode(\"[\")"}`, 2, 2, 2, nil},
		"no perform":          {`{"perform":null}`, 1, 1, 1, nil},
	} {
		got, err := c.Compare(t.Context(), json.RawMessage(row.candidate), row.n)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Compared != row.compared || got.Changed != row.changed || got.Unstable != 0 || len(got.Differences) != row.changed {
			t.Errorf("%s: %+v", name, got)
		}
		if row.changes != nil && !slices.Equal(got.Differences[0].Changes, row.changes) {
			t.Errorf("%s: %v", name, got.Differences[0].Changes)
		}
		text, err := json.Marshal(got)
		if err != nil || strings.Contains(string(text), "a-secret-that-is-long") {
			t.Errorf("%s: %s %v", name, text, err)
		}
	}
	if n := requests(); n != sent {
		t.Errorf("a comparison sent %d requests", n-sent)
	}
	got, err := c.Compare(t.Context(), json.RawMessage(`{"process":{"set":[{"name":"who","value":"$lookup.name and more"}]}}`), 1)
	if err != nil || len(got.Differences) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	c, _ := compared(t)
	for candidate, part := range map[string]string{
		`[]`:                           "whole connector with its name, or some of trigger",
		`{"triger":"true"}`:            `unknown field "triger"`,
		`{"trigger":1}`:                "trigger",
		`{"perform":{"metod":"POST"}}`: `unknown field "metod"`,
		`{"trigger":"nope(1)"}`:        "Unknown function: nope",
		`{"name":"b"}`:                 "of connector b, not of a",
		`{"name":"a","x":1}`:           `unknown field "x"`,
		`{"perform":{"method":"POST","url":"http://127.0.0.1/{file./etc/passwd}"}}`:                                "no other placeholders",
		`{"perform":{"method":"POST","url":"http://127.0.0.1/` + "\\u007b" + `env.PATH}"}}`:                        "no other placeholders",
		`{"process":{"set":[{"name":"x","value":"{env.HOME}"}]}}`:                                                  "no other placeholders",
		`{"perform":{"method":"POST","url":"http://127.0.0.1/","basic_auth":{"user":"u","password":"{env.A}"}}}`:   "no other placeholders",
		`{"perform":{"method":"GET","url":"http://127.0.0.1/"}}`:                                                   "no perform method",
		`{"perform":{"method":"POST","url":"http://127.0.0.1/","field":[{"name":"x","value":"$secret.nothing"}]}}`: "Unknown secret: nothing",
	} {
		_, err := c.Compare(t.Context(), json.RawMessage(candidate), 10)
		if _, ok := errors.AsType[*app.CandidateError](err); !ok || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want an error with %q", candidate, err, part)
		}
	}
}

// TestCompareUnstable does not take for a change what is another thing each time.
func TestCompareUnstable(t *testing.T) {
	gateway := started(t, nil)
	c := register(t, gateway, `{"name":"a","endpoint":[{"auth":"none"}],
		"perform":{"method":"POST","url":"http://127.0.0.1:1/","field":[{"name":"id","value":"uuid()"},{"name":"n","value":"1"}]}}`)
	if _, err := c.Execute(t.Context(), input(t, `{}`)); err != nil {
		t.Fatal(err)
	}
	got, err := c.Compare(t.Context(), nil, 10)
	if err != nil || got.Compared != 1 || got.Changed != 0 || got.Unstable != 1 {
		t.Errorf("%+v %v", got, err)
	}
	// The body cannot be compared; the rest can.
	got, err = c.Compare(t.Context(), json.RawMessage(`{"perform":{"method":"PUT","url":"http://127.0.0.1:1/"}}`), 10)
	if err != nil || got.Changed != 1 || !slices.Equal(got.Differences[0].Changes, []string{"method"}) {
		t.Errorf("%+v %v", got, err)
	}
}

// TestDryRunOfEvent has a dry run on a stored event see what the lookup answered then.
func TestDryRunOfEvent(t *testing.T) {
	c, _ := compared(t)
	out, err := c.Execute(t.Context(), input(t, `{"n":9}`))
	if err != nil {
		t.Fatal(err)
	}
	for lookup, want := range map[string]string{"": "9 for Jane", `{"name":"Bo"}`: "9 for Bo", `null`: "9 for "} {
		e, err := c.DryRun(t.Context(), app.Rehearsal{Event: &out.Event.ID, Lookup: json.RawMessage(lookup)})
		if err != nil || e.Outbound == nil || string(e.Outbound.Body) != `{"text":"`+want+`"}` {
			t.Errorf("%s: %+v %v", lookup, e.Outbound, err)
		}
	}
}
