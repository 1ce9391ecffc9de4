package outbound

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// authority is an authorization server and a target in one: it gives the-token-1, the-token-2, … and accepts what it
// says.
type authority struct {
	fetched  atomic.Int64
	expires  time.Duration
	answer   func() (status int, body string)
	accepted func(authorization string) bool
	requests []*http.Request
	bodies   []string
}

func (a *authority) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path != "/token" {
		if a.accepted != nil && !a.accepted(req.Header.Get("Authorization")) {
			return answer(401, http.Header{}, "no "+req.Header.Get("Authorization")), nil
		}
		return answer(200, http.Header{}, "for "+req.Header.Get("Authorization")), nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	a.requests, a.bodies = append(a.requests, req), append(a.bodies, string(body))
	if a.answer != nil {
		status, text := a.answer()
		return answer(status, http.Header{"Content-Type": {"application/json"}}, text), nil
	}
	n := a.fetched.Add(1)
	text := fmt.Sprintf(`{"access_token":"the-token-%d","token_type":"bearer","expires_in":%d}`, n, int(a.expires.Seconds()))
	return answer(200, http.Header{"Content-Type": {"application/json"}}, text), nil
}

func (a *authority) call(t *testing.T) (*Client, *Call) {
	client := clientOf(t, a.RoundTrip)
	tokens := NewTokens(client, TokenSettings{
		URL: "https://auth.example/token", ClientID: "client", ClientSecret: "s3cr3t/&", Scopes: []string{"a", "b"},
		Audience: "https://api.example",
	})
	return client, &Call{Method: "POST", URL: "https://api.example/in", OperatorHost: true, Tokens: tokens}
}

func TestTokensAreFetchedOnceAndBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{expires: time.Minute}
		client, call := a.call(t)
		expect := func(token string) {
			t.Helper()
			result := client.Do(t.Context(), call)
			if result.Err != nil || string(result.Response.Body) != "for Bearer "+token {
				t.Fatalf("%+v %v, want %s", result.Response, result.Err, token)
			}
			if len(result.Redactors) != 1 {
				t.Fatalf("%d redactors", len(result.Redactors))
			}
			if got := result.Redactors[0].String("it is " + token + "!"); strings.Contains(got, token) {
				t.Errorf("shown as %s", got)
			}
		}
		expect("the-token-1")
		time.Sleep(49 * time.Second)
		expect("the-token-1")
		time.Sleep(2 * time.Second)
		expect("the-token-2")
		if call.Header.Get("Authorization") != "" {
			t.Error("the call was changed")
		}
		user, password, ok := a.requests[0].BasicAuth()
		if want := "audience=https%3A%2F%2Fapi.example&grant_type=client_credentials&scope=a+b"; a.bodies[0] != want {
			t.Errorf("asked with %s", a.bodies[0])
		}
		if !ok || user != "client" || password != "s3cr3t%2F%26" { // RFC 6749, section 2.3.1
			t.Errorf("asked as %s with %s", user, password)
		}
	})
}

func TestTokensWithoutExpiryAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{}
		client, call := a.call(t)
		client.Do(t.Context(), call)
		time.Sleep(1000 * time.Hour)
		if result := client.Do(t.Context(), call); string(result.Response.Body) != "for Bearer the-token-1" {
			t.Errorf("sent %s", result.Response.Body)
		}
	})
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	for _, test := range []struct {
		name     string
		accepted string
		attempts int
		status   int
	}{
		{"accepted", "Bearer the-token-1", 1, 200}, {"renewed", "Bearer the-token-2", 2, 200},
		{"refused again", "none", 2, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &authority{expires: time.Hour}
			a.accepted = func(authorization string) bool { return authorization == test.accepted }
			client, call := a.call(t)
			call.Breaker = NewBreakers(nil).Get("c", "u", BreakerSettings{Failures: 1})
			result := client.Do(t.Context(), call)
			if result.Err != nil || result.Response.Status != test.status || len(result.Attempts) != test.attempts {
				t.Errorf("%+v %v after %d attempts", result.Response, result.Err, len(result.Attempts))
			}
			if len(result.Redactors) != test.attempts {
				t.Errorf("%d tokens are known to be redacted", len(result.Redactors))
			}
			if pause := result.Attempts[0].RetryAfterMS; pause != 0 {
				t.Errorf("a pause of %d ms", pause)
			}
		})
	}
}

