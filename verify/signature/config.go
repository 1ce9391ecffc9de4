package signature

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Generic is the name of the scheme whose HMAC says how it signs. Every other name is that of a preset.
const Generic = "hmac"

// defaultTolerance is how far from now a signature's time may be: what Stripe, Slack and Standard Webhooks recommend.
const defaultTolerance = 5 * time.Minute

// Config is what a verifier needs to know beside its scheme. Its errors name the fields as configurations spell them.
type Config struct {
	// Secrets that the sender signs with. Several are valid at once while they are being rotated.
	Secrets []Secret
	// PublicKeys of senders that sign with ed25519.
	PublicKeys []string
	// Tolerance is how far from now, on both sides, a signature's time may be; zero is the scheme's default.
	Tolerance time.Duration
	// VerifyToken is what Meta repeats in its handshake.
	VerifyToken string
	// PublicURL takes the place of scheme and host in the URL of a request, where a scheme signs the URL.
	PublicURL string
	// HMAC is how the generic scheme signs. A preset has its own.
	HMAC HMAC
}

// Secret is a shared secret, or a public key, and when it is valid.
type Secret struct {
	Value string
	// From is the first instant at which it is valid, Until the first at which it no longer is; zero is no bound.
	From, Until time.Time
}

// HMAC says how a sender signs. Only Header has no default.
type HMAC struct {
	// Header carries the signature.
	Header string
	// Algorithm is sha256 (default), sha1 or sha512.
	Algorithm string
	// Encoding is hex (default) or base64.
	Encoding string
	// Prefix stands before the signature, as `sha256=` does.
	Prefix string
	// Signed is a template of the signed bytes, of $body, $timestamp, $id, $url and $method. Default: `$body`.
	Signed string
	// TimestampHeader carries the time of the signature.
	TimestampHeader string
	// TimestampPrefix marks the time in a list of which the signature is an item too, as `t=` does.
	TimestampPrefix string
	// IDHeader carries the id of the delivery.
	IDHeader string
	// Separator stands between the items of Header, where it holds several signatures or other items.
	Separator string
}

// Schemes are the names that New knows.
func Schemes() []string {
	names := append(slices.Collect(maps.Keys(presets)), Generic)
	slices.Sort(names)
	return names
}

// Fields are the names of what a scheme takes of a Config, as configurations spell them; nil for an unknown scheme.
func Fields(name string) []string {
	if name == Generic {
		fields := []string{"secret", "tolerance", "public_url"}
		for _, f := range new(HMAC).fields() {
			fields = append(fields, f.name)
		}
		return fields
	}
	preset, ok := presets[name]
	if !ok {
		return nil
	}
	s := preset.scheme.compile()
	takesSecret, takesPublic := s.takes()
	var fields []string
	for _, f := range []struct {
		name  string
		taken bool
	}{
		{"secret", takesSecret}, {"public_key", takesPublic}, {"tolerance", s.timed()},
		{"public_url", s.signed.usesURL()}, {"verify_token", preset.verifyToken},
	} {
		if f.taken {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// New makes the verifier of a scheme and the handshake that comes with it, nil if none does. Its error joins all the
// faults there are; none of them shows a secret.
func New(name string, c Config) (Verifier, Handshake, error) {
	s, faults := schemeOf(name, c.HMAC)
	if s == nil {
		return nil, nil, errors.Join(faults...)
	}
	v := &verifier{scheme: s, tolerance: s.tolerance}
	for _, err := range []error{v.setKeys(name, c), v.setTolerance(name, c.Tolerance), v.setURL(name, c.PublicURL)} {
		if err != nil {
			faults = append(faults, err)
		}
	}
	var handshake Handshake
	if made := presets[name].handshake; made != nil {
		handshake = made(c)
	}
	switch takesToken := presets[name].verifyToken; {
	case takesToken && c.VerifyToken == "":
		faults = append(faults, errors.New("verify_token is missing: without it the address cannot be confirmed"))
	case !takesToken && c.VerifyToken != "":
		faults = append(faults, fmt.Errorf("verify_token has no use in %s", name))
	}
	if len(faults) > 0 {
		return nil, nil, errors.Join(faults...)
	}
	return v, handshake, nil
}

// schemeOf finds a preset, or makes the generic scheme.
func schemeOf(name string, h HMAC) (*scheme, []error) {
	if name == Generic {
		return h.scheme()
	}
	preset, ok := presets[name]
	if !ok {
		return nil, []error{fmt.Errorf("unknown signature scheme %q; there are %s", name, strings.Join(Schemes(), ", "))}
	}
	var faults []error
	for _, field := range h.fields() {
		if *field.value != "" {
			faults = append(faults, fmt.Errorf("%s belongs to hmac: what %s does is known", field.name, name))
		}
	}
	return preset.scheme.compile(), faults
}

func (v *verifier) setTolerance(name string, tolerance time.Duration) error {
	switch {
	case tolerance < 0:
		return fmt.Errorf("tolerance %s is negative", tolerance)
	case tolerance > 0 && !v.scheme.timed():
		return fmt.Errorf("tolerance has no use in %s, which signs no time", name)
	case tolerance > 0:
		v.tolerance = tolerance
	}
	return nil
}

func (v *verifier) setURL(name, base string) error {
	if base == "" {
		return nil
	}
	parsed, err := url.Parse(base)
	switch {
	case !v.scheme.signed.usesURL():
		return fmt.Errorf("public_url has no use in %s, which does not sign the URL", name)
	case err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http",
		parsed.RawQuery != "" || parsed.Fragment != "" || parsed.User != nil:
		return fmt.Errorf("public_url %q is not an address such as https://hooks.example.com", base)
	}
	v.publicURL = strings.TrimSuffix(base, "/")
	return nil
}
