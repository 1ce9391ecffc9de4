package event

import "fmt"

// Step is the part of an execution in which an event failed.
type Step string

const (
	StepTrigger Step = "trigger"
	StepLookup  Step = "lookup"
	StepProcess Step = "process"
	StepPerform Step = "perform"
)

// Code classes the failures of an execution; it is stable and meant for programs.
type Code string

const (
	// CodePerformFailed: no answer after the last attempt.
	CodePerformFailed Code = "perform_failed"
	// CodeCircuitOpen: the breaker of the target was open, so nothing was sent.
	CodeCircuitOpen Code = "circuit_open"
	// CodeDepthExceeded: connectors call each other in a loop.
	CodeDepthExceeded Code = "depth_exceeded"
	// CodeExpressionError: an expression failed while it was evaluated.
	CodeExpressionError Code = "expression_error"
	// CodeLookupFailed: the lookup got no 2xx JSON answer.
	CodeLookupFailed Code = "lookup_failed"
	// CodeNotConfigured: the connector has no perform.
	CodeNotConfigured Code = "not_configured"
)

// Codes lists every code.
var Codes = []Code{
	CodePerformFailed, CodeCircuitOpen, CodeDepthExceeded, CodeExpressionError, CodeLookupFailed, CodeNotConfigured,
}

// Error is why an event failed. Message is one of the fixed sentences below, which users search for; Detail is the
// cause in the words of whatever found it.
type Error struct {
	Step    Step   `json:"step"`
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Message
	}
	return e.Message + ": " + e.Detail
}

// NotConfigured is the failure of a connector without a perform.
func NotConfigured() *Error {
	return &Error{Step: StepPerform, Code: CodeNotConfigured, Message: "Perform API URL is not configured"}
}

// CircuitOpen is the failure of an execution that a breaker refused; url is the perform's URL as configured.
func CircuitOpen(url, detail string) *Error {
	return &Error{
		Step: StepPerform, Code: CodeCircuitOpen,
		Message: "Circuit breaker is open for URL: " + url, Detail: detail,
	}
}

// PerformFailed is the failure of an execution whose last attempt, of so many, got no answer.
func PerformFailed(attempts int, detail string) *Error {
	return &Error{
		Step: StepPerform, Code: CodePerformFailed,
		Message: fmt.Sprintf("Perform request failed after %d attempts", attempts), Detail: detail,
	}
}

// DepthExceeded is the failure of an execution that too many gateway executions led to.
func DepthExceeded(depth, most int) *Error {
	return &Error{
		Step: StepPerform, Code: CodeDepthExceeded, Message: "Execution depth limit exceeded",
		Detail: fmt.Sprintf("depth %d is over max_depth %d: do connectors call each other in a loop?", depth, most),
	}
}

// LookupFailed is the failure of a lookup.
func LookupFailed(reason string) *Error {
	return &Error{Step: StepLookup, Code: CodeLookupFailed, Message: "Lookup request failed: " + reason}
}

// ExpressionFailed is the failure of an expression in a step.
func ExpressionFailed(step Step, message, detail string) *Error {
	return &Error{Step: step, Code: CodeExpressionError, Message: message, Detail: detail}
}
