package caddyfile

import (
	"slices"
	"strings"

	"github.com/krosyn/gateway/app"
)

// performBlock has the subdirectives of perform:
//
//	perform <method> <url> {
//		query            <name> <value>
//		header           <name> <value> | -<name>
//		field            <name> <value>
//		form             <name> <value>
//		body             <value>
//		raw              <content type> <value>
//		basic_auth       <user> <password>
//		oauth2           { … }
//		sign             standard-webhooks <key…> | hmac { … }
//		tls              { … }
//		success          <expression>
//		timeout          <duration>
//		deadline         <duration>
//		retry            <attempts> { … }
//		breaker          <failures> <cooldown> { … }
//		follow_redirects <redirects>
//		proxy            <url>
//	}
var performBlock = newBlock("perform", []directive[*app.Perform]{
	{name: "query", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Perform) error {
		return l.assignment(&p.Query)
	}},
	{name: "header", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Perform) error {
		return l.header(&p.Headers)
	}},
	{name: "field", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Perform) error {
		return l.bodyOf(p, l.assignment(&p.Fields))
	}},
	{name: "form", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Perform) error {
		return l.bodyOf(p, l.assignment(&p.Form))
	}},
	{name: "body", usage: "`VALUE`", parse: func(l *line, p *app.Perform) error {
		return l.bodyOf(p, l.text(&p.Body))
	}},
	{name: "raw", usage: "CONTENT-TYPE `VALUE`", parse: parseRaw},
	{name: "basic_auth", usage: "USER PASSWORD", parse: parseBasicAuth},
	{name: "oauth2", usage: "{ … }", parse: parseOAuth2},
	{name: "sign", usage: "standard-webhooks KEY… or sign hmac { … }", parse: parseSign},
	{name: "tls", usage: "{ … }", parse: parseTLS},
	{name: "success", usage: "`EXPRESSION`", parse: func(l *line, p *app.Perform) error {
		return l.text(&p.Success)
	}},
	{name: "timeout", usage: "DURATION", parse: func(l *line, p *app.Perform) error {
		return l.timeout(&p.Timeout)
	}},
	{name: "deadline", usage: "DURATION", parse: func(l *line, p *app.Perform) error {
		return l.timeout(&p.Deadline)
	}},
	{name: "retry", usage: "ATTEMPTS { … }", parse: parseRetry},
	{name: "breaker", usage: "FAILURES COOLDOWN { … }", parse: parseBreaker},
	{name: "follow_redirects", usage: "REDIRECTS", parse: func(l *line, p *app.Perform) error {
		if err := l.count(1, 1); err != nil {
			return err
		}
		return l.number(&p.Redirects, l.words[0])
	}},
	{name: "proxy", usage: "http://HOST:PORT", parse: func(l *line, p *app.Perform) error {
		return l.word(&p.Proxy)
	}},
})

var performMethods = []string{"POST", "PUT", "PATCH", "DELETE"}

func parsePerform(l *line, c *connector) error {
	if err := l.value(2); err != nil {
		return err
	}
	p := &app.Perform{Method: strings.ToUpper(l.words[0]), URL: l.words[1]}
	if !slices.Contains(performMethods, p.Method) {
		return l.errf("perform cannot use the method %q; allowed: %s", l.words[0], strings.Join(performMethods, ", "))
	}
	if p.URL == "" {
		return l.errf("perform: the URL is empty")
	}
	c.Perform = p
	return nested(l, performBlock, p)
}

// bodyOf passes the error of a line that makes the body, or refuses a second kind of body.
func (l *line) bodyOf(p *app.Perform, err error) error {
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		directive string
		has       bool
	}{{"field", len(p.Fields) > 0}, {"form", len(p.Form) > 0}, {"body", p.Body != ""}, {"raw", p.Raw != nil}} {
		if kind.has && kind.directive != l.name {
			return l.errf("%s and %s exclude each other: each makes the whole body", l.name, kind.directive)
		}
	}
	return nil
}

func parseRaw(l *line, p *app.Perform) error {
	if err := l.value(2); err != nil {
		return err
	}
	p.Raw = &app.Raw{ContentType: l.words[0], Value: l.words[1]}
	if !strings.Contains(p.Raw.ContentType, "/") {
		return l.errf("raw: %q is not a content type, such as text/plain or application/xml", p.Raw.ContentType)
	}
	return l.bodyOf(p, nil)
}
