package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// page is something shown for people: lines with labels, and sections. The first error of writing is kept.
type page struct {
	*screen
	// margin stands before the lines of a body.
	margin string
	err    error
}

func newPage(out *screen) *page { return &page{screen: out, margin: "  "} }

func (p *page) print(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.screen, text)
	}
}

// line prints a text behind its label; an empty one is left out.
func (p *page) line(label, text string) { p.painted(label, text, plain) }

func (p *page) painted(label, text string, c colour) {
	if text != "" {
		p.print(p.paint(bold, fmt.Sprintf("%-11s", label)) + " " + p.paint(c, printable(text)) + "\n")
	}
}

// section begins a part of the page.
func (p *page) section(title, text string) {
	p.print("\n" + p.paint(bold, title))
	if text != "" {
		p.print("  " + printable(text))
	}
	p.print("\n")
}

func (p *page) body(title, text string, body json.RawMessage) {
	if len(body) > 0 {
		p.section(title, text)
		p.json(body, "", false)
	}
}

func (p *page) headers(headers http.Header) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, value := range headers[name] {
			p.print("  " + p.paint(faint, printable(name)+":") + " " + printable(value) + "\n")
		}
	}
}

// json prints a body: JSON with a line for each member, text in its own lines.
func (p *page) json(body json.RawMessage, encoding string, truncated bool) {
	if len(body) == 0 {
		return
	}
	var (
		shown bytes.Buffer
		text  string
	)
	switch {
	case body[0] == '"' && json.Unmarshal(body, &text) == nil:
		text = strings.ReplaceAll(printableText(text), "\n", "\n"+p.margin)
	case json.Indent(&shown, body, p.margin, "  ") == nil:
		text = printableJSON(shown.Bytes())
	default:
		text = printable(string(body))
	}
	p.print(p.margin + text + "\n")
	if encoding != "" {
		p.print(p.margin + "(" + printable(encoding) + ")\n")
	}
	if truncated {
		p.print(p.margin + "(cut here: see capture_body)\n")
	}
}

// table prints a table, indented as all below a section is.
func (p *page) table(draw func(*screen) error) {
	const indent = "  "
	var text strings.Builder
	inner := *p.screen
	inner.Writer = &text
	if inner.columns > 0 {
		inner.columns -= len(indent)
	}
	if err := draw(&inner); err != nil && p.err == nil {
		p.err = err
	}
	p.print(indent + strings.ReplaceAll(strings.TrimSuffix(text.String(), "\n"), "\n", "\n"+indent) + "\n")
}
