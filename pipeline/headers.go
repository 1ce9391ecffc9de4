package pipeline

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"

	"github.com/krosyn/gateway/expression"
)

// header is a compiled request header.
type header struct {
	name    string
	program *expression.Program
}

// ownHeaders are set by the gateway or by the transport, so a connector cannot set them.
var ownHeaders = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade", HeaderDepth, HeaderEventID,
}

// The headers by which a target, or the gateway itself, knows an execution.
const (
	// HeaderEventID carries the id of the event.
	HeaderEventID = "X-Krosyn-Event-Id"
	// HeaderDepth carries how many executions led to a request, this one included.
	HeaderDepth = "X-Krosyn-Depth"
	// HeaderIdempotencyKey carries the id of the event: the same on each attempt, so that a target can tell a repetition.
	HeaderIdempotencyKey = "Idempotency-Key"
)

func (c *compiler) headers(directive string, list []Assignment, scope expression.Scope) []header {
	compiled := make([]header, 0, len(list))
	for _, h := range list {
		where := directive + ": header " + h.Name
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		switch {
		case !httpguts.ValidHeaderFieldName(h.Name):
			c.fault(where, fmt.Errorf("%q is not a header name", h.Name))
		case slices.Contains(ownHeaders, name):
			c.fault(where, fmt.Errorf("%s is set by the gateway itself", name))
		}
		compiled = append(compiled, header{name, c.value(where, h.Value, scope)})
	}
	return compiled
}

// removed checks the headers that a request is sent without. One that the gateway would not add may be named too: it
// stays left out should a later version add it.
func (c *compiler) removed(directive string, names []string, set []Assignment) {
	for _, h := range names {
		where := directive + ": header -" + h
		name := textproto.CanonicalMIMEHeaderKey(h)
		switch {
		case !httpguts.ValidHeaderFieldName(h):
			c.fault(where, fmt.Errorf("%q is not a header name", h))
		case slices.Contains(ownHeaders, name):
			c.fault(where, fmt.Errorf("%s is set by the gateway itself", name))
		case slices.ContainsFunc(set, func(h Assignment) bool { return textproto.CanonicalMIMEHeaderKey(h.Name) == name }):
			c.fault(where, fmt.Errorf("%s is set as well", name))
		}
	}
}

// remove takes headers out.
func remove(from http.Header, names []string) {
	for _, name := range names {
		from.Del(name)
	}
}

// replace sets the headers of one request over those that are there. Several values of one header are all sent. A
// value that could end its line is refused, since what follows would be read as a header of its own.
func replace(out http.Header, headers []header, ctx *expression.Context) error {
	for i, h := range headers {
		text, err := h.program.Text(ctx)
		if err != nil {
			return fmt.Errorf("header %s: %w", h.name, err)
		}
		if !httpguts.ValidHeaderFieldValue(text) {
			return fmt.Errorf("header %s: its value has a line break or a control character, so nothing was sent", h.name)
		}
		if slices.ContainsFunc(headers[:i], func(earlier header) bool { return earlier.name == h.name }) {
			out[h.name] = append(out[h.name], text)
		} else {
			out[h.name] = []string{text}
		}
	}
	return nil
}

// common sets the headers that every outbound request carries, and gives the value that has the event's id. Header
// values are never written to, so requests share those that are alike.
func (x *execution) common(headers http.Header) (id []string) {
	id = []string{x.ctx.Event.ID}
	headers[HeaderEventID] = id
	headers[HeaderDepth] = depthHeader(x.in.Depth + 1)
	headers["User-Agent"] = userAgent
	return id
}

// userAgent names the gateway to targets; a `header User-Agent` takes its place.
var userAgent = []string{"Krosyn-Gateway"}

// depths are the values of HeaderDepth for executions that led to few others, as most are.
var depths = [...][]string{{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}}

func depthHeader(depth int) []string {
	if 0 <= depth && depth < len(depths) {
		return depths[depth]
	}
	return []string{strconv.Itoa(depth)}
}
