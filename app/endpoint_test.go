package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/krosyn/gateway/app"
	_ "github.com/krosyn/gateway/verifier"
)

// TestWrongSignature has a signature that is wrong told as that alone, and not as a missing one as well.
func TestWrongSignature(t *testing.T) {
	t.Setenv("KROSYN_TEST_SECRET", "a-secret-that-is-long")
	gateway := started(t, nil)
	const (
		secret = `"secret":[{"value":"{env.KROSYN_TEST_SECRET}"}]`
		none   = "no token and no signature is declared"
	)
	for name, test := range map[string]struct {
		endpoint, want string
		not            []string
	}{
		"a secret that is not set": {
			`{"signature":{"scheme":"github","secret":[{"value":"{env.KROSYN_UNSET}"}]}}`, "signature: ", []string{none},
		},
		"no secret":         {`{"signature":{"scheme":"github"}}`, "signature: ", []string{none}},
		"an unknown scheme": {`{"signature":{"scheme":"nosuch",` + secret + `}}`, "signature: ", []string{none}},
		"with tokens that have an end": {
			`{"auth":"tokens","expires":"2027-06-30T00:00:00Z","signature":{"scheme":"github"}}`, "signature: ",
			[]string{none, "leaves none"},
		},
		"with auth none": {
			`{"auth":"none","signature":{"scheme":"github",` + secret + `}}`, "`auth none` and a signature exclude each other",
			[]string{none, "`auth none` and tokens"},
		},
		"none": {`{"handshake":["okta"]}`, none, nil},
		"none, and tokens that have an end": {
			`{"auth":"tokens","expires":"2027-06-30T00:00:00Z"}`, "`auth tokens` leaves none", []string{none},
		},
	} {
		c := new(app.Connector)
		if err := json.Unmarshal([]byte(`{"name":"a","endpoint":[`+test.endpoint+`]}`), c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err := gateway.Register(c, "/x")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
			continue
		}
		for _, second := range test.not {
			if strings.Contains(err.Error(), second) {
				t.Errorf("%s: %v\nsays %q as well", name, err, second)
			}
		}
	}
}
