package admin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krosyn/gateway/token"
)

func TestTokenRequest(t *testing.T) {
	for body, want := range map[string]token.Request{
		`{}`:                                   {},
		`{"expires_in":null}`:                  {},
		`{"expires_in":"90d"}`:                 {Life: 90 * 24 * time.Hour},
		`{"expires_in":"1h30m"}`:               {Life: 90 * time.Minute},
		`{"expires_in":"36500d"}`:              {Life: token.MaxLife},
		`{"replace":"x"}`:                      {Replace: "x"},
		`{"replace":"x","overlap":"1d"}`:       {Replace: "x", Overlap: 24 * time.Hour},
		`{"replace":"x","expires_in":"1.5d"}`:  {Replace: "x", Life: 36 * time.Hour},
		`{"expires_in":"0.5h","replace":null}`: {Life: 30 * time.Minute},
	} {
		got, err := tokenRequestOf(t, body).read()
		if err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", body, got, err, want)
		}
	}
}

func TestTokenRequestRefuses(t *testing.T) {
	for body, part := range map[string]string{
		`{"expires_in":""}`:                                  `expires_in "" is not a duration`,
		`{"expires_in":"0"}`:                                 "above zero",
		`{"expires_in":"-1d"}`:                               "above zero",
		`{"expires_in":"90"}`:                                "such as 90d",
		`{"expires_in":"soon"}`:                              `"soon"`,
		`{"expires_in":"36501d"}`:                            "up to 36500d",
		`{"expires_in":"99999999999999999999d"}`:             "expires_in",
		`{"expires_in":"` + strings.Repeat("9", 400) + `d"}`: "expires_in",
		`{"replace":""}`:                                     "replace is empty",
		`{"overlap":"1d"}`:                                   "give replace too",
		`{"replace":"x","overlap":"0s"}`:                     `overlap "0s" is not a duration`,
	} {
		_, err := tokenRequestOf(t, body).read()
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %q, want a 400 with %q", body, status, text, part)
		}
	}
}

func tokenRequestOf(t *testing.T, body string) *tokenRequest {
	t.Helper()
	asked := new(tokenRequest)
	if err := json.Unmarshal([]byte(body), asked); err != nil {
		t.Fatal(err)
	}
	return asked
}

func FuzzTokenRequest(f *testing.F) {
	f.Add("90d", "24h")
	f.Add("-1d", "1e9h")
	f.Add("0.0000001ns", "٣d")
	f.Fuzz(func(t *testing.T, expires, overlap string) {
		id := "x"
		got, err := (&tokenRequest{ExpiresIn: &expires, Replace: &id, Overlap: &overlap}).read()
		if err != nil {
			if status, _ := apiError(err); status != http.StatusBadRequest {
				t.Errorf("%q %q: %v", expires, overlap, err)
			}
			return
		}
		if got.Life <= 0 || got.Life > token.MaxLife || got.Overlap <= 0 || got.Overlap > token.MaxLife {
			t.Errorf("%q %q: %+v", expires, overlap, got)
		}
	})
}
