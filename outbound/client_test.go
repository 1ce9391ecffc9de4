package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// targetFunc stands for all targets, in place of a network.
type targetFunc func(*http.Request) (*http.Response, error)

func (f targetFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
func (f targetFunc) CloseIdleConnections()                               {}

// clientOf makes a client without a network, whose pauses are all but a nanosecond as long as their bounds allow.
func clientOf(t *testing.T, target targetFunc) *Client {
	return &Client{
		guard: mustGuard(t, nil, nil), operator: target, public: target,
		random: func(n int64) int64 { return n - 1 },
	}
}

// script answers each request with the next entry: a status, perhaps with a Retry-After, or an error.
type step struct {
	status     int
	retryAfter string
	err        error
	takes      time.Duration
}

func script(t *testing.T, steps ...step) targetFunc {
	return func(req *http.Request) (*http.Response, error) {
		if len(steps) == 0 {
			t.Error("one attempt more than expected")
			return nil, io.EOF
		}
		next := steps[0]
		steps = steps[1:]
		select {
		case <-time.After(next.takes):
		case <-req.Context().Done():
			return nil, context.Cause(req.Context())
		}
		if next.err != nil {
			return nil, next.err
		}
		header := http.Header{}
		if next.retryAfter != "" {
			header.Set("Retry-After", next.retryAfter)
		}
		return answer(next.status, header, "body"), nil
	}
}

func answer(status int, header http.Header, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func checkFailure(t *testing.T, result *Result, class Class, want string) {
	t.Helper()
	failure, ok := errors.AsType[*AttemptError](result.Err)
	if !ok || result.Response != nil {
		t.Fatalf("the error is %v, the answer %v", result.Err, result.Response)
	}
	if failure.Class != class || !strings.Contains(failure.Error(), want) {
		t.Errorf("failed as %s: %v, want %s: %s", failure.Class, failure, class, want)
	}
	if strings.Contains(failure.Error(), "top-secret") {
		t.Errorf("the error tells too much: %v", failure)
	}
	last := result.Attempts[len(result.Attempts)-1]
	if last.Error == nil || *last.Error != failure.Error() || last.Status != 0 || last.RetryAfterMS != 0 {
		t.Errorf("the last attempt is recorded as %+v", last)
	}
}

func TestRetries(t *testing.T) {
	reset := step{err: syscall.ECONNRESET}
	const s = time.Second
	tests := []struct {
		name     string
		steps    []step
		attempts int
		on       []string
		deadline time.Duration
		pauses   []time.Duration // rounded to seconds
		status   int             // 0 for no answer
	}{
		{name: "one attempt by default", steps: []step{{status: 503}}, status: 503},
		{name: "answered at once", attempts: 3, steps: []step{{status: 200}}, status: 200},
		{name: "transport errors", attempts: 3, steps: []step{reset, reset, reset}, pauses: []time.Duration{s, 2 * s}},
		{name: "answered at last", attempts: 4, steps: []step{reset, {status: 500}, {status: 429}, {status: 201}},
			pauses: []time.Duration{s, 2 * s, 4 * s}, status: 201},
		{name: "an error after an answer", attempts: 2, steps: []step{{status: 503}, reset}, pauses: []time.Duration{s}},
		{name: "spent", attempts: 2, steps: []step{{status: 503}, {status: 502}}, pauses: []time.Duration{s}, status: 502},
		{name: "4xx is an answer", attempts: 3, steps: []step{{status: 404}}, status: 404},
		{name: "501 is final", attempts: 3, steps: []step{{status: 501}}, status: 501},
		{name: "505 is final", attempts: 3, steps: []step{{status: 505}}, status: 505},
		{name: "508 is final", attempts: 3, steps: []step{{status: 508}}, status: 508},
		{name: "chosen", attempts: 2, on: []string{"408"}, steps: []step{{status: 408}, {status: 503}},
			pauses: []time.Duration{s}, status: 503},
		{name: "never", attempts: 2, on: []string{"never"}, steps: []step{{status: 503}}, status: 503},
		{name: "never, but errors", attempts: 2, on: []string{"never"}, steps: []step{reset, {status: 503}},
			pauses: []time.Duration{s}, status: 503},
		{
			name: "doubling to the longest", attempts: 8,
			steps:  []step{reset, reset, reset, reset, reset, reset, reset, {status: 200}},
			pauses: []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}, status: 200},
		{name: "Retry-After", attempts: 2, steps: []step{{status: 429, retryAfter: "120"}, {status: 200}},
			pauses: []time.Duration{120 * s}, status: 200},
		{
			name: "Retry-After as a date", attempts: 2,
			steps:  []step{{status: 503, retryAfter: "Sat, 01 Jan 2000 00:01:30 GMT"}, {status: 200}},
			pauses: []time.Duration{90 * s}, status: 200},
		{
			name: "Retry-After below the backoff", attempts: 3,
			steps:  []step{{status: 503}, {status: 503, retryAfter: "1"}, {status: 200}},
			pauses: []time.Duration{s, 2 * s}, status: 200},
		{name: "Retry-After for too long", attempts: 2, steps: []step{{status: 503, retryAfter: "86400"}, {status: 200}},
			pauses: []time.Duration{3600 * s}, status: 200},
		{
			name: "Retry-After with another status", attempts: 2,
			steps:  []step{{status: 500, retryAfter: "120"}, {status: 200}},
			pauses: []time.Duration{s}, status: 200},
		{
			name: "Retry-After past the deadline", attempts: 2, deadline: 60 * s,
			steps: []step{{status: 503, retryAfter: "61"}}, status: 503,
		},
		{name: "backoff past the deadline", attempts: 9, deadline: 5 * s, steps: []step{reset, reset, reset},
			pauses: []time.Duration{s, 2 * s}},
		{name: "slow attempts", attempts: 2, steps: []step{{status: 200, takes: 11 * s}, {status: 200, takes: 9 * s}},
			pauses: []time.Duration{s}, status: 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			on, err := ParseStatusSet(test.on)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				call := &Call{
					Method: "POST", URL: "http://example.com/", OperatorHost: true, Body: []byte("x"),
					Retry: Retry{Attempts: test.attempts, On: on}, Deadline: test.deadline,
				}
				begin := time.Now()
				result := clientOf(t, script(t, test.steps...)).Do(t.Context(), call)
				if len(result.Attempts) != len(test.steps) {
					t.Errorf("%d attempts, want %d", len(result.Attempts), len(test.steps))
				}
				var pauses []time.Duration
				var spent time.Duration
				for _, attempt := range result.Attempts {
					if want := begin.Add(spent).UTC(); attempt.At.Sub(want).Abs() > 10*time.Millisecond {
						t.Errorf("an attempt at %s, want %s", attempt.At, want)
					}
					pause := time.Duration(attempt.RetryAfterMS) * time.Millisecond
					spent += pause + time.Duration(attempt.DurationMS*float64(time.Millisecond))
					if pause > 0 {
						pauses = append(pauses, pause.Round(s))
					}
				}
				if diff := cmp.Diff(test.pauses, pauses); diff != "" {
					t.Errorf("pauses (-want +got):\n%s", diff)
				}
				if elapsed := time.Since(begin); (elapsed - spent).Abs() > 10*time.Millisecond {
					t.Errorf("it took %s, the record says %s", elapsed, spent)
				}
				checkOutcome(t, result, test.status)
			})
		})
	}
}