// TestTokensStayWithTheirOrigin has a token neither follow a redirect elsewhere nor be renewed for what is said there.
func TestTokensStayWithTheirOrigin(t *testing.T) {
	a := &authority{expires: time.Hour}
	client := clientOf(t, func(req *http.Request) (*http.Response, error) {
		switch req.URL.Host {
		case "api.example":
			return answer(307, http.Header{"Location": {"https://elsewhere.example/"}}, ""), nil
		case "elsewhere.example":
			if got := req.Header.Get("Authorization"); got != "" {
				t.Errorf("elsewhere got %s", got)
			}
			return answer(401, http.Header{}, ""), nil
		}
		return a.RoundTrip(req)
	})
	call := &Call{Method: "POST", URL: "https://api.example/in", OperatorHost: true, Redirects: 1}
	call.Tokens = NewTokens(client, TokenSettings{URL: "https://auth.example/token", ClientID: "c", ClientSecret: "s"})
	result := client.Do(t.Context(), call)
	if result.Err != nil || result.Response.Status != 401 || len(result.Attempts) != 1 || len(result.Redactors) != 1 {
		t.Errorf("%+v %v after %d attempts, %d redactors",
			result.Response, result.Err, len(result.Attempts), len(result.Redactors))
	}
}

// TestRenewalIsBesideTheRetries has a renewed token take none of the attempts away.
func TestRenewalIsBesideTheRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []int{401, 503, 503, 200}
		a := &authority{expires: time.Hour}
		client := clientOf(t, func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/token" {
				return a.RoundTrip(req)
			}
			status := statuses[0]
			statuses = statuses[1:]
			return answer(status, http.Header{}, ""), nil
		})
		_, call := a.call(t)
		call.Tokens = NewTokens(client, TokenSettings{URL: "https://auth.example/token", ClientID: "c", ClientSecret: "s"})
		call.Retry = Retry{Attempts: 3}
		result := client.Do(t.Context(), call)
		if result.Err != nil || result.Response.Status != 200 || len(result.Attempts) != 4 {
			t.Errorf("%+v %v after %+v", result.Response, result.Err, result.Attempts)
		}
		first, second := result.Attempts[1].RetryAfterMS, result.Attempts[2].RetryAfterMS
		if first != 999 || second != 1999 {
			t.Errorf("pauses of %d and %d ms", first, second)
		}
	})
}

func TestNoToken(t *testing.T) {
	const invalid = `{"error":"invalid_client","error_description":"who are you?"}`
	for _, test := range []struct {
		name, body string
		status     int
		attempts   int
		want       string
	}{
		{"refused", invalid, 401, 1, "status 401: invalid_client who are you?"},
		{"busy", `{}`, 503, 2, "status 503"},
		{"asked to wait", `{}`, 429, 2, "status 429"},
		{"a redirect", ``, 307, 1, "status 307"},
		{"no JSON", `<html>`, 200, 1, "no access token"},
		{"no token", `{"token_type":"bearer"}`, 200, 1, "missing access_token"},
		{"a header of its own", `{"access_token":"a\r\nX-Evil: 1"}`, 200, 1, "control characters"},
		{"too long", `{"access_token":"` + strings.Repeat("x", 20_000) + `"}`, 200, 1, "too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &authority{answer: func() (int, string) { return test.status, test.body }}
				client, call := a.call(t)
				call.Retry = Retry{Attempts: 2}
				breakers := NewBreakers(nil)
				call.Breaker = breakers.Get("c", "u", BreakerSettings{Failures: 1})
				result := client.Do(t.Context(), call)
				checkFailure(t, result, ClassToken, test.want)
				failure, _ := errors.AsType[*AttemptError](result.Err)
				if failure.Sent || len(result.Attempts) != test.attempts {
					t.Errorf("%d attempts, sent %v", len(result.Attempts), failure.Sent)
				}
				if strings.Contains(failure.Error(), "auth.example") || strings.Contains(failure.Error(), "s3cr3t") {
					t.Errorf("the error tells too much: %v", failure)
				}
				if state := stateOf(t, breakers); state != BreakerClosed {
					t.Errorf("the target's breaker is %s", state)
				}
			})
		})
	}
}

func TestTheTokenEndpointIsJudged(t *testing.T) {
	a := &authority{}
	client, call := a.call(t)
	client.guard = mustGuard(t, nil, []string{"auth.example"})
	result := client.Do(t.Context(), call)
	checkFailure(t, result, ClassToken, "egress deny auth.example")
	if len(a.requests) != 0 {
		t.Error("a denied endpoint was asked")
	}
}

// TestCallsShareAFetch has many calls begin without a token, and one of them give up.
func TestCallsShareAFetch(t *testing.T) {
	var fetches atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			fetches.Add(1)
			<-release
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"shared-token","expires_in":3600}`)
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	}))
	defer server.Close()
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	tokens := NewTokens(client, TokenSettings{URL: server.URL + "/token", ClientID: "c", ClientSecret: "s"})
	call := func(timeout time.Duration) *Result {
		request := post(server.URL)
		request.Tokens, request.Timeout = tokens, timeout
		return client.Do(t.Context(), request)
	}
	checkFailure(t, call(20*time.Millisecond), ClassTimeout, "timeout of 20ms")
	var calling sync.WaitGroup
	for range 8 {
		calling.Go(func() {
			result := call(10 * time.Second)
			if result.Err != nil || string(result.Response.Body) != "Bearer shared-token" {
				t.Errorf("%+v %v", result.Response, result.Err)
			}
		})
	}
	close(release)
	calling.Wait()
	if n := fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}
