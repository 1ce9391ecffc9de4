package verifier

import (
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"golang.org/x/net/http/httpguts"

	"github.com/krosyn/gateway/verify/signature"
)

// UnmarshalCaddyfile sets the verifier up from Caddyfile tokens:
//
//	signature <scheme> {
//		secret           <value> [from <date>] [until <date>]
//		public_key       <key>
//		tolerance        <duration>
//		verify_token     <text>
//		public_url       <address>
//		header           <name>
//		algorithm        sha256|sha1|sha512
//		encoding         hex|base64
//		prefix           <text>
//		signed           <template>
//		timestamp_header <name>
//		timestamp_prefix <text>
//		id_header        <name>
//		separator        <text>
//	}
//
// Each scheme takes some of them. `secret` and `public_key` may occur several times.
func (v *Verifier) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the scheme
	if d.NextArg() {
		return d.Errf("signature %s takes no words: what it needs stands in its block, as in secret {env.NAME}", v.scheme)
	}
	allowed := signature.Fields(v.scheme)
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		repeats := name == "secret" || name == "public_key"
		switch {
		case !slices.Contains(allowed, name):
			return d.Errf("unrecognized subdirective %q in signature %s; allowed: %s", name, v.scheme,
				strings.Join(allowed, ", "))
		case seen[name] && !repeats:
			return d.Errf("%s is repeated in signature %s; allowed: %s", name, v.scheme, strings.Join(allowed, ", "))
		}
		seen[name] = true
		if err := v.unmarshal(d, name); err != nil {
			return err
		}
	}
	if !seen["secret"] && !seen["public_key"] {
		keys := slices.DeleteFunc(slices.Clone(allowed), func(name string) bool {
			return name != "secret" && name != "public_key"
		})
		return d.Errf("signature %s lacks its %s", v.scheme, strings.Join(keys, " or "))
	}
	return nil
}

// unmarshal reads the line of one subdirective, on whose name d stands.
func (v *Verifier) unmarshal(d *caddyfile.Dispenser, name string) error {
	words := d.RemainingArgs()
	if name == "secret" {
		return v.unmarshalSecret(d, words)
	}
	if len(words) != 1 || words[0] == "" {
		return d.Errf("%s takes one value", name)
	}
	word := words[0]
	switch name {
	case "public_key":
		v.PublicKeys = append(v.PublicKeys, word)
		return checkPlaceholder(d, name, word)
	case "tolerance":
		tolerance, err := caddy.ParseDuration(word)
		if err != nil || tolerance <= 0 {
			return d.Errf("tolerance: %q is not a duration above zero, such as 30s or 5m", word)
		}
		v.Tolerance = caddy.Duration(tolerance)
		return nil
	case "verify_token":
		v.VerifyToken = word
		return checkPlaceholder(d, name, word)
	case "public_url":
		v.PublicURL = word
		return checkPlaceholder(d, name, word)
	case "header":
		v.Header = word
		return checkHeader(d, name, word)
	case "timestamp_header":
		v.TimestampHeader = word
		return checkHeader(d, name, word)
	case "id_header":
		v.IDHeader = word
		return checkHeader(d, name, word)
	case "algorithm":
		v.Algorithm = word
		return oneOf(d, name, word, "sha256", "sha1", "sha512")
	case "encoding":
		v.Encoding = word
		return oneOf(d, name, word, "hex", "base64")
	case "prefix":
		v.Prefix = word
	case "timestamp_prefix":
		v.TimestampPrefix = word
	case "separator":
		v.Separator = word
	case "signed":
		v.Signed = word
	}
	return nil
}

// unmarshalSecret reads the words of `secret VALUE [from DATE] [until DATE]`.
func (v *Verifier) unmarshalSecret(d *caddyfile.Dispenser, words []string) error {
	const usage = "secret takes a value and a window, as in secret {env.NAME} from 2026-01-01 until 2026-02-01"
	if len(words) == 0 || words[0] == "" {
		return d.Err(usage)
	}
	secret := Secret{Value: words[0]}
	if err := checkPlaceholder(d, "secret", secret.Value); err != nil {
		return err
	}
	for window := words[1:]; len(window) > 0; window = window[2:] {
		var at *string
		switch {
		case len(window) == 1:
			return d.Err(usage)
		case window[0] == "from" && secret.From == "":
			at = &secret.From
		case window[0] == "until" && secret.Until == "":
			at = &secret.Until
		default:
			return d.Err(usage)
		}
		*at = window[1]
		if _, err := parseDate(*at); err != nil || *at == "" {
			return d.Errf("secret: %s: %q is not a date such as 2026-02-01 or 2026-02-01T12:00:00Z", window[0], *at)
		}
	}
	v.Secrets = append(v.Secrets, secret)
	return nil
}

// checkPlaceholder refuses a placeholder that has no value when the configuration is loaded. Caddy itself rewrites
// a relative {file.x} in a site to a placeholder of the request.
func checkPlaceholder(d *caddyfile.Dispenser, name, word string) error {
	if strings.Contains(word, "{http.") {
		return d.Errf("%s: %s has no value when the configuration is loaded: write {env.NAME}, or {file./path} with an "+
			"absolute path", name, word)
	}
	return nil
}

func checkHeader(d *caddyfile.Dispenser, name, word string) error {
	if !httpguts.ValidHeaderFieldName(word) {
		return d.Errf("%s: %q is not a header name", name, word)
	}
	return nil
}

func oneOf(d *caddyfile.Dispenser, name, word string, allowed ...string) error {
	if !slices.Contains(allowed, word) {
		return d.Errf("%s cannot be %q; allowed: %s", name, word, strings.Join(allowed, ", "))
	}
	return nil
}

// Interface guard
var _ caddyfile.Unmarshaler = (*Verifier)(nil)
