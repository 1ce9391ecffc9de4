package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/pipeline"
)

// show prints each connector with what it would send, and what was expected and not found.
func (c *checked) show(out *screen) error {
	p := newPage(out)
	p.margin = strings.Repeat(" ", 11) // below what follows a label
	var passed, wrong, without int
	for _, check := range c.Connectors {
		switch {
		case !check.Example:
			without++
		case check.OK:
			passed++
		default:
			wrong++
		}
		p.check(check)
	}
	p.print(fmt.Sprintf("%s: %d pass, %d wrong, %d without an example.\n", counted(len(c.Connectors), "connector"), passed,
		wrong, without))
	return p.err
}

func (p *page) check(c *app.Check) {
	verdict, colour := "ok", green
	switch {
	case !c.OK:
		verdict, colour = "WRONG", red
	case !c.Example:
		verdict, colour = "no example", faint
	}
	p.print(p.paint(bold, printable(c.Connector)) + "  " + p.paint(colour, verdict) + "\n")
	if c.Example {
		p.steps(c)
	}
	held := 0
	for i := range c.Expect {
		if c.Expect[i].OK {
			held++
		}
	}
	if held > 0 {
		p.indented("expect", fmt.Sprintf("%d of %d hold", held, len(c.Expect)))
	}
	for i := range c.Expect {
		p.difference(&c.Expect[i])
	}
	p.print("\n")
}

// steps prints what each step came to, and what would be sent.
func (p *page) steps(c *app.Check) {
	if t := c.Trigger; t != nil && t.Result != nil {
		p.indented("trigger", strconv.FormatBool(*t.Result))
		if !*t.Result {
			for _, e := range t.Explain {
				p.indented("", fmt.Sprintf("%s = %s", e.Expression, e.Value))
			}
		}
	}
	if l := c.Lookup; l != nil {
		p.indented("lookup", l.Request.Method+" "+l.Request.URL)
		p.indented("", "not sent: $lookup is null, or what --lookup gives")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.Processed, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			p.indented("set", fmt.Sprintf("%s = %s", name, fields[name]))
		}
	}
	if o := c.Outbound; o != nil {
		p.indented("sends", o.Method+" "+o.URL)
		for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
			if name == pipeline.HeaderDepth {
				continue // every request has it
			}
			for _, value := range o.Headers[name] {
				p.indented("", name+": "+value)
			}
		}
		p.json(o.Body, o.Encoding, o.Truncated)
	}
	if c.Error != nil {
		p.indented("error", c.Error.Error())
	}
}

// indented prints a text behind its label, below the name of a connector.
func (p *page) indented(label, text string) {
	p.print("  " + p.paint(faint, fmt.Sprintf("%-8s", label)) + " " + printable(text) + "\n")
}

// difference prints an expectation that does not hold: what was expected, and what there is instead.
func (p *page) difference(f *app.Finding) {
	if f.OK {
		return
	}
	where := f.String()
	if f.At != "" {
		where += ", at " + f.At
	}
	got := f.Reason
	if f.Got != nil {
		got = shownValue(f.Got)
	}
	p.print("  " + p.paint(red, "expect "+printable(where)) + "\n")
	p.print("    " + p.paint(green, "- expected "+printable(shownValue(f.Value))) + "\n")
	p.print("    " + p.paint(red, "+ got      "+printable(got)) + "\n")
}

// shownValue is a value as it is written in a Caddyfile: text without quotes.
func shownValue(raw json.RawMessage) string {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
