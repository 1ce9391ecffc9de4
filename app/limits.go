package app

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/limit"
	"github.com/krosyn/gateway/pipeline"
)

// LimitError tells that a request came too early.
type LimitError struct {
	// Message is for the caller.
	Message string
	// RetryAfter is when the caller may come back.
	RetryAfter time.Duration
}

func (e *LimitError) Error() string { return e.Message }

// rateLimit is a compiled RateLimit.
type rateLimit struct {
	rate *limit.Rate
	by   *expression.Program
}

// concurrency is a compiled Concurrency.
type concurrency struct {
	limit *limit.Concurrency
	by    *expression.Program
}

// provisionLimits checks and compiles `rate_limit` and `concurrency`.
func (c *Connector) provisionLimits() (faults []error) {
	if r := c.RateLimit; r != nil {
		if r.Requests < 1 || r.Per <= 0 {
			faults = append(faults, errors.New("rate_limit: requests and period must be positive"))
		} else {
			by, err := c.compileBy("rate_limit", r.By)
			faults = appendError(faults, err)
			c.rate = &rateLimit{c.app.runtime.limits.rate(c.Name, r.Requests, time.Duration(r.Per)), by}
		}
	}
	if l := c.Concurrency; l != nil {
		if l.Executions < 1 {
			faults = append(faults, errors.New("concurrency: the number of executions must be positive"))
		} else {
			by, err := c.compileBy("concurrency", l.By)
			faults = appendError(faults, err)
			c.concurrency = &concurrency{c.app.runtime.limits.concurrency(c.Name, l.Executions), by}
		}
	}
	return faults
}

func appendError(list []error, err error) []error {
	if err == nil {
		return list
	}
	return append(list, err)
}

func (c *Connector) compileBy(directive, by string) (*expression.Program, error) {
	if by == "" {
		return nil, nil
	}
	err := refusePlaceholder(by)
	var program *expression.Program
	if err == nil {
		program, err = c.app.compiler().Value(by, expression.ScopeTrigger)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: by: %w", directive, err)
	}
	return program, nil
}

// admit counts a request against the connector's rate limit. The error is a *LimitError, or that of the expression by
// which requests are told apart.
func (c *Connector) admit(in *pipeline.Input) error {
	if c.rate == nil {
		return nil
	}
	key, err := c.keyBy(c.rate.by, in)
	if err != nil {
		return err
	}
	if ok, wait := c.rate.rate.Take(key, time.Now()); !ok {
		return &LimitError{"Rate limit exceeded", wait}
	}
	return nil
}

// enter counts an execution against the connector's concurrency until leave is called.
func (c *Connector) enter(in *pipeline.Input) (leave func(), err error) {
	if c.concurrency == nil {
		return func() {}, nil
	}
	key, err := c.keyBy(c.concurrency.by, in)
	if err != nil {
		return nil, err
	}
	if !c.concurrency.limit.Enter(key) {
		return nil, &LimitError{"Too many executions at the same time", time.Second}
	}
	return func() { c.concurrency.limit.Leave(key) }, nil
}

func (c *Connector) keyBy(by *expression.Program, in *pipeline.Input) (string, error) {
	if by == nil {
		return "", nil
	}
	return by.Text(in.Context(c.Name, c.app.environment.Secrets))
}

// limits has the limiters of all connectors. It outlives reloads: a limiter whose settings stay the same keeps its
// count, and one whose settings change begins anew.
type limits struct {
	mu           sync.Mutex
	rates        map[string]keptRate
	concurrences map[string]keptConcurrency
}

type keptRate struct {
	requests int
	per      time.Duration
	rate     *limit.Rate
}

type keptConcurrency struct {
	executions  int
	concurrency *limit.Concurrency
}

func (l *limits) rate(connector string, requests int, per time.Duration) *limit.Rate {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.rates[connector]
	if kept.rate == nil || kept.requests != requests || kept.per != per {
		kept = keptRate{requests, per, limit.NewRate(requests, per)}
		if l.rates == nil {
			l.rates = make(map[string]keptRate)
		}
		l.rates[connector] = kept
	}
	return kept.rate
}

func (l *limits) concurrency(connector string, executions int) *limit.Concurrency {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.concurrences[connector]
	if kept.concurrency == nil || kept.executions != executions {
		kept = keptConcurrency{executions, limit.NewConcurrency(executions)}
		if l.concurrences == nil {
			l.concurrences = make(map[string]keptConcurrency)
		}
		l.concurrences[connector] = kept
	}
	return kept.concurrency
}
