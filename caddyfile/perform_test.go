package caddyfile

import (
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