func checkOutcome(t *testing.T, result *Result, status int) {
	t.Helper()
	last := result.Attempts[len(result.Attempts)-1]
	if status == 0 {
		checkFailure(t, result, ClassConnection, "connection reset by peer")
		return
	}
	if result.Err != nil || result.Response == nil {
		t.Fatalf("no answer: %v", result.Err)
	}
	if result.Response.Status != status || last.Status != status || last.Error != nil || last.RetryAfterMS != 0 {
		t.Errorf("answered %d, recorded as %+v, want %d", result.Response.Status, last, status)
	}
	if string(result.Response.Body) != "body" {
		t.Errorf("the body is %q", result.Response.Body)
	}
}

func TestEveryAttemptIsTheSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		header := http.Header{"Idempotency-Key": {"0199f0c4"}, "Host": {"other.example"}, "X-Many": {"a", "b"}}
		sent := header.Clone()
		sent["User-Agent"] = nil // keeps the transport from sending one of its own
		var seen int
		client := clientOf(t, func(req *http.Request) (*http.Response, error) {
			seen++
			body, err := io.ReadAll(req.Body)
			if err != nil || string(body) != `{"a":1}` || req.ContentLength != 7 {
				t.Errorf("attempt %d has body %q of length %d, error %v", seen, body, req.ContentLength, err)
			}
			if diff := cmp.Diff(sent, req.Header); diff != "" {
				t.Errorf("attempt %d has headers (-want +got):\n%s", seen, diff)
			}
			if req.Host != "other.example" || req.Method != "PUT" || req.URL.String() != "https://example.com/a%2Fb?c=d" {
				t.Errorf("attempt %d is %s %s for %s", seen, req.Method, req.URL, req.Host)
			}
			return answer(503, http.Header{}, ""), nil
		})
		client.Do(t.Context(), &Call{
			Method: "PUT", URL: "https://example.com/a%2Fb?c=d", OperatorHost: true, Header: header, Body: []byte(`{"a":1}`),
			Retry: Retry{Attempts: 3},
		})
		if seen != 3 {
			t.Errorf("%d attempts", seen)
		}
	})
}

