package caddyfile

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
)

// connectorBlock has the subdirectives of a connector: those of its own, and those of an endpoint, which belong to
// its endpoint `default`.
//
//	connector <name> {
//		description   <text>
//		disabled
//		example       <json>|file:<path>
//		expect        <what> [<name>] <value>
//		endpoint      [<name>] { … }
//		deduplicate   [<expression>] <window>
//		rate_limit    <requests> per <period> [by <value>]
//		concurrency   <executions> [by <value>]
//		trigger       <expression>
//		process       { … }
//		perform       <method> <url> { … }
//		respond       sync|async|target
//		redeliver     <pause…>|off
//		on_disconnect finish|cancel
//		store_payload off|on
//	}
var connectorBlock = newBlock("connector", append([]directive[*connector]{
	{name: "description", usage: "`TEXT`", parse: func(l *line, c *connector) error {
		return l.text(&c.Description)
	}},
	{name: "disabled", parse: func(l *line, c *connector) error {
		return l.flag(&c.Disabled)
	}},
	{name: "example", usage: "file:PATH or `JSON`", parse: parseExample},
	{name: "expect", usage: "trigger|set|field|url|body|header|error [NAME] `VALUE`", repeat: true, parse: parseExpect},
	{name: "endpoint", usage: "[NAME] { … }", repeat: true, parse: parseEndpoint},
	{name: "deduplicate", usage: "[`EXPRESSION`] WINDOW", parse: parseDeduplicate},
	{name: "rate_limit", usage: "REQUESTS per PERIOD [by `VALUE`]", parse: parseRateLimit},
	{name: "concurrency", usage: "EXECUTIONS [by `VALUE`]", parse: parseConcurrency},
	{name: "trigger", usage: "`EXPRESSION`", parse: func(l *line, c *connector) error {
		return l.text(&c.Trigger)
	}},
	{name: "process", usage: "{ … }", parse: parseProcess},
	{name: "perform", usage: "METHOD URL { … }", parse: parsePerform},
	{name: "respond", usage: "sync, respond async or respond target", parse: func(l *line, c *connector) error {
		return l.oneOf(&c.Respond, app.Responds...)
	}},
	{name: "redeliver", usage: "PAUSE… or redeliver off", parse: parseRedeliver},
	{name: "on_disconnect", usage: "finish or on_disconnect cancel", parse: func(l *line, c *connector) error {
		return l.oneOf(&c.OnDisconnect, app.OnDisconnectFinish, app.OnDisconnectCancel)
	}},
	{name: "store_payload", usage: "off", parse: parseStorePayload},
}, inConnector(endpointDirectives)...))

// connector is a connector in the making.
type connector struct {
	*app.Connector
	// own is the endpoint `default` of the directives written in the connector itself.
	own *app.Endpoint
}

func parseConnector(l *line, s *site) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	name := l.words[0]
	if err := l.checkName(name); err != nil {
		return err
	}
	if err := s.declare(l, name); err != nil {
		return err
	}
	c := &connector{Connector: &app.Connector{Name: name}}
	s.Connectors = append(s.Connectors, c.Connector)
	return nested(l, connectorBlock, c)
}

// parseExample makes a path that is relative to the Caddyfile absolute, since Caddy may be running elsewhere.
func parseExample(l *line, c *connector) error {
	if err := l.text(&c.Example); err != nil {
		return err
	}
	path, ok := strings.CutPrefix(c.Example, "file:")
	if !ok {
		if !json.Valid([]byte(c.Example)) {
			return l.errf("example is neither JSON nor file:PATH")
		}
		return nil
	}
	if path == "" {
		return l.errf("example: file: lacks a path")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(l.d.File()), path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return l.errf("example: %w", err)
	}
	c.Example = "file:" + absolute
	return nil
}

// parseRedeliver reads `redeliver PAUSE…` or `redeliver off`.
func parseRedeliver(l *line, c *connector) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if l.words[0] == "off" && len(l.words) == 1 {
		c.Redeliver = []caddy.Duration{}
		return nil
	}
	c.Redeliver = make([]caddy.Duration, len(l.words))
	for i, word := range l.words {
		if err := l.duration(&c.Redeliver[i], word); err != nil {
			return err
		}
	}
	return nil
}

func parseStorePayload(l *line, c *connector) error {
	var word string
	if err := l.oneOf(&word, "off", "on"); err != nil {
		return err
	}
	store := word == "on"
	c.StorePayload = &store
	return nil
}
