package pipeline

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"github.com/krosyn/gateway/expression"
)

// body is a compiled request body.
type body struct {
	contentType []string
	isJSON      bool
	append      func(dst []byte, ctx *expression.Context) ([]byte, error)
}

var (
	jsonType = []string{"application/json"}
	formType = []string{"application/x-www-form-urlencoded"}
)

// body compiles the body that the definition builds, nil if it builds none.
func (c *compiler) body(definition *Perform) *body {
	var declared []string
	var made *body
	declare := func(directive string, b *body) {
		declared = append(declared, directive)
		made = b
	}
	if len(definition.Fields) > 0 {
		declare("field", c.fields(definition.Fields))
	}
	if len(definition.Form) > 0 {
		form := c.parameters("perform: form", definition.Form, expression.ScopePerform)
		declare("form", &body{formType, false, func(dst []byte, ctx *expression.Context) ([]byte, error) {
			return appendForm(dst, form, ctx)
		}})
	}
	if definition.Body != "" {
		program := c.value("perform: body", definition.Body, expression.ScopePerform)
		declare("body", &body{jsonType, true, program.AppendJSON})
	}
	if definition.Raw != nil {
		declare("raw", c.raw(definition.Raw))
	}
	if len(declared) > 1 {
		c.fault("perform", fmt.Errorf("%s exclude each other: each makes the whole body", strings.Join(declared, " and ")))
	}
	return made
}

func (c *compiler) fields(list []Assignment) *body {
	tree := new(object)
	for _, field := range list {
		where := "perform: field " + field.Name
		c.fault(where, tree.add(field.Name, c.value(where, field.Value, expression.ScopePerform)))
	}
	c.fault("perform", tree.holes())
	return &body{jsonType, true, tree.appendJSON}
}

func (c *compiler) raw(definition *Raw) *body {
	where := "perform: raw " + definition.ContentType
	if kind, _, err := mime.ParseMediaType(definition.ContentType); err != nil || !strings.Contains(kind, "/") {
		c.fault(where, errors.New("a content type is such as text/plain or application/xml; charset=utf-8"))
	}
	program := c.value(where, definition.Value, expression.ScopePerform)
	return &body{[]string{definition.ContentType}, false, func(dst []byte, ctx *expression.Context) ([]byte, error) {
		text, err := program.Text(ctx)
		if err != nil {
			return nil, fmt.Errorf("raw: %w", err)
		}
		return append(dst, text...), nil
	}}
}

// appendForm writes form fields in the order of their declaration (HTML, application/x-www-form-urlencoded).
func appendForm(dst []byte, form []assignment, ctx *expression.Context) ([]byte, error) {
	for i := range form {
		text, err := form[i].program.Text(ctx)
		if err != nil {
			return nil, fmt.Errorf("form %s: %w", form[i].name, err)
		}
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, url.QueryEscape(form[i].name)...)
		dst = append(dst, '=')
		dst = append(dst, url.QueryEscape(text)...)
	}
	return dst, nil
}
