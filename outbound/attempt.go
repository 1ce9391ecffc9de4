package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 1 << 20
)

// exchange is a call made ready: what all its attempts share.
type exchange struct {
	call      *Call
	request   http.Request
	transport transport
	timeout   time.Duration
	// deadline ends the last attempt; zero for none.
	deadline time.Time
	maxBody  int64
}

// prepare checks what needs no connection, and chooses the transport by whose word the host is.
func (c *Client) prepare(call *Call) (*exchange, *AttemptError) {
	target, err := url.Parse(call.URL)
	if err != nil {
		return nil, &AttemptError{Class: ClassInvalid, Err: fmt.Errorf("the URL cannot be read: %w", withoutURL(err))}
	}
	host, err := checkRequest(call, target)
	if err != nil {
		return nil, &AttemptError{Class: ClassInvalid, Err: err}
	}
	if refusal := c.guard.judgeHost(host, call.OperatorHost); refusal != nil {
		return nil, &AttemptError{Class: ClassRefused, Err: refusal}
	}
	x := &exchange{call: call, transport: c.public, timeout: call.Timeout, maxBody: call.MaxBody}
	if call.OperatorHost && isOperatorsWord(host) {
		x.transport = c.operator
	}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	if x.maxBody <= 0 {
		x.maxBody = defaultMaxBody
	}
	x.request = http.Request{
		Method: call.Method, URL: target, Header: call.Header, ContentLength: int64(len(call.Body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if x.request.Header == nil {
		x.request.Header = make(http.Header)
	}
	if hosts := call.Header["Host"]; len(hosts) > 0 {
		x.request.Host = hosts[0]
	}
	return x, nil
}

// checkRequest refuses what the transport would refuse, or would take in more than one way, and gives the host.
func checkRequest(call *Call, target *url.URL) (host string, err error) {
	switch {
	case target.Scheme != "http" && target.Scheme != "https":
		return "", fmt.Errorf("scheme %q of the URL is neither http nor https", clip(target.Scheme))
	case target.User != nil:
		return "", errors.New("the URL has a user name: send it as a header")
	case !httpguts.ValidHeaderFieldName(call.Method):
		return "", fmt.Errorf("%q is no method", clip(call.Method))
	}
	if port := target.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("port %q of the URL is not one of 1 to 65535", clip(port))
		}
	}
	for name, values := range call.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return "", fmt.Errorf("%q is no name of a header", clip(name))
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return "", fmt.Errorf("the value of header %s has a line break or a control character", name)
			}
		}
	}
	return canonicalHost(target.Hostname())
}

// attempt is one try. It is not used again: the transport may still read the body when the answer is there.
type attempt struct {
	body  bytes.Reader
	trace httptrace.ClientTrace
	late  timeoutError
	// sent is set once the whole request has been written, or answered.
	sent atomic.Bool
}

// try makes one attempt, now.
func (x *exchange) try(ctx context.Context, now time.Time) (*Response, *AttemptError) {
	a := new(attempt)
	end := now.Add(x.timeout)
	a.late = timeoutError{"timeout", x.timeout}
	if !x.deadline.IsZero() && x.deadline.Before(end) {
		end = x.deadline
		a.late = timeoutError{"deadline", x.call.Deadline}
	}
	run, cancel := context.WithDeadlineCause(ctx, end, &a.late)
	defer cancel()

	a.trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			a.sent.Store(true)
		}
	}
	request := x.request.WithContext(httptrace.WithClientTrace(run, &a.trace))
	if len(x.call.Body) > 0 {
		a.body.Reset(x.call.Body)
		// The transport knows this pair of types to be in memory and sends headers and body with one write.
		request.Body = io.NopCloser(&a.body)
		request.GetBody = a.rewind(x.call.Body)
	}

	resp, err := x.transport.RoundTrip(request)
	if err == nil {
		// The answer may be here before the transport tells that the request was written.
		a.sent.Store(true)
		var response *Response
		if response, err = readAnswer(resp, x.maxBody, cancel); err == nil {
			return response, nil
		}
	}
	return nil, a.fail(ctx, run, err)
}

// rewind gives the transport the body anew when the connection that it took from its pool turns out to be dead. Once
// the request has been written the target may have acted on it, so a second one is the next attempt's business, which
// is counted and recorded. (The transport asks only for requests with an Idempotency-Key, and never for one without a
// body: that it repeats.)
func (a *attempt) rewind(body []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if a.sent.Load() {
			return nil, errNotRepeated
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}
}

func (a *attempt) fail(caller, run context.Context, err error) *AttemptError {
	failure := &AttemptError{Sent: a.sent.Load()}
	broken, isBroken := errors.AsType[*brokenAnswerError](err)
	if isBroken {
		err = broken.cause
	}
	if failure.Class, failure.Err = classify(caller, run, err); isBroken {
		broken.cause = failure.Err
		failure.Err = broken
	}
	return failure
}
