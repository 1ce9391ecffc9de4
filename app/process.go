package app

import "github.com/caddyserver/caddy/v2"

// Process prepares data for the outbound request.
type Process struct {
	// A GET request whose JSON answer is `$lookup` in what follows.
	Lookup *Lookup `json:"lookup,omitempty"`

	// Fields to compute, in this order; each is `$processed.NAME` in what follows.
	Set []Assignment `json:"set,omitempty"`
}

// Assignment names a value.
type Assignment struct {
	// The name; in a `field`, a path such as `meta.total` or `items[0].sku`.
	Name string `json:"name"`

	// The value: text with references, a reference, a call, or `=` and an expression.
	Value string `json:"value"`
}

// Lookup is a GET request for data that the payload lacks.
type Lookup struct {
	// The URL; references in it are escaped for the place where they stand.
	URL string `json:"url"`

	// Request headers: values by name. A header with an empty list is one that the gateway adds by itself, Accept or
	// User-Agent, and is not sent.
	Headers map[string][]string `json:"header,omitempty"`

	// Query parameters, added to the URL's own.
	Query []Assignment `json:"query,omitempty"`

	// How long it may take. Default: 5s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// What a failure means: `fail` the event, or `continue` with `$lookup` null. Default: `fail`.
	OnError string `json:"on_error,omitempty"`

	// credentials are the resolved values, which redaction has to find.
	credentials []string
}
