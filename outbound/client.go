// Package outbound is the gateway's one way out: every request that it sends, whether a lookup, a perform, a retry or
// a test, is a Call given to a Client.
//
// The Client judges the address that is actually dialled (Guard), bounds every attempt in time and size, repeats it
// with backoff, Retry-After and a deadline, and stops asking a target that keeps failing (Breaker). It speaks HTTP/1.1,
// follows no redirect unless a call says so, and reads no proxy from the environment.
//
// It knows neither connectors nor expressions, of events only the record of an attempt, and nothing of Caddy.
package outbound

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/krosyn/gateway/event"
)

// Client sends calls. One client serves any number of them at a time, and those to the same target share connections.
type Client struct {
	guard *Guard
	// operator reaches what the operator wrote down literally, public everything else.
	operator, public transport
	random           func(n int64) int64
	dialer           net.Dialer
	proxied          bool
}

// NewClient makes a client whose connections the guard judges.
func NewClient(guard *Guard) *Client {
	return newClient(guard, net.Dialer{}, Route{})
}

func newClient(guard *Guard, dialer net.Dialer, route Route) *Client {
	c := &Client{
		guard: guard, dialer: dialer, proxied: route.Proxy != nil,
		random: rand.Int64N,
	}
	// A proxy is the only address that is dialled, and the operator's word.
	c.operator = newTransport(guard, dialer, route, true)
	c.public = newTransport(guard, dialer, route, c.proxied)
	return c
}

// With makes a client with the same guard that takes another route. It has connections of its own, and is closed by
// itself.
//
// Behind a proxy the guard judges what it can see: the proxy's address, the names of hosts, and addresses that stand
// in a URL. What a name resolves to is for the proxy to judge.
func (c *Client) With(route Route) *Client { return newClient(c.guard, c.dialer, route) }

// Close closes the connections that no call is using, and the others as their calls end.
func (c *Client) Close() {
	c.operator.CloseIdleConnections()
	c.public.CloseIdleConnections()
}

// Call is a request and how to send it.
type Call struct {
	Method string
	URL    string
	// Header is sent as it is on every attempt and is not changed. A Host in it replaces the URL's.
	Header http.Header
	Body   []byte
	// OperatorHost tells that the URL's host stands literally in the configuration: local names and literal addresses
	// are then the operator's own word. A host that came from data must be one that `egress allow` names.
	OperatorHost bool
	// Timeout bounds one attempt, from connecting to the last byte of the answer. Default: 10s.
	Timeout time.Duration
	// Deadline bounds all attempts with their pauses. Default: none beyond the context's.
	Deadline time.Duration
	Retry    Retry
	// Redirects is how many redirects an attempt follows. Default: none, a redirect is the answer.
	Redirects int
	// Tokens puts an access token into Authorization; nil is none. When the target answers 401, the call is sent once
	// more with a new one, at once and beyond the attempts of Retry.
	Tokens *Tokens
	// Sign adds the headers that are made anew for each attempt, such as a signature with its time; nil is none. The
	// header that it is given has no others.
	Sign func(header http.Header, now time.Time)
	// Breaker is asked before each attempt and told its outcome; nil is none.
	Breaker *Breaker
	// MaxBody is how many bytes of the answer's body are read, after decompression. Default: 1 MiB.
	MaxBody int64
}

// Result is what became of a call. Either Response or Err is set.
type Result struct {
	// Attempts has a record of each try, in order; the last one decides. It is empty when the breaker refused the first.
	Attempts []event.Attempt
	// Response is the answer of the last attempt, whatever its status; nil when that attempt got none.
	Response *Response
	// Err is why there is no answer: a *CircuitOpenError, or the *AttemptError of the last attempt.
	Err error
	// NextAt is when the next attempt would have been made, where ctx ended in the pause before it; else zero.
	NextAt time.Time
	// Redactors know the access tokens that were used, which the target may have repeated.
	Redactors []*event.Redactor

	// first is the room for the attempts of most calls.
	first [1]event.Attempt
}

