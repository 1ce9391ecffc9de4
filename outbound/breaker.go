package outbound

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/krosyn/gateway/event"
)

// Breaker stops attempts at a target that keeps failing: after so many consecutive failures, or when too large a share
// of the latest attempts failed, it is open and lets none through; when the cooldown has passed it lets one through as
// a probe, whose outcome closes or opens it again.
//
// An attempt fails when it gets no answer, or a 5xx. A 4xx shows that the target lives. A 429 asks for time: it says
// nothing about failures before it, but as the answer to a probe it closes the breaker. An attempt whose caller left,
// which the guard refused or which could not be sent does not count. All methods of a nil Breaker let everything pass.
type Breaker struct {
	key      breakerKey
	onChange func(BreakerState)

	mu      sync.Mutex
	circuit *circuit
	changes []BreakerState
}

// BreakerSettings says when a breaker opens and for how long.
type BreakerSettings struct {
	// Failures is how many consecutive failed attempts open the breaker.
	Failures int
	// Cooldown is how long it stays open before it lets a probe through. Default: 60s.
	Cooldown time.Duration
	// Ratio opens it too, for a target that fails often without failing always; the zero value never does.
	Ratio BreakerRatio
}

// BreakerRatio is a share of failed attempts that opens a breaker.
type BreakerRatio struct {
	// Share of the attempts that fail, above 0 and at most 1.
	Share float64
	// Of is how many attempts there must have been for the share to say something.
	Of int
	// Within is how far back attempts count. The window moves on in tenths of it.
	Within time.Duration
}

// windowSteps is in how many steps the window of a ratio moves on.
const windowSteps = 10

// isPassed tells whether so many failures among the attempts of the window are too many.
func (r *BreakerRatio) isPassed(counts gobreaker.Counts) bool {
	attempts := counts.TotalSuccesses + counts.TotalFailures
	return r.Share > 0 && int64(attempts) >= int64(r.Of) && float64(counts.TotalFailures) >= r.Share*float64(attempts)
}

// BreakerState is a breaker as the admin API shows it.
type BreakerState struct {
	Connector string `json:"connector"`
	URL       string `json:"url"`
	// State is one of the constants below.
	State string `json:"state"`
	// Failures is how many attempts failed since the last one that did not.
	Failures int `json:"failures"`
	// OpenedAt is when the breaker opened last; nil when it is closed.
	OpenedAt *event.Time `json:"opened_at"`
	// RetryAt is when a probe may be let through; nil when it is closed.
	RetryAt *event.Time `json:"retry_at"`
}

// The states of a breaker.
const (
	BreakerClosed   = "closed"
	BreakerHalfOpen = "half_open"
	BreakerOpen     = "open"
)

var stateNames = map[gobreaker.State]string{
	gobreaker.StateClosed: BreakerClosed, gobreaker.StateHalfOpen: BreakerHalfOpen, gobreaker.StateOpen: BreakerOpen,
}

// CircuitOpenError tells that a breaker refused the first attempt.
type CircuitOpenError struct {
	// RetryAt is when an attempt may be let through again.
	RetryAt time.Time
}

func (e *CircuitOpenError) Error() string {
	return "circuit breaker is open until " + e.RetryAt.UTC().Format(time.RFC3339)
}

// circuit is a breaker since it was last reset. The callbacks of the machine run under its lock and take that of the
// breaker inside, so nobody may call the machine while holding the breaker's.
type circuit struct {
	machine *gobreaker.TwoStepCircuitBreaker[struct{}]
	// state is the machine's own, for its callbacks, which alone touch it.
	state gobreaker.State
	// failures counts the consecutive ones. The machine's own count starts anew when the state changes, and with a ratio
	// it forgets what has left the window.
	failures atomic.Int64
	// openedAt is zero when the breaker is closed; under the breaker's lock.
	openedAt time.Time
}

// What the machine is told of an attempt that was no success.
var (
	errFailed  = errors.New("failed")
	errDelayed = errors.New("delayed")
	errIgnored = errors.New("ignored")
)

func newBreaker(key breakerKey, onChange func(BreakerState)) *Breaker {
	b := &Breaker{key: key, onChange: onChange}
	b.circuit = b.newCircuit()
	return b
}

