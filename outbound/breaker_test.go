package outbound

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var three = BreakerSettings{Failures: 3, Cooldown: time.Minute}

// tell lets one attempt through and reports a status, or for 0 a broken connection.
func tell(t *testing.T, b *Breaker, status int) {
	t.Helper()
	report, refusal := b.allow()
	if refusal != nil {
		t.Fatalf("refused: %v", refusal)
	}
	report.tell(outcomeOf(status))
}

func outcomeOf(status int) (*Response, *AttemptError) {
	if status == 0 {
		return nil, &AttemptError{Class: ClassConnection, Err: syscall.ECONNRESET}
	}
	return &Response{Status: status}, nil
}

func stateOf(t *testing.T, r *Breakers) string {
	t.Helper()
	states := r.List()
	if len(states) != 1 {
		t.Fatalf("%d breakers", len(states))
	}
	return states[0].State
}

func TestWhatOpensABreaker(t *testing.T) {
	tests := []struct {
		name     string
		statuses []int
		failures int // 3 is open
	}{
		{"no failure", []int{200, 201, 302}, 0},
		{"too few", []int{500, 0}, 2},
		{"consecutive", []int{500, 0, 503}, 3},
		{"interrupted", []int{500, 0, 200, 503}, 1},
		{"4xx is health", []int{500, 500, 404, 500, 500}, 2},
		{"4xx alone", []int{400, 401, 403, 404, 422}, 0},
		{"429 says nothing", []int{500, 429, 500, 429}, 2},
		{"429 does not help", []int{500, 429, 500, 429, 500}, 3},
		{"429 alone", []int{429, 429, 429, 429}, 0},
		{"beyond 599", []int{999, 600, 700}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			breakers := NewBreakers(nil)
			b := breakers.Get("c", "u", three)
			for _, status := range test.statuses {
				tell(t, b, status)
			}
			want := BreakerClosed
			if test.failures == 3 {
				want = BreakerOpen
			}
			if got := breakers.List()[0]; got.State != want || got.Failures != test.failures {
				t.Errorf("it is %s after %d failures", got.State, got.Failures)
			}
		})
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	breakers := NewBreakers(nil)
	b := breakers.Get("c", "u", BreakerSettings{Failures: 1})
	for _, class := range []Class{ClassCanceled, ClassRefused, ClassInvalid} {
		report, _ := b.allow()
		report.tell(nil, &AttemptError{Class: class, Err: errors.New("x")})
		if state := stateOf(t, breakers); state != BreakerClosed {
			t.Errorf("%s: it is %s", class, state)
		}
	}
	for _, class := range []Class{ClassTimeout, ClassDial, ClassTLS, ClassConnection, ClassMalformed} {
		report, refusal := b.allow()
		if refusal != nil {
			t.Fatal(refusal)
		}
		report.tell(nil, &AttemptError{Class: class, Err: errors.New("x")})
		if state := stateOf(t, breakers); state != BreakerOpen {
			t.Errorf("%s: it is %s", class, state)
		}
		breakers.Reset("c")
	}
}

func TestAnOpenBreakerLetsOneProbeThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breakers := NewBreakers(nil)
		b := breakers.Get("c", "u", three)
		opened := time.Now()
		for range 3 {
			tell(t, b, 503)
		}
		late, refusal := b.allow()
		if refusal == nil || !refusal.RetryAt.Equal(opened.Add(time.Minute)) {
			t.Fatalf("let through with %v, or refused with %v", late, refusal)
		}
		if !b.RefusesAt(opened.Add(59*time.Second)) || b.RefusesAt(opened.Add(61*time.Second)) {
			t.Error("it does not know its own cooldown")
		}

		time.Sleep(61 * time.Second)
		if state := stateOf(t, breakers); state != BreakerHalfOpen {
			t.Errorf("it is %s after the cooldown", state)
		}
		probe, refusal := b.allow()
		if refusal != nil {
			t.Fatalf("the probe is refused: %v", refusal)
		}
		if _, refusal := b.allow(); refusal == nil || !refusal.RetryAt.After(time.Now()) {
			t.Errorf("a second probe: %v", refusal)
		}
		probe.tell(outcomeOf(500))
		if got := breakers.List()[0]; got.State != BreakerOpen || got.Failures != 4 || !got.OpenedAt.Equal(time.Now()) {
			t.Errorf("after the probe failed it is %+v", got)
		}

		time.Sleep(61 * time.Second)
		ignored, _ := b.allow()
		ignored.tell(nil, &AttemptError{Class: ClassCanceled, Err: errors.New("x")})
		if state := stateOf(t, breakers); state != BreakerHalfOpen {
			t.Errorf("after the prober left it is %s", state)
		}
		tell(t, b, 200)
		got := breakers.List()[0]
		if diff := cmp.Diff(BreakerState{Connector: "c", URL: "u", State: BreakerClosed}, got); diff != "" {
			t.Errorf("after the probe succeeded (-want +got):\n%s", diff)
		}
	})
}

func TestAProbeThatIsToldToWaitCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breakers := NewBreakers(nil)
		b := breakers.Get("c", "u", BreakerSettings{Failures: 1, Cooldown: time.Second})
		tell(t, b, 500)
		time.Sleep(2 * time.Second)
		tell(t, b, 429)
		if state := stateOf(t, breakers); state != BreakerClosed {
			t.Errorf("it is %s", state)
		}
	})
}

func TestChangesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		var breakers *Breakers
		breakers = NewBreakers(func(s BreakerState) {
			told = append(told, s.Connector+" "+s.URL+" "+s.State)
			breakers.List() // a callback may ask back
		})
		b := breakers.Get("c", "u", BreakerSettings{Failures: 1, Cooldown: time.Second})
		tell(t, b, 500)
		time.Sleep(2 * time.Second)
		tell(t, b, 500)
		time.Sleep(2 * time.Second)
		tell(t, b, 200)
		tell(t, b, 500)
		breakers.Reset("")
		breakers.Reset("")
		want := []string{
			"c u open", "c u half_open", "c u open", "c u half_open", "c u closed", "c u open", "c u closed",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAttemptsUnderWayDoNotDisturbAReset(t *testing.T) {
	var told []BreakerState
	breakers := NewBreakers(func(s BreakerState) { told = append(told, s) })
	b := breakers.Get("c", "u", BreakerSettings{Failures: 1})
	report, _ := b.allow()
	if n := breakers.Reset("c"); n != 1 {
		t.Errorf("%d breakers reset", n)
	}
	report.tell(outcomeOf(0))
	if state := stateOf(t, breakers); state != BreakerClosed || len(told) != 0 {
		t.Errorf("it is %s, told %v", state, told)
	}
}

// TestManyProbers has many goroutines meet a breaker whose cooldown has passed.
func TestManyProbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreakers(nil).Get("c", "u", BreakerSettings{Failures: 1, Cooldown: time.Second})
		tell(t, b, 500)
		time.Sleep(2 * time.Second)
		var wg sync.WaitGroup
		var mu sync.Mutex
		through := 0
		for range 100 {
			wg.Go(func() {
				report, refusal := b.allow()
				if refusal != nil {
					return
				}
				mu.Lock()
				through++
				mu.Unlock()
				time.Sleep(time.Second)
				report.tell(outcomeOf(200))
			})
		}
		wg.Wait()
		if through != 1 {
			t.Errorf("%d probes", through)
		}
	})
}

// TestBreakerAgainstModel runs random outcomes and pauses against the rules in their plainest form.
func TestBreakerAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(rt, "failures")
		events := rapid.SliceOf(rapid.SampledFrom([]int{0, 200, 404, 429, 500, 503, -1})).Draw(rt, "events")
		synctest.Test(t, func(*testing.T) {
			breakers := NewBreakers(nil)
			b := breakers.Get("c", "u", BreakerSettings{Failures: limit, Cooldown: 10 * time.Second})
			state, failures := BreakerClosed, 0
			var openedAt time.Time
			for i, status := range events {
				if status == -1 {
					time.Sleep(4 * time.Second)
				}
				if state == BreakerOpen && time.Since(openedAt) > 10*time.Second {
					state = BreakerHalfOpen
				}
				if status != -1 {
					report, refusal := b.allow()
					if (refusal != nil) != (state == BreakerOpen) {
						rt.Fatalf("event %d: %s, refusal is %v", i, state, refusal)
					}
					if refusal == nil {
						report.tell(outcomeOf(status))
						switch {
						case status == 0 || status >= 500:
							failures++
							if state == BreakerHalfOpen || failures >= limit {
								state, openedAt = BreakerOpen, time.Now()
							}
						case status != 429 || state == BreakerHalfOpen:
							state, failures = BreakerClosed, 0
						}
					}
				}
				if got := breakers.List()[0]; got.State != state || got.Failures != failures {
					rt.Fatalf("event %d (%d): it is %s with %d failures, want %s with %d",
						i, status, got.State, got.Failures, state, failures)
				}
			}
		})
	})
}

func TestBreakersSurviveReloads(t *testing.T) {
	breakers := NewBreakers(nil)
	old := breakers.Get("c", "u", BreakerSettings{Failures: 1})
	tell(t, old, 500)

	again := breakers.Get("c", "u", BreakerSettings{Failures: 1, Cooldown: time.Minute})
	breakers.Release(old)
	if again != old || stateOf(t, breakers) != BreakerOpen {
		t.Error("a reload has lost the breaker")
	}
	for _, other := range []*Breaker{
		breakers.Get("c", "u", BreakerSettings{Failures: 2}),
		breakers.Get("c", "v", BreakerSettings{Failures: 1}),
		breakers.Get("d", "u", BreakerSettings{Failures: 1}),
		breakers.Get("c", "u", BreakerSettings{Failures: 1, Cooldown: 1}),
	} {
		if other == old || other.snapshot().State != BreakerClosed {
			t.Errorf("%+v shares a breaker", other.key)
		}
		breakers.Release(other)
	}
	breakers.Release(again)
	if states := breakers.List(); len(states) != 0 {
		t.Errorf("nobody uses %v", states)
	}
	breakers.Release(again)
	fresh := breakers.Get("c", "u", BreakerSettings{Failures: 1})
	if fresh == old || stateOf(t, breakers) != BreakerClosed {
		t.Error("a breaker that nobody used is back")
	}
	breakers.Release(old)
	if len(breakers.List()) != 1 {
		t.Error("a late release has taken another's breaker")
	}
}

func TestListAndReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breakers := NewBreakers(nil)
		for _, name := range []string{"b", "a", "c"} {
			tell(t, breakers.Get(name, "https://example.com/$payload.id", BreakerSettings{Failures: 1}), 500)
		}
		breakers.Get("a", "https://a.example", BreakerSettings{Failures: 1})
		if n := breakers.Reset("b"); n != 1 {
			t.Errorf("%d breakers of b reset", n)
		}
		if n := breakers.Reset("x"); n != 0 {
			t.Errorf("%d breakers of an unknown connector reset", n)
		}
		got, err := json.Marshal(breakers.List())
		if err != nil {
			t.Fatal(err)
		}
		const open = `"state":"open","failures":1,` +
			`"opened_at":"2000-01-01T00:00:00.000Z","retry_at":"2000-01-01T00:01:00.000Z"}`
		const closed = `"state":"closed","failures":0,"opened_at":null,"retry_at":null}`
		want := `[{"connector":"a","url":"https://a.example",` + closed +
			`,{"connector":"a","url":"https://example.com/$payload.id",` + open +
			`,{"connector":"b","url":"https://example.com/$payload.id",` + closed +
			`,{"connector":"c","url":"https://example.com/$payload.id",` + open + `]`
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := breakers.Reset(""); n != 4 {
			t.Errorf("%d breakers reset", n)
		}
	})
}

func TestCallsAskTheBreaker(t *testing.T) {
	tests := []struct {
		name     string
		before   int // failures before the call
		steps    []step
		status   int
		attempts int
		open     bool // the call itself is refused
		took     time.Duration
	}{
		{name: "closed", steps: []step{{status: 200}}, status: 200},
		{name: "open", before: 3, open: true},
		{
			name: "opens in the middle", before: 1, attempts: 5,
			steps: []step{{err: syscall.ECONNRESET}, {status: 503}}, status: 503, took: time.Second,
		},
		{name: "opens at the first", before: 2, attempts: 5, steps: []step{{status: 503}}, status: 503},
		{
			name: "a pause beyond the cooldown", before: 2, attempts: 2,
			steps:  []step{{status: 503, retryAfter: "90"}, {status: 200}},
			status: 200, took: 90 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				breaker := NewBreakers(nil).Get("c", "u", three)
				for range test.before {
					tell(t, breaker, 500)
				}
				begin := time.Now()
				result := clientOf(t, script(t, test.steps...)).Do(t.Context(), &Call{
					Method: "POST", URL: "http://example.com", OperatorHost: true, Breaker: breaker,
					Retry: Retry{Attempts: test.attempts},
				})
				if took := time.Since(begin).Round(time.Second); took != test.took {
					t.Errorf("it took %s, want %s", took, test.took)
				}
				if !test.open {
					checkOutcome(t, result, test.status)
					return
				}
				refusal, ok := errors.AsType[*CircuitOpenError](result.Err)
				if !ok || len(result.Attempts) != 0 || result.Response != nil {
					t.Fatalf("it is not refused: %+v", result)
				}
				if want := begin.Add(time.Minute); !refusal.RetryAt.Equal(want) ||
					refusal.Error() != "circuit breaker is open until "+want.UTC().Format(time.RFC3339) {
					t.Errorf("refused with %v", refusal)
				}
			})
		})
	}
}

// TestAnotherCallOpensTheBreaker opens it while a call is in the pause between two attempts.
func TestAnotherCallOpensTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := NewBreakers(nil).Get("c", "u", three)
		time.AfterFunc(500*time.Millisecond, func() {
			tell(t, breaker, 500)
			tell(t, breaker, 500)
		})
		result := clientOf(t, script(t, step{status: http.StatusBadGateway})).Do(t.Context(), &Call{
			Method: "POST", URL: "http://example.com", OperatorHost: true, Breaker: breaker, Retry: Retry{Attempts: 3},
		})
		checkOutcome(t, result, http.StatusBadGateway)
		if len(result.Attempts) != 1 {
			t.Errorf("%d attempts", len(result.Attempts))
		}
	})
}

func BenchmarkBreaker(b *testing.B) {
	breaker := NewBreakers(nil).Get("c", "u", three)
	response := &Response{Status: 200}
	b.ReportAllocs()
	for b.Loop() {
		report, _ := breaker.allow()
		report.tell(response, nil)
	}
}