// Response is the answer of a target.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Truncated tells that the body is longer than MaxBody, and Body its beginning.
	Truncated bool
}

// Do sends the call. It tries again after transport errors and the statuses of call.Retry.On, and stops when the
// attempts are spent, when the next pause would pass the deadline, when the breaker opens, and when ctx ends: the
// outcome of the last attempt then stands. A target that the guard refuses, and a request that cannot be sent as it
// is, are not tried again.
func (c *Client) Do(ctx context.Context, call *Call) *Result {
	result := new(Result)
	result.Attempts = result.first[:0]
	begin := time.Now()
	x, failure := c.prepare(call)
	if failure != nil {
		result.record(begin, nil, failure)
		return result
	}
	if call.Deadline > 0 {
		x.deadline = begin.Add(call.Deadline)
	}
	for {
		report, refusal := call.Breaker.allow()
		if refusal != nil {
			result.refuse(refusal)
			return result
		}
		at := time.Now()
		traced, span := x.beginSpan(ctx, len(result.Attempts)+1)
		response, failure := x.try(traced, at)
		span.end(response, failure)
		report.tell(response, failure)
		result.record(at, response, failure)
		result.note(x.token)
		if !x.renewToken(ctx, response) && !c.again(ctx, x, result) {
			return result
		}
	}
}

// again decides on one more attempt, and waits for it.
func (c *Client) again(ctx context.Context, x *exchange, result *Result) bool {
	last := len(result.Attempts) - 1
	made := last + 1
	if x.renewed {
		made--
	}
	if made >= x.call.Retry.Attempts || !result.wantsRetry(&x.call.Retry.On) {
		return false
	}
	now := time.Now()
	pause := max(x.call.Retry.pause(made, c.random), retryAfter(result.Response, now))
	next := now.Add(pause)
	if deadline, ok := ctx.Deadline(); ok && !next.Before(deadline) {
		return false
	}
	if !x.deadline.IsZero() && !next.Before(x.deadline) {
		return false
	}
	if x.call.Breaker.RefusesAt(next) {
		return false
	}
	if !sleep(ctx, pause) {
		result.NextAt = next
		return false
	}
	result.Attempts[last].RetryAfterMS = pause.Milliseconds()
	return true
}

func (r *Result) record(at time.Time, response *Response, failure *AttemptError) {
	attempt := event.Attempt{At: event.At(at), DurationMS: event.Milliseconds(time.Since(at))}
	r.Response, r.Err = response, nil
	if failure != nil {
		text := failure.Error()
		attempt.Error, attempt.Class, r.Err = &text, string(failure.Class), failure
	} else {
		attempt.Status = response.Status
	}
	r.Attempts = append(r.Attempts, attempt)
}

// note keeps what redacts a token, once.
func (r *Result) note(used *token) {
	if used != nil && (len(r.Redactors) == 0 || r.Redactors[len(r.Redactors)-1] != used.redactor) {
		r.Redactors = append(r.Redactors, used.redactor)
	}
}

// refuse ends a run that the breaker does not let through. After an attempt, that one's outcome stands.
func (r *Result) refuse(refusal *CircuitOpenError) {
	if len(r.Attempts) == 0 {
		r.Err = refusal
		return
	}
	r.Attempts[len(r.Attempts)-1].RetryAfterMS = 0
}

// TryAgain tells whether the same request may fare better later, beyond the attempts of the call: there was no answer,
// one of a status in on, or the breaker refused it; and how long the target asks to be left alone.
func (r *Result) TryAgain(on *StatusSet) (again bool, after time.Duration) {
	if _, open := errors.AsType[*CircuitOpenError](r.Err); open {
		return true, 0
	}
	return r.wantsRetry(on), retryAfter(r.Response, time.Now())
}

func (r *Result) wantsRetry(on *StatusSet) bool {
	if failure, ok := errors.AsType[*AttemptError](r.Err); ok {
		return failure.retried()
	}
	return on.has(r.Response.Status)
}

// sleep waits, and tells whether ctx lasted.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
