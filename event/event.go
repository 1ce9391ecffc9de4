// Package event says what an event is: the record of one execution of a connector, from the request that
// asked for it to the answer of the target.
//
// It holds the names that the rest of the gateway shares (statuses, steps, error codes and their messages),
// the identifiers that order events, their JSON, and the redaction that keeps secrets out of all of it.
// It knows neither how an event comes about nor where it is kept.
package event

import (
	"encoding/json"
	"net/http"
	"time"
)

// Status is where an execution stands.
type Status string

const (
	// Completed: the target answered, whatever its status code.
	Completed Status = "completed"
	// Skipped: the trigger was false, so nothing was sent.
	Skipped Status = "skipped"
	// Failed: an error, or no answer after the last attempt. Event.Error says which.
	Failed Status = "failed"
	// Pending: accepted by an asynchronous connector and not finished yet.
	Pending Status = "pending"
)

// Statuses lists every status, in the order in which documentation and errors name them.
var Statuses = []Status{Completed, Skipped, Failed, Pending}

// Terminal tells whether an event of this status will never change again.
func (s Status) Terminal() bool { return s != Pending }

// Valid tells whether s is one of Statuses.
func (s Status) Valid() bool {
	switch s {
	case Completed, Skipped, Failed, Pending:
		return true
	}
	return false
}

// Event is the record of one execution. Its JSON is what the admin API shows and, with Claim, what the store keeps.
// Every part that did not happen is absent. An event is written once it has been redacted (see Redactor.Event).
type Event struct {
	ID        ID     `json:"id"`
	Connector string `json:"connector"`
	// Endpoint is the endpoint whose credentials the request presented.
	Endpoint string `json:"endpoint"`
	Status   Status `json:"status"`
	// Error says why the event failed; nil on every other status.
	Error *Error `json:"error,omitempty"`
	// ReceivedAt is when the request was accepted, in UTC with milliseconds.
	ReceivedAt Time `json:"received_at"`
	// DurationMS is the time from acceptance to the end of the last step, in milliseconds.
	DurationMS float64 `json:"duration_ms"`
	// Depth is how many gateway executions led to this one; 0 for a request from outside.
	Depth int `json:"depth"`
	// RetryOf is the failed event that this one repeats.
	RetryOf *ID `json:"retry_of"`
	// RetriedBy lists the events that repeat this one, oldest first. A store derives it when the event is read:
	// a terminal record itself never changes.
	RetriedBy []ID `json:"retried_by"`
	// Config is a hash of the connector's definition as it was when the event ran.
	Config  string   `json:"config,omitempty"`
	Request *Request `json:"request,omitempty"`
	// Payload is the request's body as JSON: as received when it was JSON, the decoded fields when it was a form.
	Payload   json.RawMessage `json:"payload,omitempty"`
	Trigger   *Trigger        `json:"trigger,omitempty"`
	Lookup    *Lookup         `json:"lookup,omitempty"`
	Processed json.RawMessage `json:"processed,omitempty"`
	Outbound  *Outbound       `json:"outbound,omitempty"`
	Attempts  []Attempt       `json:"attempts,omitempty"`
	Response  *Response       `json:"response,omitempty"`
	// NextAttemptAt is when a pending event is tried again.
	NextAttemptAt *Time  `json:"next_attempt_at"`
	TraceID       string `json:"trace_id,omitempty"`
	// Claim is the digest under which the delivery is claimed where it is deduplicated, so that a retry claims it too. It
	// is for the store only: MarshalJSON leaves it out.
	Claim string `json:"claim,omitempty"`
}

// Request is what is kept of the inbound request. Credentials are never part of it.
type Request struct {
	Method   string      `json:"method"`
	Path     string      `json:"path"`
	Query    string      `json:"query,omitempty"`
	RemoteIP string      `json:"remote_ip"`
	Headers  http.Header `json:"headers"`
	// Body is the body as received where it was not JSON; Event.Payload has the fields read from it.
	Body string `json:"body,omitempty"`
}