func (b *Breaker) newCircuit() *circuit {
	c := new(circuit)
	settings := &b.key.settings
	c.machine = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:  settings.Cooldown,
		Interval: settings.Ratio.Within, BucketPeriod: settings.Ratio.Within / windowSteps,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return c.failures.Load() >= int64(settings.Failures) || settings.Ratio.isPassed(counts)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			c.state = to
			b.changed(c, to)
		},
		IsSuccessful: c.count,
		IsExcluded: func(err error) bool {
			return errors.Is(err, errIgnored) || c.state == gobreaker.StateClosed && errors.Is(err, errDelayed)
		},
	})
	return c
}

// count notes an outcome that counts, and tells whether it is a success.
func (c *circuit) count(err error) bool {
	if err == nil || errors.Is(err, errDelayed) {
		c.failures.Store(0)
		return true
	}
	c.failures.Add(1)
	return false
}

// changed notes a change of a circuit's state; publish tells it on, outside the machine's lock.
func (b *Breaker) changed(c *circuit, to gobreaker.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch to {
	case gobreaker.StateOpen:
		c.openedAt = time.Now()
	case gobreaker.StateClosed:
		c.openedAt = time.Time{}
	case gobreaker.StateHalfOpen:
	}
	if c == b.circuit {
		b.changes = append(b.changes, b.show(c, to))
	}
}

func (b *Breaker) publish() {
	b.mu.Lock()
	changes := b.changes
	b.changes = nil
	b.mu.Unlock()
	for _, change := range changes {
		b.onChange(change)
	}
}

// report takes the outcome of an attempt that a breaker let through. It must be told one: a probe without outcome
// would keep every other attempt out.
type report struct {
	breaker *Breaker
	done    func(error)
}

// allow lets an attempt through, or says until when none will be.
func (b *Breaker) allow() (report, *CircuitOpenError) {
	if b == nil {
		return report{}, nil
	}
	c := b.current()
	done, err := c.machine.Allow()
	b.publish()
	if err == nil {
		return report{b, done}, nil
	}
	// Past the cooldown a probe is under way, and its outcome is near.
	retryAt := time.Now().Add(time.Second)
	if at := b.probeAt(); at.After(retryAt) {
		retryAt = at
	}
	return report{}, &CircuitOpenError{RetryAt: retryAt}
}

func (r report) tell(response *Response, failure *AttemptError) {
	if r.breaker == nil {
		return
	}
	switch {
	case failure != nil && !failure.isTargets():
		r.done(errIgnored)
	case failure != nil || response.Status >= http.StatusInternalServerError:
		r.done(errFailed)
	case response.Status == http.StatusTooManyRequests:
		r.done(errDelayed)
	default:
		r.done(nil)
	}
	r.breaker.publish()
}

// RefusesAt tells whether an attempt at the given time will be refused, as far as is known now.
func (b *Breaker) RefusesAt(at time.Time) bool {
	return b != nil && b.probeAt().After(at)
}

func (b *Breaker) current() *circuit {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.circuit
}

// probeAt is when the cooldown ends; zero when the breaker is closed.
func (b *Breaker) probeAt() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.circuit.openedAt.IsZero() {
		return time.Time{}
	}
	return b.circuit.openedAt.Add(b.key.settings.Cooldown)
}

func (b *Breaker) snapshot() BreakerState {
	c := b.current()
	state := c.machine.State()
	b.publish()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.show(c, state)
}

// reset closes the breaker and forgets its failures. Attempts under way report to the circuit that was.
func (b *Breaker) reset() {
	open := b.snapshot().State != BreakerClosed
	fresh := b.newCircuit()
	b.mu.Lock()
	b.circuit = fresh
	if open {
		b.changes = append(b.changes, b.show(fresh, gobreaker.StateClosed))
	}
	b.mu.Unlock()
	b.publish()
}

// show is called with the lock held.
func (b *Breaker) show(c *circuit, state gobreaker.State) BreakerState {
	shown := BreakerState{
		Connector: b.key.connector, URL: b.key.url, State: stateNames[state],
		Failures: int(c.failures.Load()),
	}
	if !c.openedAt.IsZero() {
		opened, retry := event.At(c.openedAt), event.At(c.openedAt.Add(b.key.settings.Cooldown))
		shown.OpenedAt, shown.RetryAt = &opened, &retry
	}
	return shown
}
