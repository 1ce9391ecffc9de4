package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Expectation is something that a check must find when it runs the connector on its example. Expectations have no
// part in executions.
type Expectation struct {
	// What is looked at: `trigger` (true or false), `set` (a field that process sets), `field` (of the body to send),
	// `url`, `body`, `header` or `error` (the message of the event's error).
	Of string `json:"of"`

	// Which `set`, `field` (a path such as `meta.total` or `items[0].sku`) or `header`.
	Name string `json:"name,omitempty"`

	// What it must be. A string is compared as text where text was found, and else read as JSON first.
	Value json.RawMessage `json:"value"`

	// Where the expectation was written, a file and a line; a check that fails names it.
	At string `json:"at,omitempty"`
}

// The values of Expectation.Of.
const (
	ExpectTrigger = "trigger"
	ExpectSet     = "set"
	ExpectField   = "field"
	ExpectURL     = "url"
	ExpectBody    = "body"
	ExpectHeader  = "header"
	ExpectError   = "error"
)

// Expectable are the values of Expectation.Of.
var Expectable = []string{
	ExpectTrigger, ExpectSet, ExpectField, ExpectURL, ExpectBody, ExpectHeader, ExpectError,
}

// ExpectsName tells whether an expectation of this kind says which one it means.
func ExpectsName(of string) bool { return of == ExpectSet || of == ExpectField || of == ExpectHeader }

// String is the expectation as it is named to people: `field text`.
func (e *Expectation) String() string { return strings.TrimSpace(e.Of + " " + e.Name) }

// provisionExpectations finds what could never be checked.
func (c *Connector) provisionExpectations() (faults []error) {
	if len(c.Expect) > 0 && c.Example == "" {
		faults = append(faults, errors.New("expect: there is no example to check: declare one with `example`"))
	}
	for i := range c.Expect {
		if err := c.Expect[i].validate(); err != nil {
			faults = append(faults, fmt.Errorf("expect %s: %w", &c.Expect[i], err))
		}
	}
	return faults
}

func (e *Expectation) validate() error {
	switch {
	case !slices.Contains(Expectable, e.Of):
		return fmt.Errorf("%q is none of %s", e.Of, strings.Join(Expectable, ", "))
	case ExpectsName(e.Of) && e.Name == "":
		return fmt.Errorf("the name of the %s is missing", e.Of)
	case !ExpectsName(e.Of) && e.Name != "":
		return fmt.Errorf("%s has no name", e.Of)
	case !json.Valid(e.Value):
		return errors.New("the value is missing")
	}
	if text := e.text(); e.Of == ExpectTrigger && text != "true" && text != "false" {
		return fmt.Errorf("%s is neither true nor false", text)
	}
	return nil
}

// text is the expected value as text: that of a string, or JSON.
func (e *Expectation) text() string {
	var text string
	if json.Unmarshal(e.Value, &text) == nil && e.Value[0] == '"' {
		return text
	}
	return string(e.Value)
}
