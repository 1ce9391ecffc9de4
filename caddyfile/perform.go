package caddyfile

import (
	"slices"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/outbound"
)

// performBlock has the subdirectives of perform:
//
//	perform <method> <url> {
//		header  <name> <value>
//		field   <name> <value>
//		body    <value>
//		timeout <duration>
//		retry   <attempts> { … }
//		breaker <failures> <cooldown>
//	}
var performBlock = newBlock("perform", []directive[*app.Perform]{
	{name: "header", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Perform) error {
		return l.header(&p.Headers)
	}},
	{name: "field", usage: "NAME `VALUE`", repeat: true, parse: parseField},
	{name: "body", usage: "`VALUE`", parse: parseBody},
	{name: "timeout", usage: "DURATION", parse: func(l *line, p *app.Perform) error {
		return l.timeout(&p.Timeout)
	}},
	{name: "retry", usage: "ATTEMPTS { … }", parse: parseRetry},
	{name: "breaker", usage: "FAILURES COOLDOWN", parse: parseBreaker},
})

// retryBlock has the subdirectives of retry:
//
//	retry <attempts> {
//		backoff <first> <longest>
//		on      <status or class…>|never
//	}
var retryBlock = newBlock("retry", []directive[*app.Retry]{
	{name: "backoff", usage: "FIRST LONGEST", parse: parseBackoff},
	{name: "on", usage: "STATUS…", parse: parseOn},
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

func parseField(l *line, p *app.Perform) error {
	if p.Body != "" {
		return l.errf("field and body exclude each other: body is the whole body")
	}
	return l.assignment(&p.Fields)
}

func parseBody(l *line, p *app.Perform) error {
	if len(p.Fields) > 0 {
		return l.errf("body and field exclude each other: body is the whole body")
	}
	return l.text(&p.Body)
}

func parseRetry(l *line, p *app.Perform) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	p.Retry = new(app.Retry)
	if err := l.number(&p.Retry.Attempts, l.words[0]); err != nil {
		return err
	}
	return nested(l, retryBlock, p.Retry)
}

func parseBackoff(l *line, r *app.Retry) error {
	if err := l.count(2, 2); err != nil {
		return err
	}
	r.Backoff = new(app.Backoff)
	if err := l.duration(&r.Backoff.First, l.words[0]); err != nil {
		return err
	}
	if err := l.duration(&r.Backoff.Longest, l.words[1]); err != nil {
		return err
	}
	if r.Backoff.First > r.Backoff.Longest {
		return l.errf("backoff: the first pause, %s, is longer than the longest, %s", l.words[0], l.words[1])
	}
	return nil
}

func parseOn(l *line, r *app.Retry) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if _, err := outbound.ParseStatusSet(l.words); err != nil {
		return l.errf("on: %w", err)
	}
	r.On = l.words
	return nil
}

func parseBreaker(l *line, p *app.Perform) error {
	if err := l.count(2, 2); err != nil {
		return err
	}
	p.Breaker = new(app.Breaker)
	if err := l.number(&p.Breaker.Failures, l.words[0]); err != nil {
		return err
	}
	return l.duration(&p.Breaker.Cooldown, l.words[1])
}
