package pipeline

import (
	"errors"
	"math"
	"strconv"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
)

// Masked stands for the value of every secret in a dry run, so that no expression can spell one out.
const Masked = "[REDACTED]"

// DryRun takes the steps of an execution and sends nothing: what a lookup would have answered is given (nil is null),
// and the outbound request is built and shown. The status is what the event would have if the target answered.
func (c *Connector) DryRun(in *Input, lookup *value.Document) *event.Event {
	x := c.begin(in)
	x.ctx.Secrets = make(map[string]string, len(c.env.Secrets))
	for name := range c.env.Secrets {
		x.ctx.Secrets[name] = Masked
	}
	switch err := x.rehearse(lookup); {
	case err == nil:
		x.event.Status = event.Completed
	case errors.Is(err, errSkipped):
		x.event.Status = event.Skipped
	default:
		x.fail(err)
	}
	return x.event
}

func (x *execution) rehearse(lookup *value.Document) error {
	if err := x.decide(); err != nil {
		return err
	}
	if x.lookup != nil {
		if _, err := x.lookupCall(); err != nil {
			return err
		}
		x.ctx.Lookup = lookup
	}
	if err := x.process(); err != nil {
		return err
	}
	_, err := x.build()
	return err
}

// Whole is the connector with events that keep bodies whole, for dry runs of which nothing is stored.
func (c *Connector) Whole() *Connector {
	env := *c.env
	env.CaptureBody = math.MaxInt64
	whole := *c
	whole.env = &env
	return &whole
}

// FieldAt is the JSON text that a body has at the path of a `field`.
func FieldAt(body *value.Document, path string) (text []byte, found bool, err error) {
	steps, err := parsePath(path)
	if err != nil {
		return nil, false, err
	}
	members := make([]value.Step, len(steps))
	for i, s := range steps {
		members[i] = value.Step{Key: s.name, IsIndex: s.isIndex}
		if s.isIndex {
			members[i].Index, _ = strconv.Atoi(s.name)
		}
	}
	text, found = body.Find(members)
	return text, found, nil
}
