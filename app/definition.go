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
	"go.uber.org/zap"

	"github.com/krosyn/gateway/pipeline"
)

const defaultLookupTimeout = 5 * time.Second

// definition is the connector as the pipeline wants it, with the faults that can be seen without compiling it.
func (c *Connector) definition() (*pipeline.Definition, []error) {
	t := &translation{secrets: c.app.environment.Secrets, logger: c.app.logger.With(zap.String("connector", c.Name))}
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
type translation struct {
	secrets map[string]string
	logger  *zap.Logger
	faults  []error
}

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

// headers gives the headers to send, and the names of those with an empty list, which are not to be sent.
func (t *translation) headers(directive string, headers map[string][]string) (set []pipeline.Assignment, removed []string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if len(headers[name]) == 0 {
			removed = append(removed, name)
		}
		for _, value := range headers[name] {
			set = append(set, pipeline.Assignment{Name: name, Value: t.source(directive+": header "+name, value)})
		}
	}
	return set, removed
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
	out := &pipeline.Lookup{
		URL: t.url("lookup", l.URL, &l.credentials), Query: t.assignments("lookup: query", l.Query),
		Timeout: t.timeout("lookup", l.Timeout, defaultLookupTimeout), Continue: l.OnError == OnErrorContinue,
	}
	out.Headers, out.Remove = t.headers("lookup", l.Headers)
	return out
}

// The values of Lookup.OnError.
const (
	OnErrorFail     = "fail"
	OnErrorContinue = "continue"
)

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
