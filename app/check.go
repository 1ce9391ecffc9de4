package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// Check is what came of running a connector on its example without sending anything: the steps as an event has them,
// and what was expected of them.
type Check struct {
	Connector string `json:"connector"`
	// OK tells that every expectation holds and that nothing failed that was not expected to. A connector without an
	// example is OK: there is nothing to run.
	OK bool `json:"ok"`
	// Example tells whether there is one.
	Example bool `json:"example"`
	// Status is what the event would have if the target answered.
	Status    event.Status    `json:"status,omitempty"`
	Error     *event.Error    `json:"error,omitempty"`
	Trigger   *event.Trigger  `json:"trigger,omitempty"`
	Lookup    *event.Lookup   `json:"lookup,omitempty"`
	Processed json.RawMessage `json:"processed,omitempty"`
	Outbound  *event.Outbound `json:"outbound,omitempty"`
	Expect    []Finding       `json:"expect,omitempty"`
}

// Finding is an expectation with what was found.
type Finding struct {
	Expectation
	OK bool `json:"ok"`
	// Got is the value that was found, as JSON; absent where there was none, and then Reason says why.
	Got    json.RawMessage `json:"got,omitempty"`
	Reason string          `json:"reason,omitempty"`
}

// Check runs the connector on its example, with what the lookup would have answered (nil is null), and compares. The
// store is not touched. Secrets are `[REDACTED]` in all of it, in what is expected too.
func (c *Connector) Check(ctx context.Context, lookup json.RawMessage) (*Check, error) {
	check := &Check{Connector: c.Name, OK: true}
	e, err := c.DryRun(ctx, Rehearsal{Lookup: lookup, Whole: true})
	if errors.Is(err, ErrNothingToRehearse) {
		return check, nil
	}
	if err != nil {
		return nil, fmt.Errorf("connector %s: %w", c.Name, err)
	}
	check.Example, check.Status, check.Error, check.Trigger = true, e.Status, e.Error, e.Trigger
	check.Lookup, check.Processed, check.Outbound = e.Lookup, e.Processed, e.Outbound
	if e.Lookup != nil {
		forgetID(e.Lookup.Request, e.ID)
	}
	forgetID(e.Outbound, e.ID)
	for _, expected := range c.Expect {
		finding := expected.compare(check)
		check.OK = check.OK && finding.OK
		check.Expect = append(check.Expect, finding)
	}
	if e.Status == event.Failed && !check.expects(ExpectError) {
		check.OK = false
	}
	return check, nil
}

// forgetID takes the headers out of a request that are new each time, so that a check always gives the same.
func forgetID(o *event.Outbound, id event.ID) {
	if o == nil {
		return
	}
	o.Headers = maps.Clone(o.Headers)
	maps.DeleteFunc(o.Headers, func(_ string, values []string) bool {
		return len(values) == 1 && values[0] == id.String()
	})
}

func (c *Check) expects(of string) bool {
	return slices.ContainsFunc(c.Expect, func(f Finding) bool { return f.Of == of })
}

// compare looks for what is expected in what a dry run came to.
func (e *Expectation) compare(c *Check) Finding {
	finding := Finding{Expectation: *e}
	var candidates []json.RawMessage
	switch e.Of {
	case ExpectTrigger:
		candidates, finding.Reason = c.trigger()
	case ExpectError:
		candidates, finding.Reason = c.failure()
	case ExpectSet:
		candidates, finding.Reason = c.set(e.Name)
	default:
		candidates, finding.Reason = c.sent(e)
	}
	for _, got := range candidates {
		if finding.Got == nil || e.matches(got) {
			finding.Got = got
		}
		finding.OK = finding.OK || e.matches(got)
	}
	return finding
}

// matches compares a value with the expected one: as text where it is text, else as JSON.
func (e *Expectation) matches(got json.RawMessage) bool {
	found, err := value.Decode(got)
	if err != nil {
		return false
	}
	if text, ok := found.(string); ok {
		return text == e.text()
	}
	expected, err := value.Decode([]byte(e.text()))
	return err == nil && same(found, expected)
}

// same tells whether two values are the same JSON: unlike the language's equals, no text is a number.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, same)
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for key, member := range a {
			if opposite, ok := other[key]; !ok || !same(member, opposite) {
				return false
			}
		}
		return true
	}
	return value.TypeOf(a) == value.TypeOf(b) && value.Equal(a, b)
}

func (c *Check) trigger() ([]json.RawMessage, string) {
	switch {
	case c.Trigger == nil:
		return quoted(true), "" // a connector without a trigger is always triggered
	case c.Trigger.Result == nil:
		return nil, c.why()
	}
	return quoted(*c.Trigger.Result), ""
}

// failure has the error's message, alone and with its detail.
func (c *Check) failure() ([]json.RawMessage, string) {
	if c.Error == nil {
		return nil, "nothing failed"
	}
	return quoted(c.Error.Message, c.Error.Error()), ""
}

func (c *Check) set(name string) ([]json.RawMessage, string) {
	if len(c.Processed) == 0 {
		return nil, c.why()
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.Processed, &fields); err != nil {
		return nil, err.Error()
	}
	if got, ok := fields[name]; ok {
		return []json.RawMessage{got}, ""
	}
	if c.Error != nil {
		return nil, c.why()
	}
	return nil, "process sets no such field"
}

// sent looks into the request that would be sent.
func (c *Check) sent(e *Expectation) ([]json.RawMessage, string) {
	o := c.Outbound
	if o == nil {
		return nil, c.why()
	}
	switch e.Of {
	case ExpectURL:
		return quoted(o.URL), ""
	case ExpectHeader:
		values := o.Headers[textproto.CanonicalMIMEHeaderKey(e.Name)]
		if len(values) == 0 {
			return nil, "no such header is sent"
		}
		return quoted(values...), ""
	case ExpectBody:
		if o.Body == nil {
			return nil, "the body is empty"
		}
		return []json.RawMessage{o.Body}, ""
	}
	return c.field(o, e.Name)
}

// field looks for a field of a JSON body or of a form.
func (c *Check) field(o *event.Outbound, name string) ([]json.RawMessage, string) {
	if strings.HasPrefix(http.Header(o.Headers).Get("Content-Type"), "application/x-www-form-urlencoded") {
		var text string
		if err := json.Unmarshal(o.Body, &text); err == nil {
			if form, err := url.ParseQuery(text); err == nil && form.Has(name) {
				return quoted(form[name]...), ""
			}
		}
		return nil, "the form has no such field"
	}
	if o.Body == nil {
		return nil, "the body is empty"
	}
	body, err := value.NewDocument(o.Body)
	if err != nil {
		return nil, "the body is not JSON"
	}
	got, found, err := pipeline.FieldAt(body, name)
	switch {
	case err != nil:
		return nil, err.Error()
	case !found:
		return nil, "the body has no such field"
	}
	return []json.RawMessage{got}, ""
}

// why says what kept a step from being taken.
func (c *Check) why() string {
	switch {
	case c.Error != nil:
		return c.Error.Error()
	case c.Status == event.Skipped:
		return "the trigger is false, so nothing is sent"
	}
	return "process sets nothing"
}

// quoted has values as JSON.
func quoted[T string | bool](values ...T) []json.RawMessage {
	list := make([]json.RawMessage, len(values))
	for i, v := range values {
		list[i], _ = value.AppendJSON(nil, v)
	}
	return list
}
