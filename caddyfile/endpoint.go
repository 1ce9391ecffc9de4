package caddyfile

import (
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/verify"
)

// endpointDirectives are the subdirectives of an endpoint:
//
//	endpoint [<name>] {
//		path          <path>
//		bearer_token  <token>
//		secret_token  <token>
//		secret_header <name> <token>
//		expires       <date>
//		allow_origin  <origin…>
//		signature     <scheme> { … }
//		handshake     <name…>
//		auth          none|tokens
//	}
var endpointDirectives = []directive[*app.Endpoint]{
	{name: "path", usage: "PATH", parse: func(l *line, e *app.Endpoint) error {
		return l.path(&e.Path)
	}},
	{name: "bearer_token", usage: "TOKEN", repeat: true, parse: func(l *line, e *app.Endpoint) error {
		return l.token(&e.BearerTokens)
	}},
	{name: "secret_token", usage: "TOKEN", repeat: true, parse: func(l *line, e *app.Endpoint) error {
		return l.token(&e.SecretTokens)
	}},
	{name: "secret_header", usage: "NAME VALUE", repeat: true, parse: parseSecretHeader},
	{name: "expires", usage: "2027-06-30T00:00:00Z", parse: parseExpires},
	{name: "allow_origin", usage: "https://shop.example.com…", repeat: true, parse: parseAllowOrigin},
	{name: "signature", usage: "SCHEME { … }", parse: parseSignature},
	{name: "handshake", usage: "NAME…", parse: parseHandshake},
	{name: "auth", usage: "none or auth tokens", parse: func(l *line, e *app.Endpoint) error {
		return l.oneOf(&e.Auth, "none", "tokens")
	}},
}

var endpointBlock = newBlock("endpoint", endpointDirectives)

// inConnector makes directives of an endpoint directives of a connector, for its endpoint `default`.
func inConnector(directives []directive[*app.Endpoint]) []directive[*connector] {
	adapted := make([]directive[*connector], len(directives))
	for i, original := range directives {
		adapted[i] = directive[*connector]{
			name: original.name, usage: original.usage, repeat: original.repeat,
			parse: func(l *line, c *connector) error {
				if c.own == nil {
					if c.hasEndpoint(app.DefaultEndpoint) {
						return l.errf("%s belongs in the block of the endpoint %q, which this connector has", l.name, app.DefaultEndpoint)
					}
					c.own = new(app.Endpoint)
					c.Endpoints = append(c.Endpoints, c.own)
				}
				return original.parse(l, c.own)
			},
		}
	}
	return adapted
}

func parseEndpoint(l *line, c *connector) error {
	if err := l.count(0, 1); err != nil {
		return err
	}
	e := new(app.Endpoint)
	name := app.DefaultEndpoint
	if len(l.words) == 1 {
		name = l.words[0]
		e.Name = name
		if err := l.checkName(name); err != nil {
			return err
		}
	}
	if name == app.DefaultEndpoint && c.own != nil {
		return l.errf("what stands in the connector itself belongs to its endpoint %q already: "+
			"move it into this block, or give this one another name", name)
	}
	if c.hasEndpoint(name) {
		return l.errf("endpoint %q is declared twice", name)
	}
	c.Endpoints = append(c.Endpoints, e)
	return nested(l, endpointBlock, e)
}

func (c *connector) hasEndpoint(name string) bool {
	for _, e := range c.Endpoints {
		if e.Name == name || e.Name == "" && name == app.DefaultEndpoint {
			return true
		}
	}
	return false
}

// token reads a line of one token and appends it to dst.
func (l *line) token(dst *[]string) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	*dst = append(*dst, l.words[0])
	return l.checkCredential(l.words[0])
}

func parseSecretHeader(l *line, e *app.Endpoint) error {
	if err := l.count(2, 2); err != nil {
		return err
	}
	if err := l.checkHeader(l.words[0]); err != nil {
		return err
	}
	e.SecretHeaders = append(e.SecretHeaders, app.SecretHeader{Header: l.words[0], Value: l.words[1]})
	return l.checkCredential(l.words[1])
}

func parseExpires(l *line, e *app.Endpoint) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	e.Expires = l.words[0]
	if _, err := time.Parse(time.RFC3339, e.Expires); err != nil {
		return l.errf("expires: %q is not a date such as %s", e.Expires, l.usage)
	}
	return nil
}

func parseAllowOrigin(l *line, e *app.Endpoint) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if _, err := verify.ParseOrigins(l.words); err != nil {
		return l.errf("%s: %w", l.name, err)
	}
	e.AllowOrigins = append(e.AllowOrigins, l.words...)
	return nil
}
