package badger

import (
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
)

const (
	// leap is how far a clock may be ahead of what is expected of it: more than it is corrected by in small steps, and
	// than a process stands still on a busy machine.
	leap = 5 * time.Minute

	// doubtful is for how long a clock that was set ahead is doubted.
	doubtful = time.Hour
)

// clock is the time by which is deleted: the system's, unless that has jumped ahead. Whoever believes a clock that is
// wrong for a moment deletes what should have been kept for long. So one that is ahead is believed only when it has
// stayed so for a while, in which somebody may set it right; until then time goes on from where it was.
type clock struct {
	log *zap.Logger
	// time is what was told last, and told is when, by the clock that nobody sets.
	time, told time.Time
	// ahead tells that the system's clock is doubted, and doubted for how long it has been.
	ahead   bool
	doubted time.Duration
}

// newClock expects the system's clock to go on from the latest event. After a long standstill that looks as if the clock
// had been set meanwhile; events stay a little longer then, which harms nobody.
func newClock(latest event.ID, now time.Time, log *zap.Logger) *clock {
	c := &clock{log: log, time: now.Round(0), told: now}
	if at := latest.Time(); latest != (event.ID{}) && now.Sub(at) > leap {
		c.time, c.ahead = at, true
	}
	return c
}

// now tells the time.
func (c *clock) now() time.Time {
	now := time.Now()
	elapsed := now.Sub(c.told)
	c.told = now
	return c.tell(now.Round(0), elapsed)
}

// tell tells the time where the system's clock says wall, so long after the last time.
func (c *clock) tell(wall time.Time, elapsed time.Duration) time.Time {
	c.time = c.time.Add(elapsed)
	ahead := wall.Sub(c.time)
	if c.ahead {
		c.doubted += elapsed
	}
	switch {
	case ahead <= leap, c.doubted >= doubtful:
		c.time, c.ahead, c.doubted = wall, false, 0
	case !c.ahead:
		c.ahead = true
		c.log.Warn("the clock was set ahead, or the machine was suspended: for an hour nothing is deleted by the new time",
			zap.Duration("ahead", ahead.Round(time.Second)), zap.Time("new_time", wall))
	}
	return c.time
}
