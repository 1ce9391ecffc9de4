package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// The defaults of what a connector does not say.
const (
	defaultLookupTimeout  = 5 * time.Second
	defaultPerformTimeout = 10 * time.Second
	defaultFirstPause     = time.Second
	defaultLongestPause   = 30 * time.Second

	// syncDeadline bounds all attempts of an execution that a caller waits for, with their pauses. It is longer only
	// for a perform whose timeout is longer.
	syncDeadline = 60 * time.Second
)

// definition is the connector as the pipeline wants it, with the faults that can be seen without compiling it.
func (c *Connector) definition() (*pipeline.Definition, []error) {
	t := &translation{}
	d := &pipeline.Definition{Name: c.Name, Trigger: t.source("trigger", c.Trigger), Relay: c.Respond == RespondTarget}
	if c.Process != nil {
		d.Set = t.assignments("set", c.Process.Set)
		if c.Process.Lookup != nil {
			d.Lookup = t.lookup(c.Process.Lookup)
		}
	}
	if c.Perform != nil {
		d.Perform = t.perform(c.Perform)
	}
	return d, t.faults
}

// translation turns configuration into a definition and gathers faults.
type translation struct{ faults []error }

func (t *translation) fault(where string, err error) {
	if err != nil {
		t.faults = append(t.faults, fmt.Errorf("%s: %w", where, err))
	}
}

func (t *translation) source(where, source string) string {
	t.fault(where, refusePlaceholder(source))
	return source
}

func (t *translation) assignments(directive string, list []Assignment) []pipeline.Assignment {
	out := make([]pipeline.Assignment, 0, len(list))
	for _, a := range list {
		if a.Name == "" {
			t.fault(directive, errors.New("a name is missing"))
		}
		out = append(out, pipeline.Assignment{Name: a.Name, Value: t.source(directive+" "+a.Name, a.Value)})
	}
	return out
}

func (t *translation) headers(directive string, headers map[string][]string) []pipeline.Assignment {
	var out []pipeline.Assignment
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, value := range headers[name] {
			out = append(out, pipeline.Assignment{Name: name, Value: t.source(directive+": header "+name, value)})
		}
	}
	return out
}

func (t *translation) url(where, url string) string {
	resolved, err := resolveURL(url)
	t.fault(where, err)
	return resolved
}

func (t *translation) timeout(where string, d caddy.Duration, fallback time.Duration) time.Duration {
	if d < 0 {
		t.fault(where, errors.New("a timeout cannot be negative"))
	}
	return time.Duration(orDefault(d, caddy.Duration(fallback)))
}

func (t *translation) lookup(l *Lookup) *pipeline.Lookup {
	if l.OnError != "" && l.OnError != OnErrorFail && l.OnError != OnErrorContinue {
		t.fault("lookup", fmt.Errorf("on_error %q: allowed are %s and %s", l.OnError, OnErrorFail, OnErrorContinue))
	}
	return &pipeline.Lookup{
		URL: t.url("lookup", l.URL), Headers: t.headers("lookup", l.Headers), Query: t.assignments("lookup: query", l.Query),
		Timeout: t.timeout("lookup", l.Timeout, defaultLookupTimeout), Continue: l.OnError == OnErrorContinue,
	}
}

// The values of Lookup.OnError.
const (
	OnErrorFail     = "fail"
	OnErrorContinue = "continue"
)

func (t *translation) perform(p *Perform) *pipeline.Perform {
	out := &pipeline.Perform{
		Method: strings.ToUpper(p.Method), URL: t.url("perform", p.URL), Headers: t.headers("perform", p.Headers),
		Fields: t.assignments("perform: field", p.Fields), Body: t.source("perform: body", p.Body),
		Timeout: t.timeout("perform", p.Timeout, defaultPerformTimeout), Retry: outbound.Retry{Attempts: 1},
	}
	out.Deadline = max(syncDeadline, out.Timeout)
	if p.Retry != nil {
		out.Retry = t.retry(p.Retry)
	}
	if b := p.Breaker; b != nil {
		if b.Failures < 1 || b.Cooldown <= 0 {
			t.fault("perform: breaker", errors.New("failures and cooldown must be positive"))
		}
		out.Breaker = &outbound.BreakerSettings{Failures: b.Failures, Cooldown: time.Duration(b.Cooldown)}
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

// maxAttempts bounds the attempts of one execution.
const maxAttempts = 100

// maxExample bounds the file of an example payload.
const maxExample = 10 << 20

// readExample is the example payload: the configuration has it, or names the file that has.
func readExample(configured string) (json.RawMessage, error) {
	if configured == "" {
		return nil, nil
	}
	text := []byte(configured)
	if path, isFile := strings.CutPrefix(configured, "file:"); isFile {
		info, err := os.Stat(path)
		if err == nil && info.Size() > maxExample {
			err = fmt.Errorf("%s is longer than %d bytes", path, maxExample)
		}
		if err == nil {
			text, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, fmt.Errorf("example: %w", err)
		}
	}
	if !json.Valid(text) {
		return nil, errors.New("example: not JSON; write the payload between backquotes, or file: and a path")
	}
	return json.RawMessage(text), nil
}
