package badger

import "time"

const (
	// groupBytes is the size from which a group takes no further operation, in bytes: it bounds how long the first
	// waits for the last to be written.
	groupBytes = 4 << 20

	// enough is the part of those who were there lately for whom a group waits. With more of them, fewer syncs take less
	// of the processors, until there is nothing left for these to do meanwhile.
	enough = 0.6

	// longestWait bounds how long a group waits for more operations. It never waits longer than it takes to write one.
	longestWait = 2 * time.Millisecond
)

// gatherer makes the groups of operations that share a transaction, and with it a sync, which costs some 300
// microseconds of a processor, the system's part included. Those who waited for the transaction before have just been
// told, and most come straight back: without them the first would get a transaction nearly of its own.
type gatherer struct {
	queue <-chan *operation
	timer *time.Timer
	// crowd is how many operations were there lately: those of a group, and those that were waiting when it was answered.
	crowd float64
	// took is how long it took to write a group lately.
	took time.Duration
}

func newGatherer(queue <-chan *operation) *gatherer {
	return &gatherer{queue: queue, timer: time.NewTimer(longestWait)}
}

// gather adds operations to the first of a group.
func (g *gatherer) gather(group []*operation) []*operation {
	var end <-chan time.Time
	for bytes := group[0].bytes; bytes < groupBytes; {
		var op *operation
		select {
		case op = <-g.queue:
		default:
			if len(group) >= g.wanted() {
				return group
			}
			if end == nil {
				g.timer.Reset(min(g.took, longestWait))
				end = g.timer.C
			}
			select {
			case op = <-g.queue:
			case <-end:
				return group
			}
		}
		if op == nil { // the queue is closed
			return group
		}
		group = append(group, op)
		bytes += op.bytes
	}
	return group
}

// wanted is how many operations a group waits for.
func (g *gatherer) wanted() int { return int(enough * g.crowd) }

// learn takes in how many operations were there, how many of them a group had, and how long it took to write that.
func (g *gatherer) learn(there, group int, took time.Duration) {
	const steady, disappointed = 16, 4
	pace := float64(steady)
	if group < g.wanted() {
		pace = disappointed
	}
	g.crowd = max(float64(there), g.crowd+(float64(there)-g.crowd)/pace)
	g.took += (took - g.took) / steady
}