// Trigger is the outcome of the trigger step.
type Trigger struct {
	Expression string `json:"expression"`
	// Result is absent when the expression failed.
	Result *bool `json:"result,omitempty"`
	// Explain has the value of every sub-expression, outermost first, where that was recorded.
	Explain []Explanation `json:"explain,omitempty"`
}

// Explanation is one sub-expression and the value it had.
type Explanation struct {
	Expression string          `json:"expression"`
	Value      json.RawMessage `json:"value"`
}

// Lookup is the outcome of the lookup step.
type Lookup struct {
	Request  *Outbound `json:"request"`
	Response *Response `json:"response,omitempty"`
	// Error says why the lookup failed where the connector continues without it.
	Error      string  `json:"error,omitempty"`
	DurationMS float64 `json:"duration_ms"`
}

// Outbound is a request as the gateway built it.
type Outbound struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers http.Header `json:"headers"`
	// Body is as Capture gives it.
	Body json.RawMessage `json:"body,omitempty"`
	// Encoding is "base64" where the body is binary and is shown so.
	Encoding string `json:"encoding,omitempty"`
	// Truncated tells that the body was longer than what an event keeps.
	Truncated bool `json:"truncated,omitempty"`
}

// Attempt is one try to send the outbound request.
type Attempt struct {
	At         Time    `json:"at"`
	DurationMS float64 `json:"duration_ms"`
	// Status is the status code of the answer; absent when there was none.
	Status int `json:"status,omitempty"`
	// Error says why there was no answer; null when there was one.
	Error *string `json:"error"`
	// Class is the kind of failure where there was no answer: timeout, dial, tls, connection and so on. Of an
	// asynchronous event also `lookup`, where the lookup failed before there was anything to send, and ClassInterrupted.
	Class string `json:"class,omitempty"`
	// RetryAfterMS is the pause before the next attempt, in milliseconds; absent after the last one.
	RetryAfterMS int64 `json:"retry_after_ms,omitempty"`
	// Redelivery tells which redelivery of an asynchronous event the attempt belongs to; absent for the quick attempts
	// that came first.
	Redelivery int `json:"redelivery,omitempty"`
}

// ClassInterrupted is the Class of an attempt of an asynchronous event that ended with the process, so that nobody
// knows whether the target has the request. It is repeated with the same idempotency key.
const ClassInterrupted = "interrupted"

// Response is what a target answered.
type Response struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	// Body is as Capture gives it.
	Body json.RawMessage `json:"body,omitempty"`
	// Encoding is "base64" where the body is binary and is shown so.
	Encoding string `json:"encoding,omitempty"`
	// Truncated tells that the body was longer than what an event keeps.
	Truncated bool `json:"truncated"`
}

// Summary is an event in a list: what can be shown without reading its bodies.
type Summary struct {
	ID         ID      `json:"id"`
	Connector  string  `json:"connector"`
	Endpoint   string  `json:"endpoint"`
	Status     Status  `json:"status"`
	Error      *Error  `json:"error,omitempty"`
	ReceivedAt Time    `json:"received_at"`
	DurationMS float64 `json:"duration_ms"`
	// ResponseStatus is the status code of the target's last answer; absent when there was none.
	ResponseStatus int `json:"response_status,omitempty"`
	RetryOf        *ID `json:"retry_of"`
}

// Summary gives the part of e that lists show.
func (e *Event) Summary() Summary {
	s := Summary{
		ID: e.ID, Connector: e.Connector, Endpoint: e.Endpoint, Status: e.Status, Error: e.Error,
		ReceivedAt: e.ReceivedAt, DurationMS: e.DurationMS, RetryOf: e.RetryOf,
	}
	if e.Response != nil {
		s.ResponseStatus = e.Response.Status
	}
	return s
}

// Milliseconds is d in the unit of an event's JSON, to the microsecond.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
