package caddyfile

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/krosyn/gateway/app"
)

// parseExpect reads what a check of the connector's example must find:
//
//	expect trigger true|false
//	expect set    <name> <value>
//	expect field  <path> <value>
//	expect header <name> <value>
//	expect url    <value>
//	expect body   <value>
//	expect error  <message>
//
// Other than elsewhere, a value is no expression, and may be empty.
func parseExpect(l *line, c *connector) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	expected := app.Expectation{Of: l.words[0], At: l.position()}
	if !slices.Contains(app.Expectable, expected.Of) {
		return l.errf("expect: %q is none of %s", expected.Of, strings.Join(app.Expectable, ", "))
	}
	words := 2
	if app.ExpectsName(expected.Of) {
		words = 3
	}
	if err := l.value(words); err != nil {
		return err
	}
	if words == 3 {
		if expected.Name = l.words[1]; expected.Name == "" {
			return l.errf("expect: the name of the %s is empty", expected.Of)
		}
	}
	text := l.words[words-1]
	if expected.Of == app.ExpectTrigger && text != "true" && text != "false" {
		return l.errf("expect trigger: %q is neither true nor false", text)
	}
	if expected.Of == app.ExpectHeader {
		if err := l.checkHeader(expected.Name); err != nil {
			return err
		}
	}
	var err error
	if expected.Value, err = json.Marshal(text); err != nil {
		return l.errf("expect: %w", err)
	}
	c.Expect = append(c.Expect, expected)
	return nil
}
