package event

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// headerNames are the headers that carry credentials, in lower case.
type headerNames map[string]bool

// credentialHeaders are known by their whole name, others by what their name contains or ends in.
var (
	credentialHeaders = []string{
		"authorization", "proxy-authorization", "cookie", "set-cookie", "api-key", "apikey", "x-apikey", "x-auth-key",
	}
	credentialPart   = []byte("signature")
	credentialEnding = [][]byte{[]byte("-token"), []byte("-secret"), []byte("-password"), []byte("-api-key")}
)

func newHeaderNames(configured []string) headerNames {
	names := make(headerNames)
	for _, name := range credentialHeaders {
		names[name] = true
	}
	for _, name := range configured {
		names[strings.ToLower(strings.TrimSpace(name))] = true
	}
	return names
}

func (n headerNames) has(name string) bool {
	var short [64]byte
	lower := short[:0]
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	if n[string(lower)] || bytes.Contains(lower, credentialPart) {
		return true
	}
	for _, ending := range credentialEnding {
		if bytes.HasSuffix(lower, ending) {
			return true
		}
	}
	return false
}

// Header gives a copy of headers in which the values of credential headers, and secrets anywhere, are redacted.
func (r *Redactor) Header(headers http.Header) http.Header {
	if headers == nil {
		return nil
	}
	redacted := make(http.Header, len(headers))
	for name, values := range headers {
		values, changed := r.headerValues(name, values)
		if !changed {
			values = slices.Clone(values)
		}
		name = r.String(name)
		redacted[name] = append(values, redacted[name]...)
	}
	return redacted
}

// changedHeader is Header without the copy where nothing changes.
func (r *Redactor) changedHeader(headers http.Header) http.Header {
	for name, values := range headers {
		if _, changed := r.headerValues(name, values); changed || r.String(name) != name {
			return r.Header(headers)
		}
	}
	return headers
}

// headerValues gives the values of a header; they are values themselves where nothing has changed.
func (r *Redactor) headerValues(name string, values []string) (redacted []string, changed bool) {
	credential := r.headers.has(name)
	for i, value := range values {
		clean := Redacted
		if !credential {
			clean = r.String(value)
		}
		if clean == value {
			continue
		}
		if !changed {
			values, changed = slices.Clone(values), true
		}
		values[i] = clean
	}
	return values, changed
}
