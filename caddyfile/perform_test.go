package caddyfile

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/krosyn/gateway/app"
)

func init() {
	inPerform := func(opening string) string {
		return strings.Replace(within["perform"], "%s", opening+" {\n%s\n}", 1)
	}
	within["breaker"] = inPerform("breaker 5 60s")
	within["oauth2"] = inPerform("oauth2")
	within["sign"] = inPerform("sign hmac")
	within["tls"] = inPerform("tls")
}

// TestPerformBlocksHaveJSONTwins is TestDirectivesHaveJSONTwins for the blocks within perform.
func TestPerformBlocksHaveJSONTwins(t *testing.T) {
	for _, test := range []struct {
		names  []string
		config any
		inLine []string
	}{
		{names(breakerBlock), app.Breaker{}, []string{"failures", "cooldown"}},
		{names(oauth2Block), app.OAuth2{}, nil},
		{names(hmacBlock), app.Sign{}, []string{"scheme"}},
		{names(tlsBlock), app.TLS{}, nil},
	} {
		want := append(slices.Clone(test.names), test.inLine...)
		got := jsonFields(reflect.TypeOf(test.config))
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%T has the JSON fields %v, the directives are %v", test.config, got, want)
		}
	}
}

// TestDocumentedPerforms adapts every Caddyfile of the page about outbound requests.
func TestDocumentedPerforms(t *testing.T) {
	page, err := os.ReadFile("../docs/outbound.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "```caddyfile\n")[1:]
	if len(examples) < 10 {
		t.Errorf("only %d examples", len(examples))
	}
	for _, example := range examples {
		text, _, closed := strings.Cut(example, "```")
		if !closed {
			t.Fatalf("an example has no end: %s", text)
		}
		switch first, _, _ := strings.Cut(text, " "); first {
		case "{\n\tkrosyn":
		case "connector":
			text = ":80 {\nkrosyn {\n" + text + "}\n}\n"
		case "perform":
			text = ":80 {\nkrosyn {\nconnector a {\nauth none\n" + text + "}\n}\n}\n"
		default:
			t.Errorf("an example of nothing that is known: %s", text)
			continue
		}
		if adapted := adapt(t, "Caddyfile", text); !strings.HasPrefix(adapted, "{") {
			t.Errorf("%s\ndoes not adapt: %s", text, adapted)
		}
	}
}
