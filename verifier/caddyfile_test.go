package verifier

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// parse reads the block of a scheme, whose lines are given.
func parse(scheme, lines string) (*Verifier, error) {
	d := caddyfile.NewTestDispenser(scheme + " {\n" + lines + "\n}")
	v := &Verifier{scheme: scheme}
	return v, v.UnmarshalCaddyfile(d)
}

func TestUnmarshalCaddyfile(t *testing.T) {
	for name, test := range map[string]struct{ scheme, lines, want string }{
		"secret": {"github", "secret {env.KEY}", `{"secret":[{"value":"{env.KEY}"}]}`},
		"rotation": {
			"stripe", "secret {env.NEW} from 2026-01-01\nsecret {env.OLD} until 2026-02-01T12:00:00Z\ntolerance 2m",
			`{"secret":[{"value":"{env.NEW}","from":"2026-01-01"},` +
				`{"value":"{env.OLD}","until":"2026-02-01T12:00:00Z"}],"tolerance":120000000000}`,
		},
		"window": {
			"github", "secret x until 2026-02-01 from 2026-01-01",
			`{"secret":[{"value":"x","from":"2026-01-01","until":"2026-02-01"}]}`,
		},
		"public keys": {"discord", "public_key aa\npublic_key bb", `{"public_key":["aa","bb"]}`},
		"meta":        {"meta", "secret s\nverify_token t", `{"secret":[{"value":"s"}],"verify_token":"t"}`},
		"URL": {
			"twilio", "secret s\npublic_url https://hooks.example.com",
			`{"secret":[{"value":"s"}],"public_url":"https://hooks.example.com"}`,
		},
		"hmac": {
			"hmac", `secret s
			header X-Sig
			algorithm sha512
			encoding base64
			prefix "v1="
			signed "$id.$timestamp.$body"
			timestamp_header X-Time
			id_header X-Id
			separator " "`,
			`{"secret":[{"value":"s"}],"header":"X-Sig","algorithm":"sha512","encoding":"base64","prefix":"v1=",` +
				`"signed":"$id.$timestamp.$body","timestamp_header":"X-Time","id_header":"X-Id","separator":" "}`,
		},
		"hmac, a list": {
			"hmac", "secret s\nheader X-Sig\nseparator \",\"\ntimestamp_prefix t=\nprefix v1=\nsigned \"$timestamp.$body\"",
			`{"secret":[{"value":"s"}],"header":"X-Sig","prefix":"v1=","signed":"$timestamp.$body",` +
				`"timestamp_prefix":"t=","separator":","}`,
		},
	} {
		v, err := parse(test.scheme, test.lines)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := json.Marshal(v); err != nil || string(got) != test.want {
			t.Errorf("%s: JSON is\n%s, want\n%s", name, got, test.want)
		}
	}
}

// TestUnmarshalCaddyfileRefuses has each error name the line and the way out.
func TestUnmarshalCaddyfileRefuses(t *testing.T) {
	const usage = "secret takes a value and a window, as in secret {env.NAME} from 2026-01-01 until 2026-02-01"
	for name, test := range map[string]struct{ scheme, lines, want string }{
		"unknown":     {"github", "secrets x", `subdirective "secrets" in signature github; allowed: secret, at`},
		"not taken":   {"github", "secret x\ntolerance 5m", `"tolerance" in signature github; allowed: secret`},
		"of hmac":     {"stripe", "header X", `"header" in signature stripe; allowed: secret, tolerance`},
		"of a pair":   {"discord", "secret x", `"secret" in signature discord; allowed: public_key, tolerance`},
		"repeated":    {"stripe", "secret x\ntolerance 5m\ntolerance 6m", "tolerance is repeated in signature stripe; allowed: "},
		"no secret":   {"github", "", "signature github lacks its secret"},
		"no key":      {"discord", "tolerance 5m", "signature discord lacks its public_key"},
		"neither":     {"standard-webhooks", "", "signature standard-webhooks lacks its secret or public_key"},
		"no value":    {"github", "secret", usage},
		"empty value": {"github", `secret ""`, usage},
		"half window": {"github", "secret x from", usage},
		"from twice":  {"github", "secret x from 2026-01-01 from 2026-01-02", usage},
		"other word":  {"github", "secret x since 2026-01-01", usage},
		"bad date":    {"github", "secret x from 01.02.2026", `secret: from: "01.02.2026" is not a date such as 2026-02-01`},
		"empty date":  {"github", `secret x until ""`, `secret: until: "" is not a date`},
		"placeholder": {"github", "secret {http.file.x}", "{http.file.x} has no value when the configuration is loaded"},
		"two words":   {"stripe", "secret x\ntolerance 5 m", "tolerance takes one value"},
		"no word":     {"hmac", "secret x\nheader", "header takes one value"},
		"empty word":  {"hmac", "secret x\nprefix \"\"", "prefix takes one value"},
		"tolerance":   {"stripe", "secret x\ntolerance soon", `tolerance: "soon" is not a duration above zero`},
		"no time":     {"stripe", "secret x\ntolerance 0s", `tolerance: "0s" is not a duration above zero`},
		"header name": {"hmac", "secret x\nheader \"X Sig\"", `header: "X Sig" is not a header name`},
		"id header":   {"hmac", "secret x\nid_header é", `id_header: "é" is not a header name`},
		"time header": {"hmac", "secret x\ntimestamp_header :", `timestamp_header: ":" is not a header name`},
		"algorithm":   {"hmac", "secret x\nalgorithm md5", `algorithm cannot be "md5"; allowed: sha256, sha1, sha512`},
		"encoding":    {"hmac", "secret x\nencoding hexa", `encoding cannot be "hexa"; allowed: hex, base64`},
	} {
		_, err := parse(test.scheme, test.lines)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %s", name, err, test.want)
			continue
		}
		if !strings.Contains(err.Error(), "at Testfile:") {
			t.Errorf("%s: error %q names no line", name, err)
		}
	}
	v := &Verifier{scheme: "github"}
	err := v.UnmarshalCaddyfile(caddyfile.NewTestDispenser("github {env.KEY}"))
	if err == nil || !strings.Contains(err.Error(), "as in secret {env.NAME}") {
		t.Errorf("a word: error is %v", err)
	}
}

// FuzzUnmarshalCaddyfile has no block do more than be refused.
func FuzzUnmarshalCaddyfile(f *testing.F) {
	for _, lines := range []string{
		"secret x", "secret x from 2026-01-01 until 2026-02-01", "tolerance 5m", "{", "}", "secret {\n}",
		"header X\nprefix `",
	} {
		f.Add("hmac", lines)
		f.Add("stripe", lines)
	}
	f.Fuzz(func(t *testing.T, scheme, lines string) {
		tokens, err := caddyfile.Tokenize([]byte("x {\n"+lines+"\n}"), "Testfile")
		if err != nil {
			return
		}
		v := &Verifier{scheme: scheme}
		if v.UnmarshalCaddyfile(caddyfile.NewDispenser(tokens)) == nil && len(v.Secrets)+len(v.PublicKeys) == 0 {
			t.Errorf("%q was accepted without a secret", lines)
		}
	})
}
