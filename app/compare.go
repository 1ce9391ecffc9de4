package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

const (
	// MaxCompared is how many events a comparison is made on at most.
	MaxCompared = 1000
	// maxDifferences is how many of those that differ are shown.
	maxDifferences = 100
	// maxSearched is how many events are looked through for some that have a payload.
	maxSearched = 10_000
)

// Comparison is what a candidate definition would change.
type Comparison struct {
	Connector string `json:"connector"`
	// Compared is how many stored events both definitions were tried on, the latest ones that have a payload.
	Compared int `json:"compared"`
	// WithoutPayload is how many were passed over because theirs is not stored.
	WithoutPayload int `json:"without_payload"`
	// Changed is for how many of them the candidate does something else.
	Changed int `json:"changed"`
	// Unstable is for how many of them the present definition does something else each time, as one with `now` in it
	// does. What differs so is not compared.
	Unstable int `json:"unstable"`
	// Differences are the latest of the changed ones, at most 100.
	Differences []Difference `json:"differences"`
}

// Difference is an event for which two definitions do not do the same.
type Difference struct {
	EventID    event.ID   `json:"event_id"`
	ReceivedAt event.Time `json:"received_at"`
	// Status is that of the stored event.
	Status event.Status `json:"status"`
	// Changes are the parts that differ: status, error, trigger, processed, method, url, headers, body, or outbound where
	// one of the two sends nothing.
	Changes   []string `json:"changes"`
	Current   Steps    `json:"current"`
	Candidate Steps    `json:"candidate"`
}

// Steps are what a dry run came to.
type Steps struct {
	Status event.Status `json:"status"`
	Error  *event.Error `json:"error,omitempty"`
	// Trigger is true without a trigger too, and absent where it failed.
	Trigger   *bool           `json:"trigger,omitempty"`
	Processed json.RawMessage `json:"processed,omitempty"`
	Outbound  *event.Outbound `json:"outbound,omitempty"`
}

// Compare tries a candidate definition and the present one on the last n stored events of the connector, and lists
// those for which they do not do the same. Nothing is sent; a lookup answers what it answered then. Without a
// candidate the present definition is compared with itself. The error of a candidate is a *CandidateError.
func (c *Connector) Compare(ctx context.Context, candidate json.RawMessage, n int) (*Comparison, error) {
	present, err := c.current()
	if err != nil {
		return nil, err
	}
	changed := present
	if len(candidate) > 0 {
		if changed, err = c.candidate(candidate); err != nil {
			return nil, err
		}
	}
	before, err := present.compile(c)
	if err != nil {
		return nil, err
	}
	defer before.Close()
	after, err := changed.compile(c)
	if err != nil {
		return nil, err
	}
	defer after.Close()
	events, err := c.app.Store()
	if err != nil {
		return nil, err
	}
	result := &Comparison{Connector: c.Name, Differences: []Difference{}}
	query := store.Query{Connector: c.Name, Limit: min(n, 100)}
	for searched := 0; searched < maxSearched; {
		page, err := events.List(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, summary := range page.Events {
			if result.Compared == n {
				return result, nil
			}
			stored, err := events.Get(ctx, summary.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue // retention has removed it
			}
			if err != nil {
				return nil, err
			}
			if err := result.add(c, stored, before, after); err != nil {
				return nil, err
			}
		}
		if searched += len(page.Events); !page.More {
			break
		}
		query.Before = page.Next
	}
	return result, nil
}

// add tries both definitions on one event.
func (r *Comparison) add(c *Connector, stored *event.Event, before, after *pipeline.Connector) error {
	if stored.Payload == nil {
		r.WithoutPayload++
		return nil
	}
	in, err := repeat(stored)
	if err != nil {
		return err
	}
	try := func(p *pipeline.Connector) Steps {
		own := *in
		if own.Request != nil {
			// A dry run is redacted in place.
			request := *in.Request
			own.Request = &request
		}
		e := p.DryRun(&own, lookedUp(stored))
		c.app.redactor().Event(e)
		s := Steps{Status: e.Status, Error: e.Error, Trigger: new(true), Processed: e.Processed, Outbound: e.Outbound}
		if e.Trigger != nil {
			s.Trigger = e.Trigger.Result
		}
		return s
	}
	present, candidate := try(before), try(after)
	r.Compared++
	changes := present.differs(&candidate)
	if len(changes) == 0 {
		return nil
	}
	again := try(before)
	if unstable := present.differs(&again); len(unstable) > 0 {
		r.Unstable++
		changes = slices.DeleteFunc(changes, func(part string) bool { return slices.Contains(unstable, part) })
	}
	if len(changes) == 0 {
		return nil
	}
	if r.Changed++; len(r.Differences) < maxDifferences {
		r.Differences = append(r.Differences, Difference{
			EventID: stored.ID, ReceivedAt: stored.ReceivedAt, Status: stored.Status, Changes: changes,
			Current: present, Candidate: candidate,
		})
	}
	return nil
}

// differs lists the parts in which two runs differ.
func (s *Steps) differs(o *Steps) []string {
	var parts []string
	note := func(part string, same bool) {
		if !same {
			parts = append(parts, part)
		}
	}
	note("status", s.Status == o.Status)
	note("error", reflect.DeepEqual(s.Error, o.Error))
	note("trigger", reflect.DeepEqual(s.Trigger, o.Trigger))
	note("processed", sameJSON(s.Processed, o.Processed))
	a, b := s.Outbound, o.Outbound
	if a == nil || b == nil {
		note("outbound", a == b)
		return parts
	}
	note("method", a.Method == b.Method)
	note("url", a.URL == b.URL)
	note("headers", maps.EqualFunc(a.Headers, b.Headers, slices.Equal[[]string]))
	note("body", a.Encoding == b.Encoding && a.Truncated == b.Truncated && sameJSON(a.Body, b.Body))
	return parts
}

// sameJSON compares what two texts say, whatever the order of their members.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return decodeNumbers(a, &x) == nil && decodeNumbers(b, &y) == nil && reflect.DeepEqual(x, y)
}

func decodeNumbers(text json.RawMessage, target *any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(target)
}
