package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 1 << 20
)

// exchange is a call made ready: what all its attempts share.
type exchange struct {
	call    *Call
	client  *Client
	first   hop
	timeout time.Duration
	// deadline ends the last attempt; zero for none.
	deadline time.Time
	maxBody  int64
	// token is the access token of the last attempt.
	token *token
	// away tells that a redirect has led the last attempt to another origin, where the token is not sent.
	away bool
	// renewed tells that the call has had its one new token.
	renewed bool
}

// attempt is one try. It is not used again: the transport may still read the body when the answer is there.
type attempt struct {
	body  bytes.Reader
	trace httptrace.ClientTrace
	late  timeoutError
	// sent is set once the whole request has been written, or answered.
	sent atomic.Bool
	// signed are the names of the headers that belong to the body of this attempt alone.
	signed []string
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
	response, err := x.run(httptrace.WithClientTrace(run, &a.trace), cancel, a, now)
	if err != nil {
		return nil, a.fail(ctx, run, err)
	}
	return response, nil
}

// run sends the request and follows where its answer redirects to, as far as the call says.
func (x *exchange) run(ctx context.Context, cancel context.CancelFunc, a *attempt, now time.Time) (*Response, error) {
	h, err := x.begin(ctx, a, now)
	if err != nil {
		return nil, err
	}
	for followed := 0; ; followed++ {
		response, err := x.send(ctx, cancel, a, &h)
		if err != nil || x.call.Redirects == 0 || !isRedirect(response) {
			return response, err
		}
		if followed == x.call.Redirects {
			return nil, &redirectError{h.host, "more redirects than follow_redirects allows"}
		}
		if h, err = x.follow(&h, response, a.signed); err != nil {
			return nil, err
		}
	}
}

// begin is the first request of an attempt, with the headers that only this attempt has.
func (x *exchange) begin(ctx context.Context, a *attempt, now time.Time) (hop, error) {
	h := x.first
	x.away = false
	h.request.Header = traceContext(ctx, h.request.Header)
	if x.call.Tokens == nil && x.call.Sign == nil {
		return h, nil
	}
	h.request.Header = maps.Clone(h.request.Header)
	if x.call.Sign != nil {
		own := make(http.Header)
		x.call.Sign(own, now)
		for name, values := range own {
			h.request.Header[name] = values
			a.signed = append(a.signed, name)
		}
	}
	if x.call.Tokens != nil {
		var err error
		if x.token, err = x.call.Tokens.get(ctx); err != nil {
			return h, err
		}
		h.request.Header["Authorization"] = []string{x.token.authorization}
	}
	return h, nil
}

// send makes one request and reads its answer.
func (x *exchange) send(ctx context.Context, cancel context.CancelFunc, a *attempt, h *hop) (*Response, error) {
	request := h.request.WithContext(ctx)
	if len(h.body) > 0 {
		a.body.Reset(h.body)
		// The transport knows this pair of types to be in memory and sends headers and body with one write.
		request.Body = io.NopCloser(&a.body)
		request.GetBody = a.rewind(h.body)
	}
	resp, err := h.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	// The answer may be here before the transport tells that the request was written.
	a.sent.Store(true)
	return readAnswer(resp, x.maxBody, cancel)
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

// renewToken tells whether the target refused an access token for which there may be a better one, so that the call is
// worth one more attempt.
func (x *exchange) renewToken(ctx context.Context, response *Response) bool {
	if x.token == nil || x.away || x.renewed || ctx.Err() != nil {
		return false
	}
	if response == nil || response.Status != http.StatusUnauthorized {
		return false
	}
	x.renewed = true
	x.call.Tokens.drop(x.token)
	return true
}
