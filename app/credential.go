package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// outboundCredentials are the values with which the connector's own requests prove who sends them, beside the declared
// secrets. Redaction has to find them.
func (c *Connector) outboundCredentials() []string {
	var all []string
	if c.Process != nil && c.Process.Lookup != nil {
		all = append(all, c.Process.Lookup.credentials...)
	}
	if c.Perform != nil {
		all = append(all, c.Perform.credentials...)
	}
	return all
}

// name resolves what identifies without proving anything: a user, a client.
func (t *translation) name(where, configured string) string {
	if name, ok := strings.CutPrefix(configured, "$secret."); ok && validSecretName(name) {
		value, declared := t.secrets[name]
		if !declared {
			t.fault(where, fmt.Errorf("Unknown secret: %s", name))
		}
		return value
	}
	value, err := resolve(configured)
	t.fault(where, err)
	return value
}

// credential resolves what proves, and notes it for redaction.
func (t *translation) credential(where, configured string, credentials *[]string) string {
	if !strings.HasPrefix(configured, "$secret.") {
		warnLiteral(t.logger, where, configured)
	}
	value := t.name(where, configured)
	*credentials = append(*credentials, value)
	return value
}

// shortestPath is from how many bytes on what a placeholder puts into a path or query is taken for a credential.
// Shorter ones are names (v2, orders), and redaction would not look for them either.
const shortestPath = 8

// url resolves the placeholders of a URL. What they put behind its host may be a credential; the host is none, and
// would be redacted in every event.
func (t *translation) url(where, configured string, credentials *[]string) string {
	resolved, err := resolveURL(configured)
	t.fault(where, err)
	path := pathStart(resolved)
	offset := 0
	for _, match := range placeholder.FindAllStringIndex(configured, -1) {
		value, err := resolve(configured[match[0]:match[1]])
		if err != nil {
			return resolved
		}
		start := match[0] + offset
		end := start + len(value)
		offset += len(value) - (match[1] - match[0])
		if start = max(start, path); end-start >= shortestPath {
			*credentials = append(*credentials, resolved[start:end])
		}
	}
	return resolved
}

// pathStart is where the host of a URL ends.
func pathStart(u string) int {
	host := strings.Index(u, "://")
	if host < 0 {
		return 0
	}
	host += len("://")
	if end := strings.IndexAny(u[host:], "/?#"); end >= 0 {
		return host + end
	}
	return len(u)
}

func (t *translation) basicAuth(p *Perform) *pipeline.BasicAuth {
	if p.BasicAuth == nil {
		return nil
	}
	const where = "perform: basic_auth"
	return &pipeline.BasicAuth{
		User:     t.name(where, p.BasicAuth.User),
		Password: t.credential(where, p.BasicAuth.Password, &p.credentials),
	}
}

func (t *translation) oauth2(p *Perform) *outbound.TokenSettings {
	o := p.OAuth2
	if o == nil {
		return nil
	}
	const where = "perform: oauth2: "
	settings := &outbound.TokenSettings{
		URL:          t.url(where+"token_url", o.TokenURL, &p.credentials),
		ClientID:     t.name(where+"client_id", o.ClientID),
		ClientSecret: t.credential(where+"client_secret", o.ClientSecret, &p.credentials),
		Scopes:       o.Scopes,
	}
	if o.Audience != "" {
		settings.Audience = t.name(where+"audience", o.Audience)
	}
	return settings
}

func (t *translation) sign(p *Perform) *pipeline.Signature {
	s := p.Sign
	if s == nil {
		return nil
	}
	out := &pipeline.Signature{
		Scheme: s.Scheme, Header: s.Header, Prefix: s.Prefix, Algorithm: s.Algorithm, Encoding: s.Encoding,
		Signed: s.Signed, TimestampHeader: s.TimestampHeader, IDHeader: s.IDHeader,
	}
	for _, secret := range s.Secrets {
		out.Secrets = append(out.Secrets, t.credential("perform: sign "+s.Scheme, secret, &p.credentials))
	}
	if s.Scheme == pipeline.SchemeHMAC {
		out.Algorithm = orElse(s.Algorithm, "sha256")
		out.Encoding = orElse(s.Encoding, "hex")
		out.Signed = orElse(s.Signed, "$body")
	} else if len(s.Header+s.Algorithm+s.Encoding+s.Prefix+s.Signed+s.TimestampHeader+s.IDHeader) > 0 {
		t.fault("perform: sign "+s.Scheme, errors.New("only hmac has settings beside its secret"))
	}
	return out
}

func orElse(configured, fallback string) string {
	if configured == "" {
		return fallback
	}
	return configured
}