func TestTimeouts(t *testing.T) {
	silent := step{status: 200, takes: time.Hour}
	tests := []struct {
		name              string
		timeout, deadline time.Duration
		callers           time.Duration
		attempts          int
		class             Class
		want              string
		took              time.Duration
		made              int
	}{
		{name: "default", class: ClassTimeout, want: "within the timeout of 10s", took: 10 * time.Second, made: 1},
		{
			name: "own", timeout: 3 * time.Second, class: ClassTimeout, want: "within the timeout of 3s",
			took: 3 * time.Second, made: 1,
		},
		{
			name: "deadline first", deadline: 4 * time.Second, class: ClassTimeout, want: "within the deadline of 4s",
			took: 4 * time.Second, made: 1,
		},
		{name: "deadline in the second attempt", deadline: 15 * time.Second, attempts: 9, class: ClassTimeout,
			want: "within the deadline of 15s", took: 15 * time.Second, made: 2},
		{name: "the caller's deadline", callers: 5 * time.Second, attempts: 9, class: ClassCanceled,
			want: "context deadline exceeded", took: 5 * time.Second, made: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.callers > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.callers)
					defer cancel()
				}
				begin := time.Now()
				result := clientOf(t, script(t, silent, silent, silent)).Do(ctx, &Call{
					Method: "GET", URL: "http://example.com", OperatorHost: true,
					Timeout: test.timeout, Deadline: test.deadline, Retry: Retry{Attempts: test.attempts},
				})
				checkFailure(t, result, test.class, test.want)
				if took := time.Since(begin); took != test.took || len(result.Attempts) != test.made {
					t.Errorf("%d attempts in %s", len(result.Attempts), took)
				}
			})
		})
	}
}

func TestTheCallerLeaves(t *testing.T) {
	tests := []struct {
		name  string
		steps []step
		class Class // "" where the answer stands
	}{
		{name: "during an attempt", steps: []step{{status: 200, takes: time.Hour}}, class: ClassCanceled},
		{name: "in a pause after an answer", steps: []step{{status: 503, retryAfter: "600"}}},
		{
			name:  "in a pause after none",
			steps: []step{{err: syscall.ECONNRESET, takes: 59*time.Second + 500*time.Millisecond}}, class: ClassConnection,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				begin := time.Now()
				time.AfterFunc(time.Minute, cancel)
				result := clientOf(t, script(t, test.steps...)).Do(ctx, &Call{
					Method: "POST", URL: "http://example.com", OperatorHost: true, Timeout: time.Hour, Retry: Retry{Attempts: 5},
				})
				if took := time.Since(begin); took != time.Minute {
					t.Errorf("it took %s", took)
				}
				if test.class != "" {
					checkFailure(t, result, test.class, "")
					return
				}
				checkOutcome(t, result, 503)
			})
		})
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	client := clientOf(t, script(t))
	tests := map[string]struct {
		call Call
		want string
	}{
		"method":      {Call{Method: "PO ST"}, "no method"},
		"no method":   {Call{}, "no method"},
		"header name": {Call{Method: "POST", Header: http.Header{"X Y": {"a"}}}, "no name of a header"},
		"line break":  {Call{Method: "POST", Header: http.Header{"X-Y": {"a\r\nX-Z: top-secret"}}}, "X-Y has a line break"},
		"NUL":         {Call{Method: "POST", Header: http.Header{"X-Y": {"a", "\x00top-secret"}}}, "X-Y has a line break"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.call.URL, test.call.OperatorHost, test.call.Retry.Attempts = "http://example.com", true, 3
			result := client.Do(t.Context(), &test.call)
			checkFailure(t, result, ClassInvalid, test.want)
			if len(result.Attempts) != 1 {
				t.Errorf("%d attempts", len(result.Attempts))
			}
		})
	}
}

// TestEndInPause tells when the next attempt was to be made, where the context ends in the pause before it.
func TestEndInPause(t *testing.T) {
	on, err := ParseStatusSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		call := &Call{
			Method: "POST", URL: "http://example.com/", OperatorHost: true, Retry: Retry{Attempts: 3, On: on},
		}
		begin := time.Now()
		result := clientOf(t, script(t, step{status: 503, retryAfter: "60"})).Do(ctx, call)
		if !result.NextAt.Equal(begin.Add(time.Minute)) || time.Since(begin) != 5*time.Second {
			t.Errorf("after %s the next is at %s", time.Since(begin), result.NextAt.Sub(begin))
		}
		checkOutcome(t, result, 503)
		if result = clientOf(t, script(t, step{status: 200})).Do(t.Context(), call); !result.NextAt.IsZero() {
			t.Errorf("answered, and the next is at %s", result.NextAt)
		}
	})
}
