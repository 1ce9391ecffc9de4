package verifier

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/verify/signature"
)

// load provisions a module from its JSON, as Caddy does.
func load(t *testing.T, scheme, config string) (*Verifier, error) {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	defer cancel()
	module, err := ctx.LoadModuleByID(namespace+"."+scheme, json.RawMessage(config))
	if err != nil {
		return nil, err
	}
	return module.(*Verifier), nil
}

// signed is a request with a body that GitHub would sign so.
func signed(secret string) *signature.Request {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("{}"))
	return &signature.Request{
		Method: http.MethodPost, Body: []byte("{}"),
		Header: http.Header{"X-Hub-Signature-256": {fmt.Sprintf("sha256=%x", m.Sum(nil))}},
	}
}

// TestEverySchemeIsAModule has the modules be where configurations look for them.
func TestEverySchemeIsAModule(t *testing.T) {
	var names []string
	for _, info := range caddy.GetModules(namespace) {
		names = append(names, info.ID.Name())
		made := info.New()
		if got := made.CaddyModule().ID; got != info.ID {
			t.Errorf("a new %s says that it is %s", info.ID, got)
		}
		if _, ok := made.(signature.Provider); !ok {
			t.Errorf("%s is no signature.Provider", info.ID)
		}
	}
	if want := signature.Schemes(); !slices.Equal(names, want) {
		t.Errorf("modules are %v\nschemes are %v", names, want)
	}
}

// TestPlaceholders has values resolved into memory, and the configuration keep what it says.
func TestPlaceholders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KROSYN_TEST_SECRET", "from-the-environment")
	config := `{"secret":[{"value":"{env.KROSYN_TEST_SECRET}"},{"value":"{file.` + file + `}"}]}`
	v, err := load(t, "github", config)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"from-the-environment", "from-a-file"} {
		if _, err := v.Verifier().Verify(signed(secret), time.Now()); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if !slices.Contains(v.Credentials(), secret) {
			t.Errorf("%s is no credential: %q", secret, v.Credentials())
		}
	}
	if _, err := v.Verifier().Verify(signed("{env.KROSYN_TEST_SECRET}"), time.Now()); err != signature.Mismatch {
		t.Errorf("the placeholder itself: error is %v", err)
	}
	if kept, err := json.Marshal(v); err != nil || string(kept) != config {
		t.Errorf("the configuration became %s", kept)
	}
}

func TestWindows(t *testing.T) {
	v, err := load(t, "github", `{"secret":[
		{"value":"the-old-secret","until":"2026-02-01"},
		{"value":"the-new-secret","from":"2026-01-31T12:00:00+01:00"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string][2]bool{
		"2026-01-31T10:59:59Z": {true, false}, "2026-01-31T11:00:00Z": {true, true},
		"2026-01-31T23:59:59Z": {true, true}, "2026-02-01T00:00:00Z": {false, true},
	} {
		now, _ := time.Parse(time.RFC3339, at)
		for i, secret := range []string{"the-old-secret", "the-new-secret"} {
			if _, err := v.Verifier().Verify(signed(secret), now); (err == nil) != want[i] {
				t.Errorf("%s at %s: error is %v", secret, at, err)
			}
		}
	}
}

func TestHandshakeOfAScheme(t *testing.T) {
	t.Setenv("KROSYN_TEST_TOKEN", "of-meta")
	v, err := load(t, "meta", `{"secret":[{"value":"the-value"}],"verify_token":"{env.KROSYN_TEST_TOKEN}"}`)
	if err != nil {
		t.Fatal(err)
	}
	r := &signature.Request{
		Method: http.MethodGet, URL: "https://a.example/?hub.mode=subscribe&hub.challenge=7&hub.verify_token=of-meta",
	}
	if answer, ok := v.Handshake().Answer(r, false, time.Now()); !ok || string(answer.Body) != "7" {
		t.Errorf("answer is %+v", answer)
	}
	if want := []string{"of-meta", "the-value"}; !slices.Equal(v.Credentials(), want) {
		t.Errorf("credentials are %q, want %q", v.Credentials(), want)
	}
	if v, err = load(t, "github", `{"secret":[{"value":"the-value"}]}`); err != nil || v.Handshake() != nil {
		t.Errorf("github has the handshake %v, error is %v", v.Handshake(), err)
	}
}

// TestProvisionRefuses has faults of JSON named, all that there are, and no secret shown.
func TestProvisionRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		scheme, config string
		want           []string
	}{
		"no secret":     {"github", `{}`, []string{"secret is missing"}},
		"unknown field": {"github", `{"secrets":[]}`, []string{`unknown field "secrets"`}},
		"unknown placeholder": {"github", `{"secret":[{"value":"{env.KROSYN_TEST_NONE}"}]}`,
			[]string{"secret: ", "KROSYN_TEST_NONE"}},
		"bad dates": {"github", `{"secret":[{"value":"the-value","from":"tomorrow","until":"2026-13-01"}]}`,
			[]string{`secret: from: "tomorrow" is not a date such as 2026-02-01`, `secret: until: "2026-13-01"`}},
		"inverted window": {"github", `{"secret":[{"value":"the-value","from":"2026-02-01","until":"2026-01-01"}]}`,
			[]string{"the window ends before it begins"}},
		"not taken": {"github", `{"secret":[{"value":"the-value"}],"tolerance":60000000000,"signed":"$body"}`,
			[]string{"tolerance has no use in github", "signed belongs to hmac"}},
		"generic": {"hmac", `{"secret":[{"value":"the-value"}],"algorithm":"md5"}`,
			[]string{"header is missing", `algorithm "md5" is unknown`}},
		"bad key": {"discord", `{"public_key":["the-value"]}`, []string{"public_key: it is not hex digits"}},
	} {
		_, err := load(t, test.scheme, test.config)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q lacks %q", name, err, want)
			}
		}
		if strings.Contains(err.Error(), "the-value") {
			t.Errorf("%s: error %q shows the secret", name, err)
		}
	}
}
