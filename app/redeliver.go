package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/dispatch"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// defaultRedeliver are the pauses after which an accepted event is executed again: they begin short, for what passes
// by itself, and add up to more than a day, for what takes a person. They are those that Standard Webhooks gives as its
// example (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
var defaultRedeliver = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

const (
	// maxRedeliveries and longestRedelivery bound a schedule.
	maxRedeliveries   = 100
	longestRedelivery = 30 * 24 * time.Hour

	// jitter is the part of a pause by which it is shorter or longer, so that what failed together does not come back
	// together.
	jitter = 0.1

	// maxInterruptions is how often in a row an execution may end with the process. It may be what ends it.
	maxInterruptions = 3

	// interrupted is the error of an attempt whose outcome is unknown.
	interrupted = "the gateway ended during the attempt; its outcome is unknown"

	// interruptedTooOften is why an event has failed for which no redelivery was left after maxInterruptions.
	interruptedTooOften = "the gateway ended again and again during the attempt, perhaps because of this event; " +
		"its outcome is unknown"
)

// provisionRedeliver checks `redeliver` and `on_disconnect`, and makes the schedule.
func (c *Connector) provisionRedeliver() (faults []error) {
	if c.Redeliver != nil && c.Respond != RespondAsync {
		faults = append(faults, errors.New("redeliver is for a connector with `respond async`: nobody waits that long"))
	}
	switch c.OnDisconnect {
	case "", OnDisconnectFinish, OnDisconnectCancel:
		if c.OnDisconnect != "" && c.Respond == RespondAsync {
			faults = append(faults, errors.New("on_disconnect: with `respond async` no caller waits"))
		}
	default:
		faults = append(faults, fmt.Errorf("on_disconnect %q: allowed are %s and %s",
			c.OnDisconnect, OnDisconnectFinish, OnDisconnectCancel))
	}
	c.redeliveries = defaultRedeliver
	if c.Redeliver != nil {
		c.redeliveries = durations(c.Redeliver)
	}
	if len(c.redeliveries) > maxRedeliveries {
		faults = append(faults, fmt.Errorf("redeliver: %d pauses, at most %d are allowed", len(c.redeliveries), maxRedeliveries))
	}
	for _, pause := range c.redeliveries {
		if pause <= 0 || pause > longestRedelivery {
			faults = append(faults, fmt.Errorf("redeliver: the pause %s is not between 0 and %s", pause, longestRedelivery))
		}
	}
	return faults
}

func durations(list []caddy.Duration) []time.Duration {
	out := make([]time.Duration, len(list))
	for i, d := range list {
		out[i] = time.Duration(d)
	}
	return out
}

// postpone decides whether an event waits for another execution, and for how long; it is made pending then.
func (c *Connector) postpone(
	ctx context.Context, in *pipeline.Input, out *pipeline.Outcome, now time.Time,
) (pause time.Duration, again bool) {
	e := out.Event
	last := len(e.Attempts) - 1
	switch {
	case e.Status != event.Failed:
		return 0, false
	case errors.Is(context.Cause(ctx), dispatch.ErrStopped) && wasCutOff(e):
		// Whether the request got through is not known, so it is repeated as soon as the gateway runs again.
		text := interrupted
		e.Attempts[last].Class, e.Attempts[last].Error = event.ClassInterrupted, &text
	case !out.NextAt.IsZero():
		// What is left of the pause is waited for when the gateway runs again, and the quick attempts go on.
		pause = max(out.NextAt.Sub(now), 0)
	case !out.Undelivered || in.Redelivery >= len(c.redeliveries):
		return 0, false
	case !out.RetryAt.IsZero():
		// Nothing was sent, so this execution does not count. But a target whose breaker never closes is given up when
		// the schedule would have ended.
		if now.After(in.ReceivedAt.Add(c.wholeSchedule())) {
			return 0, false
		}
		pause = max(out.RetryAt.Sub(now), time.Second)
	default:
		pause = max(jittered(c.redeliveries[in.Redelivery]), out.RetryAfter)
		if last >= 0 {
			e.Attempts[last].RetryAfterMS = max(pause.Milliseconds(), 1)
		}
	}
	next := event.At(now.Add(pause))
	e.Status, e.Error, e.NextAttemptAt = event.Pending, nil, &next
	return pause, true
}

// wasCutOff tells that the execution has failed because it was told to end.
func wasCutOff(e *event.Event) bool {
	if len(e.Attempts) == 0 {
		return false
	}
	class := e.Attempts[len(e.Attempts)-1].Class
	return class == string(outbound.ClassCanceled) || class == pipeline.ClassLookup
}

// wholeSchedule is how long it takes to execute an event as often as the schedule says.
func (c *Connector) wholeSchedule() (whole time.Duration) {
	for _, pause := range c.redeliveries {
		whole += pause
	}
	return whole
}

// jittered is a pause a little shorter or longer.
func jittered(pause time.Duration) time.Duration {
	return time.Duration(float64(pause) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // no secret
}

// redelivery says which redelivery comes after these attempts; 0 is the first execution. One that was interrupted is
// repeated, and one that was cut off in a pause goes on: its last attempt has none after it.
func redelivery(earlier []event.Attempt) int {
	if len(earlier) == 0 {
		return 0
	}
	last := earlier[len(earlier)-1]
	goesOn := last.RetryAfterMS == 0
	if n := interruptions(earlier); n > 0 {
		goesOn = n < maxInterruptions
	}
	if goesOn {
		return last.Redelivery
	}
	return last.Redelivery + 1
}

// interruptions is how many of the last attempts were interrupted in the same execution.
func interruptions(attempts []event.Attempt) (n int) {
	for _, a := range slices.Backward(attempts) {
		if a.Class != event.ClassInterrupted || a.Redelivery != attempts[len(attempts)-1].Redelivery {
			break
		}
		n++
	}
	return n
}

// interruption is the record of an execution of which nothing is known.
func interruption(redelivery int) event.Attempt {
	text := interrupted
	return event.Attempt{
		At: event.At(time.Now()), Error: &text, Class: event.ClassInterrupted, Redelivery: redelivery,
	}
}
