// Package verifier has the guest modules `krosyn.verifiers.*`: how an endpoint's configuration names a signature scheme
// and what the scheme needs.
//
// One module type serves all the schemes. It resolves placeholders and reads the Caddyfile; what a scheme is, what it
// takes and whether a signature holds is for the package signature to know.
package verifier

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/verify/signature"
)

// namespace is where the modules are, each below it under the name of its scheme.
const namespace = "krosyn.verifiers"

func init() {
	for _, scheme := range signature.Schemes() {
		caddy.RegisterModule(&Verifier{scheme: scheme})
	}
}

// Verifier checks that a request was signed by whoever has the secret. What a scheme does not need it does not take.
//
// `hmac` is the scheme that says itself how it signs; all the others are known senders, whose way of signing is built
// in.
type Verifier struct {
	// The shared secrets. Several are valid at once, so that a secret can be changed without a gap.
	Secrets []Secret `json:"secret,omitempty"`

	// The public keys of a sender that signs with ed25519: hex digits (`discord`), or `whpk_` and base64
	// (`standard-webhooks`).
	PublicKeys []string `json:"public_key,omitempty"`

	// How far from now, on both sides, the time of a signature may be. Only for schemes that sign the time. Default: 5m;
	// `mailgun` 12h.
	Tolerance caddy.Duration `json:"tolerance,omitempty"`

	// The text that Meta repeats when it checks the address: any that is hard to guess, entered there too.
	VerifyToken string `json:"verify_token,omitempty"`

	// The address at which the sender knows this server, such as `https://hooks.example.com`, for schemes that sign the
	// URL. Default: scheme and host of the request, which a proxy in front may have changed.
	PublicURL string `json:"public_url,omitempty"`

	// For `hmac`: the header that carries the signature.
	Header string `json:"header,omitempty"`

	// For `hmac`: `sha256`, `sha1` or `sha512`. Default: `sha256`.
	Algorithm string `json:"algorithm,omitempty"`

	// For `hmac`: `hex` or `base64`. Default: `hex`.
	Encoding string `json:"encoding,omitempty"`

	// For `hmac`: what stands before the signature, such as `sha256=`.
	Prefix string `json:"prefix,omitempty"`

	// For `hmac`: the signed bytes, as a template of `$body`, `$timestamp`, `$id`, `$url` and `$method`, such as
	// `$timestamp.$body`. Default: `$body`.
	Signed string `json:"signed,omitempty"`

	// For `hmac`: the header with the time of the signature, as Unix seconds or milliseconds or in RFC 3339.
	TimestampHeader string `json:"timestamp_header,omitempty"`

	// For `hmac`: what marks the time, such as `t=`, where it is an item of the same header as the signature.
	TimestampPrefix string `json:"timestamp_prefix,omitempty"`

	// For `hmac`: the header with the id of the delivery, by which repeated deliveries are recognised.
	IDHeader string `json:"id_header,omitempty"`

	// For `hmac`: what separates the items of the header, where it holds several. One right signature suffices. Default:
	// the header is one signature.
	Separator string `json:"separator,omitempty"`

	scheme      string
	verifier    signature.Verifier
	handshake   signature.Handshake
	credentials []string
}

// Secret is a shared secret and when it is valid.
type Secret struct {
	// The value, or a placeholder such as `{env.SIGNING_KEY}` or `{file./run/secrets/key}` that is resolved when the
	// configuration is loaded.
	Value string `json:"value"`

	// When it begins to be valid: a time in RFC 3339, or a date, which begins at midnight UTC. Default: always was.
	From string `json:"from,omitempty"`

	// When it ceases to be valid, written likewise. Default: never.
	Until string `json:"until,omitempty"`
}

// CaddyModule implements caddy.Module.
func (v *Verifier) CaddyModule() caddy.ModuleInfo {
	scheme := v.scheme
	return caddy.ModuleInfo{
		ID:  caddy.ModuleID(namespace + "." + scheme),
		New: func() caddy.Module { return &Verifier{scheme: scheme} },
	}
}

// Provision resolves placeholders and makes the verifier. Its error joins all the faults of the configuration.
func (v *Verifier) Provision(ctx caddy.Context) error {
	config, err := v.config(ctx.Logger())
	if err != nil {
		return err
	}
	v.verifier, v.handshake, err = signature.New(v.scheme, config)
	return err
}

// Verifier implements signature.Provider.
func (v *Verifier) Verifier() signature.Verifier { return v.verifier }

// Handshake implements signature.Provider.
func (v *Verifier) Handshake() signature.Handshake { return v.handshake }

// Credentials implements signature.Provider.
func (v *Verifier) Credentials() []string { return v.credentials }

// config is the configuration with its placeholders replaced.
func (v *Verifier) config(logger *zap.Logger) (signature.Config, error) {
	replacer := caddy.NewReplacer()
	var faults []error
	resolve := func(field, configured string) string {
		value, err := replacer.ReplaceOrErr(configured, true, true)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", field, err))
		}
		return value
	}
	confidential := func(field, configured string) string {
		value := resolve(field, configured)
		if value != "" {
			v.credentials = append(v.credentials, value)
		}
		if value != "" && value == configured {
			logger.Warn("a credential stands in the configuration as plain text; a placeholder such as {env.NAME} keeps it out",
				zap.String("where", "signature "+v.scheme+": "+field))
		}
		return value
	}
	config := signature.Config{
		Tolerance:   time.Duration(v.Tolerance),
		VerifyToken: confidential("verify_token", v.VerifyToken),
		PublicURL:   resolve("public_url", v.PublicURL),
		HMAC: signature.HMAC{
			Header: v.Header, Algorithm: v.Algorithm, Encoding: v.Encoding, Prefix: v.Prefix, Signed: v.Signed,
			TimestampHeader: v.TimestampHeader, TimestampPrefix: v.TimestampPrefix, IDHeader: v.IDHeader,
			Separator: v.Separator,
		},
	}
	for _, secret := range v.Secrets {
		resolved := signature.Secret{Value: confidential("secret", secret.Value)}
		for _, bound := range []struct {
			name, text string
			at         *time.Time
		}{{"from", secret.From, &resolved.From}, {"until", secret.Until, &resolved.Until}} {
			at, err := parseDate(bound.text)
			if err != nil {
				faults = append(faults, fmt.Errorf("secret: %s: %w", bound.name, err))
			}
			*bound.at = at
		}
		config.Secrets = append(config.Secrets, resolved)
	}
	for _, key := range v.PublicKeys {
		config.PublicKeys = append(config.PublicKeys, resolve("public_key", key))
	}
	return config, errors.Join(faults...)
}

// parseDate reads a time, or a date at whose beginning in UTC it is; "" is the zero time.
func parseDate(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date such as 2026-02-01 or 2026-02-01T12:00:00Z", text)
}

var (
	_ caddy.Provisioner  = (*Verifier)(nil)
	_ signature.Provider = (*Verifier)(nil)
)
