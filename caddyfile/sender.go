package caddyfile

import (
	"path/filepath"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/pipeline"
)

// oauth2Block has the subdirectives of oauth2:
//
//	oauth2 {
//		token_url     <url>
//		client_id     <id>
//		client_secret <secret>
//		scope         <scope…>
//		audience      <audience>
//	}
var oauth2Block = newBlock("oauth2", []directive[*app.OAuth2]{
	{name: "token_url", usage: "URL", parse: func(l *line, o *app.OAuth2) error { return l.word(&o.TokenURL) }},
	{name: "client_id", usage: "ID", parse: func(l *line, o *app.OAuth2) error { return l.word(&o.ClientID) }},
	{name: "client_secret", usage: "SECRET", parse: func(l *line, o *app.OAuth2) error {
		return l.word(&o.ClientSecret)
	}},
	{name: "scope", usage: "SCOPE…", repeat: true, parse: func(l *line, o *app.OAuth2) error {
		o.Scopes = append(o.Scopes, l.words...)
		return l.count(1, anyNumber)
	}},
	{name: "audience", usage: "AUDIENCE", parse: func(l *line, o *app.OAuth2) error { return l.word(&o.Audience) }},
})

// hmacBlock has the subdirectives of sign hmac:
//
//	sign hmac {
//		secret           <secret>
//		header           <name>
//		algorithm        sha256|sha1|sha512
//		encoding         hex|base64
//		prefix           <text>
//		signed           <text with $timestamp, $id and $body>
//		timestamp_header <name>
//		id_header        <name>
//	}
var hmacBlock = newBlock("sign hmac", []directive[*app.Sign]{
	{name: "secret", usage: "SECRET", parse: func(l *line, s *app.Sign) error {
		s.Secrets = make([]string, 1)
		return l.word(&s.Secrets[0])
	}},
	{name: "header", usage: "NAME", parse: func(l *line, s *app.Sign) error { return l.headerName(&s.Header) }},
	{name: "algorithm", usage: "sha256", parse: func(l *line, s *app.Sign) error {
		return l.oneOf(&s.Algorithm, "sha256", "sha1", "sha512")
	}},
	{name: "encoding", usage: "hex or encoding base64", parse: func(l *line, s *app.Sign) error {
		return l.oneOf(&s.Encoding, "hex", "base64")
	}},
	{name: "prefix", usage: "`TEXT`", parse: func(l *line, s *app.Sign) error { return l.text(&s.Prefix) }},
	{name: "signed", usage: "`TEXT`", parse: func(l *line, s *app.Sign) error { return l.text(&s.Signed) }},
	{name: "timestamp_header", usage: "NAME", parse: func(l *line, s *app.Sign) error {
		return l.headerName(&s.TimestampHeader)
	}},
	{name: "id_header", usage: "NAME", parse: func(l *line, s *app.Sign) error { return l.headerName(&s.IDHeader) }},
})

// tlsBlock has the subdirectives of tls:
//
//	tls {
//		client_certificate <file>
//		client_key         <file>
//		ca                 <file>
//	}
var tlsBlock = newBlock("tls", []directive[*app.TLS]{
	{name: "client_certificate", usage: "FILE", parse: func(l *line, t *app.TLS) error {
		return l.file(&t.ClientCertificate)
	}},
	{name: "client_key", usage: "FILE", parse: func(l *line, t *app.TLS) error { return l.file(&t.ClientKey) }},
	{name: "ca", usage: "FILE", parse: func(l *line, t *app.TLS) error { return l.file(&t.CA) }},
})

func parseBasicAuth(l *line, p *app.Perform) error {
	if p.OAuth2 != nil {
		return l.errf("basic_auth and oauth2 exclude each other: both make the header Authorization")
	}
	if err := l.count(2, 2); err != nil {
		return err
	}
	p.BasicAuth = &app.BasicAuth{User: l.words[0], Password: l.words[1]}
	return l.checkPlaceholder(l.words[1])
}

func parseOAuth2(l *line, p *app.Perform) error {
	if p.BasicAuth != nil {
		return l.errf("oauth2 and basic_auth exclude each other: both make the header Authorization")
	}
	if err := l.count(0, 0); err != nil {
		return err
	}
	p.OAuth2 = new(app.OAuth2)
	return nested(l, oauth2Block, p.OAuth2)
}

func parseSign(l *line, p *app.Perform) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	p.Sign = &app.Sign{Scheme: l.words[0]}
	switch p.Sign.Scheme {
	case pipeline.SchemeHMAC:
		if len(l.words) > 1 {
			return l.errf("too many words after sign hmac: its secret stands in its block")
		}
		return nested(l, hmacBlock, p.Sign)
	case pipeline.SchemeStandardWebhooks:
		if len(l.words) < 2 {
			return l.errf("sign standard-webhooks lacks its key")
		}
		p.Sign.Secrets = l.words[1:]
		for _, key := range p.Sign.Secrets {
			if err := l.checkPlaceholder(key); err != nil {
				return err
			}
		}
		return nil
	}
	return l.errf("sign cannot be %q; allowed: %s, %s", l.words[0], pipeline.SchemeStandardWebhooks, pipeline.SchemeHMAC)
}

func parseTLS(l *line, p *app.Perform) error {
	if err := l.count(0, 0); err != nil {
		return err
	}
	p.TLS = new(app.TLS)
	return nested(l, tlsBlock, p.TLS)
}

// word reads a line of one word that may have placeholders.
func (l *line) word(dst *string) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	if l.words[0] == "" {
		return l.errf("%s: the value is empty", l.name)
	}
	*dst = l.words[0]
	return l.checkPlaceholder(l.words[0])
}

func (l *line) headerName(dst *string) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	*dst = l.words[0]
	return l.checkHeader(l.words[0])
}

// file reads a line of one path. A path that is relative to the Caddyfile is made absolute, since Caddy may be running
// elsewhere; one that begins with a placeholder stays as it is.
func (l *line) file(dst *string) error {
	if err := l.word(dst); err != nil {
		return err
	}
	path := *dst
	if strings.HasPrefix(path, "{") || filepath.IsAbs(path) {
		return nil
	}
	absolute, err := filepath.Abs(filepath.Join(filepath.Dir(l.d.File()), path))
	if err != nil {
		return l.errf("%s: %w", l.name, err)
	}
	*dst = absolute
	return nil
}
