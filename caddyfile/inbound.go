package caddyfile

import (
	"slices"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/verify/signature"
)

// parseSignature leaves the block to the scheme's own module.
func parseSignature(l *line, e *app.Endpoint) error {
	raw, err := l.guest("krosyn.verifiers", "scheme")
	e.SignatureRaw = raw
	return err
}

func parseHandshake(l *line, e *app.Endpoint) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	known := signature.Handshakes()
	for _, name := range l.words {
		if !slices.Contains(known, name) {
			return l.errf("%s cannot be %q; allowed: %s", l.name, name, strings.Join(known, ", "))
		}
	}
	e.Handshakes = l.words
	return nil
}

// parseDeduplicate reads `deduplicate [EXPRESSION] WINDOW`.
func parseDeduplicate(l *line, c *connector) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if n := len(l.words) - 1; n > 1 {
		expression := (&line{words: l.words[:n], raw: l.raw[:n]}).quoted(0)
		return l.errf("too many words after %s: an expression with blanks or quotes stands between backquotes, as in %s %s %s",
			l.name, l.name, expression, l.words[n])
	}
	c.Deduplicate = new(app.Deduplicate)
	if len(l.words) == 2 {
		if c.Deduplicate.Key = l.words[0]; c.Deduplicate.Key == "" {
			return l.errf("%s: the expression is empty", l.name)
		}
	}
	return l.duration(&c.Deduplicate.Window, l.words[len(l.words)-1])
}

// parseRateLimit reads `rate_limit N per PERIOD [by VALUE]`.
func parseRateLimit(l *line, c *connector) error {
	if err := l.count(3, anyNumber); err != nil {
		return err
	}
	if l.words[1] != "per" {
		return l.errf("%s: %q stands where per belongs, expected: %s %s", l.name, l.words[1], l.name, l.usage)
	}
	c.RateLimit = new(app.RateLimit)
	if err := l.number(&c.RateLimit.Requests, l.words[0]); err != nil {
		return err
	}
	if err := l.duration(&c.RateLimit.Per, l.words[2]); err != nil {
		return err
	}
	return l.by(&c.RateLimit.By, 3)
}

// parseConcurrency reads `concurrency N [by VALUE]`.
func parseConcurrency(l *line, c *connector) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	c.Concurrency = new(app.Concurrency)
	if err := l.number(&c.Concurrency.Executions, l.words[0]); err != nil {
		return err
	}
	return l.by(&c.Concurrency.By, 1)
}

// by reads `by VALUE`, which may follow the first n words.
func (l *line) by(dst *string, n int) error {
	if len(l.words) == n {
		return nil
	}
	if l.words[n] != "by" {
		return l.errf("%s: %q stands where by belongs, expected: %s %s", l.name, l.words[n], l.name, strings.TrimSpace(l.usage))
	}
	if err := l.value(n + 2); err != nil {
		return err
	}
	if *dst = l.words[n+1]; *dst == "" {
		return l.errf("%s: the value after by is empty", l.name)
	}
	return nil
}
