package app

import (
	"context"
	"testing"
	"time"

	"github.com/krosyn/gateway/dispatch"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/pipeline"
)

// attemptsOf makes attempts of letters: `.` answered, `x` timed out, `!` interrupted, `|` answered and cut off in the pause
// that followed, `>` begins the next redelivery.
func attemptsOf(letters string) (list []event.Attempt) {
	redelivery := 0
	for _, letter := range letters {
		attempt := event.Attempt{Redelivery: redelivery, RetryAfterMS: 1}
		switch letter {
		case '>':
			redelivery++
			continue
		case 'x':
			attempt.Class = string(outbound.ClassTimeout)
		case '!':
			attempt.Class, attempt.RetryAfterMS = event.ClassInterrupted, 0
		case '|':
			attempt.RetryAfterMS = 0
		}
		list = append(list, attempt)
	}
	return list
}

func TestRedelivery(t *testing.T) {
	for _, test := range []struct {
		earlier string
		want    int
	}{
		{"", 0},
		{".", 1},
		{"xx.", 1},
		{"xx>x", 2},
		{"!", 0},
		{"x!!", 0},
		{"!!!", 1},
		{"!!!>!", 1},
		{"x>!>!", 2},
		{"x>!!!", 2},
		{"!x", 1},
		{"x|", 0},
		{"|!", 0},
		{"|!!!", 1},
	} {
		if got := redelivery(attemptsOf(test.earlier)); got != test.want {
			t.Errorf("after %q comes %d, want %d", test.earlier, got, test.want)
		}
	}
}

func TestPostpone(t *testing.T) {
	now := time.Now()
	stopped, cancel := context.WithCancelCause(t.Context())
	cancel(dispatch.ErrStopped)
	c := &Connector{redeliveries: []time.Duration{time.Second, time.Minute}}
	for _, test := range []struct {
		name        string
		ctx         context.Context
		status      event.Status
		attempts    string
		redelivery  int
		received    time.Time
		out         pipeline.Outcome
		again       bool
		least, most time.Duration
		interrupted bool
	}{
		{name: "completed", ctx: stopped, status: event.Completed, attempts: "."},
		{name: "not a matter of time", status: event.Failed, attempts: "x"},
		{
			name: "first", status: event.Failed, attempts: "x", out: pipeline.Outcome{Undelivered: true},
			again: true, least: 900 * time.Millisecond, most: 1100 * time.Millisecond,
		},
		{
			name: "second", status: event.Failed, attempts: "x>x", redelivery: 1, out: pipeline.Outcome{Undelivered: true},
			again: true, least: 54 * time.Second, most: 66 * time.Second,
		},
		{
			name: "the last", status: event.Failed, attempts: "x>x>x", redelivery: 2, out: pipeline.Outcome{Undelivered: true},
		},
		{
			name: "the target asks for time", status: event.Failed, attempts: "x",
			out:   pipeline.Outcome{Undelivered: true, RetryAfter: time.Hour},
			again: true, least: time.Hour, most: time.Hour,
		},
		{
			name: "an open breaker", status: event.Failed, attempts: "x>x", redelivery: 1, received: now,
			out:   pipeline.Outcome{Undelivered: true, RetryAt: now.Add(30 * time.Second)},
			again: true, least: 30 * time.Second, most: 30 * time.Second,
		},
		{
			name: "a breaker that never closes", status: event.Failed, received: now.Add(-62 * time.Second),
			out: pipeline.Outcome{Undelivered: true, RetryAt: now.Add(30 * time.Second)},
		},
		{
			name: "cut off", ctx: stopped, status: event.Failed, attempts: "xc", again: true, interrupted: true,
		},
		{
			name: "cut off between attempts", ctx: stopped, status: event.Failed, attempts: "x|", redelivery: 2,
			out:   pipeline.Outcome{Undelivered: true, NextAt: now.Add(20 * time.Second)},
			again: true, least: 20 * time.Second, most: 20 * time.Second,
		},
		{
			name: "cut off at the end of a pause", ctx: stopped, status: event.Failed, attempts: "|", redelivery: 2,
			out:   pipeline.Outcome{Undelivered: true, NextAt: now.Add(-time.Second)},
			again: true,
		},
		{
			name: "the last attempt was made before the stop", ctx: stopped, status: event.Failed, attempts: "x",
			out:   pipeline.Outcome{Undelivered: true},
			again: true, least: 900 * time.Millisecond, most: 1100 * time.Millisecond,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := test.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			e := &event.Event{Status: test.status, Attempts: attemptsOf(test.attempts)}
			if n := len(test.attempts); n > 0 && test.attempts[n-1] == 'c' {
				e.Attempts[len(e.Attempts)-1].Class = string(outbound.ClassCanceled)
			}
			if test.status == event.Failed {
				e.Error = event.PerformFailed(1, "")
			}
			out := test.out
			out.Event = e
			in := &pipeline.Input{Redelivery: test.redelivery, ReceivedAt: test.received}
			pause, again := c.postpone(ctx, in, &out, now)
			if again != test.again || pause < test.least || pause > test.most {
				t.Errorf("%v after %s, want %v after %s to %s", again, pause, test.again, test.least, test.most)
			}
			if again != (e.Status == event.Pending) || again != (e.NextAttemptAt != nil) || again && e.Error != nil {
				t.Errorf("the event is %+v", e)
			}
			if last := len(e.Attempts) - 1; test.interrupted != (last >= 0 && e.Attempts[last].Class == event.ClassInterrupted) {
				t.Errorf("the attempts are %+v", e.Attempts)
			}
		})
	}
}
