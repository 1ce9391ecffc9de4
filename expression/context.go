package expression

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/krosyn/gateway/expression/value"
)

// Context is what a program can see: the data of one execution. It is not safe for concurrent use.
// A nil document is null.
type Context struct {
	Payload  *value.Document
	Lookup   *value.Document
	Response *value.Document
	// Processed holds what process has set so far; Program.Set makes it when it is nil.
	Processed *Object
	// Secrets gives each declared secret's value, or "[REDACTED]" for all of them in a dry run.
	Secrets map[string]string
	Request Request
	Event   Event
	// Connector is the connector's name.
	Connector string

	// request is Request as an object, once a program has asked for it.
	request map[string]any
	seen    sights
}

// Request is the inbound request. Programs see the names of its headers in lower case, the values of a repeated header
// joined by ", " and the first value of a repeated query parameter.
type Request struct {
	Method   string
	Path     string
	Query    url.Values
	Headers  http.Header
	RemoteIP string
}

// Event is what programs see of the event that is being made.
type Event struct {
	ID         string
	ReceivedAt time.Time
}

func (e Event) receivedAt() string { return e.ReceivedAt.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// requestObject is the whole request as programs see it.
func (c *Context) requestObject() map[string]any {
	if c.request == nil {
		query := make(map[string]any, len(c.Request.Query))
		for name := range c.Request.Query {
			query[name] = c.Request.parameter(name)
		}
		headers := make(map[string]any, len(c.Request.Headers))
		for name, values := range c.Request.Headers {
			headers[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		c.request = map[string]any{
			"method": c.Request.Method, "path": c.Request.Path, "remote_ip": c.Request.RemoteIP,
			"query": query, "headers": headers,
		}
	}
	return c.request
}

// header is the header that programs know by this name, null where there is none.
func (r *Request) header(name string) any {
	values := r.Headers[textproto.CanonicalMIMEHeaderKey(name)]
	switch {
	case name != strings.ToLower(name) || len(values) == 0:
		return nil
	case len(values) == 1:
		return values[0]
	}
	return strings.Join(values, ", ")
}

// parameter is a query parameter, null where there is none.
func (r *Request) parameter(name string) any {
	if values := r.Query[name]; len(values) > 0 {
		return values[0]
	}
	return nil
}
