package pipeline

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/outbound"
)

var secrets = map[string]string{
	"PATH": "T000/B000/xyz", "URL": "https://hooks.example.com/in?k=v", "HOST": "api.example.com", "BAD": "a b%zz",
}

func environment(t testing.TB, allow ...string) *Environment {
	t.Helper()
	guard, err := outbound.NewGuard(allow, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.NewClient(guard)
	t.Cleanup(client.Close)
	return &Environment{
		Secrets: secrets, Guard: guard, Client: client, Breakers: outbound.NewBreakers(nil), MaxDepth: 5,
		MaxAnswer: 1 << 20, CaptureBody: 1 << 10,
	}
}

func compiled(t testing.TB, source string, env *Environment) (*target, error) {
	t.Helper()
	return compileTarget(source, expression.NewCompiler(names(env.Secrets)), expression.ScopePerform, env)
}

func payload(t testing.TB, text string) *expression.Context {
	t.Helper()
	document, err := value.NewDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &expression.Context{Payload: document, Secrets: secrets}
}

func TestTargetBuild(t *testing.T) {
	for _, row := range []struct{ source, payload, want string }{
		{"https://example.com", `{}`, "https://example.com"},
		{"https://example.com/a/$payload.id/b", `{"id":"x"}`, "https://example.com/a/x/b"},
		{"https://example.com/$payload.id", `{"id":"a/b?c#d"}`, "https://example.com/a%2Fb%3Fc%23d"},
		{"https://example.com/$payload.id", `{"id":12345678901234567890}`, "https://example.com/12345678901234567890"},
		{"https://example.com/x$payload.id", `{}`, "https://example.com/x"},
		{"https://example.com/$payload.id", `{"id":"..."}`, "https://example.com/..."},
		{"https://example.com/v$payload.id", `{"id":"%2e%2e"}`, "https://example.com/v%252e%252e"},
		{"https://example.com/?q=$payload.q&r=1", `{"q":"a&b=c d"}`, "https://example.com/?q=a%26b%3Dc+d&r=1"},
		{"https://example.com/?q=$payload.q", `{"q":{"a":1}}`, "https://example.com/?q=%7B%22a%22%3A1%7D"},
		{"https://example.com/services/$secret.PATH", `{}`, "https://example.com/services/T000/B000/xyz"},
		{"$secret.URL", `{}`, "https://hooks.example.com/in?k=v"},
		{"$secret.URL&id=$payload.id", `{"id":"?"}`, "https://hooks.example.com/in?k=v&id=%3F"},
		{"https://$secret.HOST:8443/$payload.id", `{"id":"é"}`, "https://api.example.com:8443/%C3%A9"},
		{"http://127.0.0.1:9/$(uppercase($payload.id))", `{"id":"a"}`, "http://127.0.0.1:9/A"},
		{"https://$payload.host/in", `{"host":"one.example.com"}`, "https://one.example.com/in"},
	} {
		tgt, err := compiled(t, row.source, environment(t, "one.example.com"))
		if err != nil {
			t.Errorf("%s: %v", row.source, err)
			continue
		}
		got, err := tgt.build(payload(t, row.payload))
		if err != nil || string(got) != row.want {
			t.Errorf("%s with %s: %s %v, want %s", row.source, row.payload, got, err, row.want)
		}
	}
}

func TestTargetFaults(t *testing.T) {
	for source, part := range map[string]string{
		"":                                      "empty",
		"example.com/in":                        "http:// or https://",
		"ftp://example.com/":                    "http:// or https://",
		"/in":                                   "http:// or https://",
		"https:///in":                           "no host",
		"https://user:pass@example.com/":        "user",
		"https://example.com/#top":              "fragment",
		"https://example.com:99999999/":         "port",
		"$payload.url":                          "scheme",
		"$payload.scheme://example.com/":        "scheme",
		"https://api-$payload.region.x.com/":    "whole host",
		"https://$payload.host:8080/":           "whole host",
		"https://$($payload.host).example.com/": "whole host",
		"https://example.com/?$payload.key=1":   "name of a query parameter",
		"https://example.com/$secret.BAD":       "secret",
		"https://example.com/$secret.missing":   "Unknown secret: missing",
		"https://example.com/$(nosuch(1))":      "Unknown function: nosuch",
		"https://exa mple.com/":                 "URL",
		"https://example.com/?a=1&$payload.k=2": "name of a query parameter",
	} {
		if _, err := compiled(t, source, environment(t)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want an error with %q", source, err, part)
		} else if strings.Contains(err.Error(), secrets["BAD"]) {
			t.Errorf("%s: the error shows a secret: %v", source, err)
		}
	}
}

func TestTargetRefusesData(t *testing.T) {
	for _, row := range []struct{ source, payload string }{
		{"https://example.com/a/$payload.id/b", `{"id":".."}`},
		{"https://example.com/a/$payload.id", `{"id":"."}`},
		{"https://example.com/a/.$payload.id?x=1", `{"id":"."}`},
		{"https://example.com/a/$payload.id$payload.id", `{"id":"."}`},
		{"https://example.com/a/%2E$payload.id", `{"id":"."}`},
		{"https://example.com/a/$payload.id%2e?x=1", `{"id":"."}`},
		{"https://$payload.host/", `{"host":"evil.example.com"}`},
		{"https://$payload.host/", `{"host":"one.example.com@evil.example.com"}`},
		{"https://$payload.host/", `{"host":"one.example.com:8080"}`},
		{"https://$payload.host/", `{"host":"one.example.com/x"}`},
		{"https://$payload.host/", `{"host":""}`},
		{"https://$payload.host/", `{}`},
	} {
		tgt, err := compiled(t, row.source, environment(t, "one.example.com"))
		if err != nil {
			t.Errorf("%s: %v", row.source, err)
			continue
		}
		if got, err := tgt.build(payload(t, row.payload)); err == nil {
			t.Errorf("%s with %s makes %s", row.source, row.payload, got)
		}
	}
}

// FuzzTarget has no data change anything of a URL but the places where it belongs.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"", "..", "a/b", "?x=1", "#", "%2e%2e", "\\..\\", "@evil.example.com", ":80", "\r\nHost: x", "é\x00"} {
		f.Add(s)
	}
	env := environment(f)
	tgt, err := compiled(f, "https://example.com:8443/a/$payload/b?q=$payload&r=$payload", env)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		built, err := tgt.build(&expression.Context{Payload: value.DocumentOf(data)})
		if err != nil {
			return
		}
		got, err := url.Parse(string(built))
		if err != nil {
			t.Fatalf("%q makes %q: %v", data, built, err)
		}
		query, err := url.ParseQuery(got.RawQuery)
		if err != nil {
			t.Fatalf("%q makes the query %q: %v", data, got.RawQuery, err)
		}
		keys := make([]string, 0, 2)
		for key, values := range query {
			if len(values) != 1 {
				t.Errorf("%q repeats %s", data, key)
			}
			keys = append(keys, key)
		}
		slices.Sort(keys)
		segments := strings.Split(got.EscapedPath(), "/")
		if got.Scheme != "https" || got.Host != "example.com:8443" || got.User != nil || got.Fragment != "" ||
			len(segments) != 4 || segments[1] != "a" || segments[3] != "b" || !slices.Equal(keys, []string{"q", "r"}) {
			t.Errorf("%q makes %q", data, built)
		}
		if clean := got.JoinPath().EscapedPath(); strings.Count(clean, "/") != 3 && data != "" {
			t.Errorf("%q makes a path that climbs: %q", data, clean)
		}
	})
}
