package pipeline

import (
	"time"

	"github.com/krosyn/gateway/outbound"
)

// Definition is a connector as declared, with every placeholder resolved.
type Definition struct {
	Name string
	// Trigger is an expression; empty is always true.
	Trigger string
	Lookup  *Lookup
	Set     []Assignment
	// Perform is nil for a connector that cannot send yet; its events fail as not configured.
	Perform *Perform
	// Relay tells that the caller gets the target's answer, which is then read whole rather than as far as an event
	// keeps it.
	Relay bool
}

// Assignment is a name and the source of its value.
type Assignment struct{ Name, Value string }

// Lookup is the GET request of the process step.
type Lookup struct {
	URL     string
	Headers []Assignment
	Query   []Assignment
	Timeout time.Duration
	// Continue goes on with $lookup null when the lookup fails; otherwise the event fails.
	Continue bool
}

// Perform is the outbound request.
type Perform struct {
	Method  string
	URL     string
	Headers []Assignment
	// Fields build a JSON object; Body is a value that is the JSON body. With neither the payload is sent as received.
	Fields []Assignment
	Body   string
	// Timeout bounds one attempt, Deadline all of them with their pauses.
	Timeout  time.Duration
	Deadline time.Duration
	Retry    outbound.Retry
	// Breaker is nil where the target has none.
	Breaker *outbound.BreakerSettings
}

// Environment is what all connectors of a gateway share.
type Environment struct {
	// Secrets are the values of $secret by name.
	Secrets  map[string]string
	Client   *outbound.Client
	Guard    *outbound.Guard
	Breakers *outbound.Breakers
	// MaxDepth is how many executions may lead to each other.
	MaxDepth int
	// MaxAnswer is how many bytes of an answer are read where all of it is wanted: by a lookup or for the caller.
	MaxAnswer int64
	// CaptureBody is how many bytes of a body an event keeps.
	CaptureBody int64
}
