package caddyfile

import (
	"net/http"
	"strings"

	"github.com/krosyn/gateway/app"
)

// processBlock has the subdirectives of process:
//
//	process {
//		lookup <url> { … }
//		set    <name> <value>
//	}
var processBlock = newBlock("process", []directive[*app.Process]{
	{name: "lookup", usage: "URL { … }", parse: parseLookup},
	{name: "set", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, p *app.Process) error {
		return l.assignment(&p.Set)
	}},
})

// lookupBlock has the subdirectives of lookup:
//
//	lookup <url> {
//		header   <name> <value> | -<name>
//		query    <name> <value>
//		timeout  <duration>
//		on_error fail|continue
//	}
var lookupBlock = newBlock("lookup", []directive[*app.Lookup]{
	{name: "header", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, u *app.Lookup) error {
		return l.header(&u.Headers)
	}},
	{name: "query", usage: "NAME `VALUE`", repeat: true, parse: func(l *line, u *app.Lookup) error {
		return l.assignment(&u.Query)
	}},
	{name: "timeout", usage: "DURATION", parse: func(l *line, u *app.Lookup) error {
		return l.timeout(&u.Timeout)
	}},
	{name: "on_error", usage: "fail or on_error continue", parse: func(l *line, u *app.Lookup) error {
		return l.oneOf(&u.OnError, app.OnErrorFail, app.OnErrorContinue)
	}},
})

func parseProcess(l *line, c *connector) error {
	if err := l.count(0, 0); err != nil {
		return err
	}
	c.Process = new(app.Process)
	return nested(l, processBlock, c.Process)
}

func parseLookup(l *line, p *app.Process) error {
	p.Lookup = new(app.Lookup)
	if err := l.text(&p.Lookup.URL); err != nil {
		return err
	}
	return nested(l, lookupBlock, p.Lookup)
}

// assignment reads a line of a name and a value and appends them to dst.
func (l *line) assignment(dst *[]app.Assignment) error {
	if err := l.value(2); err != nil {
		return err
	}
	if l.words[0] == "" {
		return l.errf("%s: the name is empty", l.name)
	}
	*dst = append(*dst, app.Assignment{Name: l.words[0], Value: l.words[1]})
	return nil
}

// header reads a line of a header and its value and adds them to dst, or of a header to be left out, -NAME.
func (l *line) header(dst *map[string][]string) error {
	name, removed := "", false
	if len(l.words) > 0 {
		name, removed = strings.CutPrefix(l.words[0], "-")
	}
	if removed && len(l.words) > 1 {
		return l.errf("header: -%s leaves the header out, so it has no value", name)
	}
	if !removed {
		if err := l.value(2); err != nil {
			return err
		}
	}
	if err := l.checkHeader(name); err != nil {
		return err
	}
	if *dst == nil {
		*dst = make(map[string][]string)
	}
	name = http.CanonicalHeaderKey(name)
	values, known := (*dst)[name]
	if known && removed != (len(values) == 0) {
		return l.errf("header: %s is both set and left out", name)
	}
	if removed {
		(*dst)[name] = []string{}
		return nil
	}
	(*dst)[name] = append(values, l.words[1])
	return nil
}
