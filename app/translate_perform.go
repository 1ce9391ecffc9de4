package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// The defaults of what a perform does not say.
const (
	defaultPerformTimeout = 10 * time.Second
	defaultFirstPause     = time.Second
	defaultLongestPause   = 30 * time.Second

	// defaultDeadline bounds an execution that a caller may be waiting for.
	defaultDeadline = 60 * time.Second

	// maxAttempts bounds the attempts of one execution.
	maxAttempts = 100
)

func (t *translation) perform(p *Perform) *pipeline.Perform {
	out := &pipeline.Perform{
		Method: strings.ToUpper(p.Method), URL: t.url("perform", p.URL, &p.credentials), Shown: p.URL,
		Query:  t.assignments("perform: query", p.Query),
		Fields: t.assignments("perform: field", p.Fields), Form: t.assignments("perform: form", p.Form),
		Body:      t.source("perform: body", p.Body),
		BasicAuth: t.basicAuth(p), OAuth2: t.oauth2(p), Sign: t.sign(p), Success: t.source("perform: success", p.Success),
		Timeout: t.timeout("perform", p.Timeout, defaultPerformTimeout), Retry: outbound.Retry{Attempts: 1},
		Redirects: p.Redirects, Route: t.route(p),
	}
	out.Headers, out.Remove = t.headers("perform", p.Headers)
	if p.Raw != nil {
		out.Raw = &pipeline.Raw{ContentType: p.Raw.ContentType, Value: t.source("perform: raw", p.Raw.Value)}
	}
	out.Deadline = t.timeout("perform: deadline", p.Deadline, max(defaultDeadline, out.Timeout))
	if p.Retry != nil {
		out.Retry = t.retry(p.Retry)
	}
	if p.Breaker != nil {
		out.Breaker = t.breaker(p.Breaker)
	}
	return out
}

func (t *translation) retry(r *Retry) outbound.Retry {
	const where = "perform: retry"
	if r.Attempts < 1 || r.Attempts > maxAttempts {
		t.fault(where, fmt.Errorf("%d attempts: between 1 (no retry) and %d are allowed", r.Attempts, maxAttempts))
	}
	on, err := outbound.ParseStatusSet(r.On)
	t.fault(where, err)
	out := outbound.Retry{Attempts: r.Attempts, First: defaultFirstPause, Longest: defaultLongestPause, On: on}
	if b := r.Backoff; b != nil {
		out.First = time.Duration(orDefault(b.First, caddy.Duration(defaultFirstPause)))
		out.Longest = time.Duration(orDefault(b.Longest, max(b.First, caddy.Duration(defaultLongestPause))))
		if out.First < 0 || out.Longest < out.First {
			t.fault(where, errors.New("backoff: the longest pause cannot be shorter than the first, nor the first negative"))
		}
	}
	return out
}

func (t *translation) breaker(b *Breaker) *outbound.BreakerSettings {
	const where = "perform: breaker"
	if b.Failures < 1 || b.Cooldown <= 0 {
		t.fault(where, errors.New("failures and cooldown must be positive"))
	}
	out := &outbound.BreakerSettings{Failures: b.Failures, Cooldown: time.Duration(b.Cooldown)}
	if r := b.Ratio; r != nil {
		if !(r.Share > 0 && r.Share <= 1) || r.Of < 1 || r.Within <= 0 {
			t.fault(where, errors.New("ratio: share must be above 0 and at most 1, of and within must be positive"))
		}
		out.Ratio = outbound.BreakerRatio{Share: r.Share, Of: r.Of, Within: time.Duration(r.Within)}
	}
	return out
}
