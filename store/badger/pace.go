package badger

import (
	"context"
	"time"
)

const (
	// leisure is how many times as long as a deletion takes the writer is then left to others, when nothing presses;
	// longestPause bounds that.
	leisure      = 9
	longestPause = 200 * time.Millisecond

	// catchUp is how many times as fast as events come the maintenance deletes at least.
	catchUp = 2

	// quietRate is how many events a second are few, so that merging delays nobody much.
	quietRate = 50

	// operations is about how many operations a second delete: those who share a transaction with one wait for it, so
	// many short ones are better than few long ones. (At 2,000 events a second, of two cores, the median of an append
	// was 1.1 ms with 64 events in each, and is 0.8 ms with 16.)
	operations = 250
	// leastLength is how many events an operation deletes at least, because each one takes part in a sync; mostLength is
	// how many at most, and where new work may soon be refused; quietLength is how many when hardly anything comes.
	leastLength, quietLength, mostLength = 16, 64, 256
)

// pace is how fast the maintenance works: as slowly as it can without falling behind those who write. It belongs to the
// maintenance, which does one thing at a time.
type pace struct {
	counters *counters
	// rate is how many events came in a second, by the last measurement, at measured, when there were total of them.
	rate     float64
	measured time.Time
	total    int64
	// deleted is how many events were deleted since.
	deleted int64
	// working tells that there was something to do in this round, and raised that process was raised for it.
	working, raised bool
}

func newPace(counters *counters, now time.Time) *pace {
	return &pace{counters: counters, measured: now, total: counters.total()}
}

// measure counts what came since the last time, if that was long enough ago to tell.
func (p *pace) measure(now time.Time) {
	const soonest = time.Second
	elapsed := now.Sub(p.measured)
	if elapsed >= 0 && elapsed < soonest {
		return
	}
	total := p.counters.total()
	if elapsed > 0 {
		p.rate = max(0, float64(total-p.total+p.deleted)) / elapsed.Seconds()
	}
	p.measured, p.total, p.deleted = now, total, 0
}

// quiet tells that hardly anything comes.
func (p *pace) quiet() bool { return p.rate < quietRate }

// pause is for how long others go first after an operation on so many events, or on something else where it is 0.
func (p *pace) pause(took time.Duration, events int) time.Duration {
	if events == 0 {
		return min(took, longestPause)
	}
	pause := leisure * took
	if least := catchUp * p.rate; least > 0 {
		pause = min(pause, time.Duration(float64(events)/least*float64(time.Second))-took)
	}
	return min(max(pause, took), longestPause)
}

// length is how many events the next operation deletes.
func (p *pace) length() int {
	if p.quiet() {
		return quietLength
	}
	return min(max(leastLength, int(catchUp*p.rate/operations)), mostLength)
}

// work is called where there is something to do: for as long as that goes on, others get their turn sooner.
func (p *pace) work() {
	p.working = true
	if !p.raised {
		p.raised = true
		process.raise()
	}
}

// rest is called after each round. Badger goes on merging for a while, so the end is a round without any work.
func (p *pace) rest() {
	if !p.working {
		p.end()
	}
	p.working = false
}

// end is called when there are no more rounds.
func (p *pace) end() {
	if p.raised {
		p.raised = false
		process.lower()
	}
}

// makeWay leaves the writer to others after an operation of the maintenance, unless space is short.
func (d *database) makeWay(ctx context.Context, took time.Duration, events int) {
	p := d.maintenance.pace
	p.work()
	if d.health.ready() != nil || d.health.budget.hurried(d.health.background.Load()) {
		return
	}
	p.measure(time.Now()) // a sweep may go on for long, and what comes may change meanwhile
	pause := time.NewTimer(p.pause(took, events))
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
}
