package badger

import (
	"bytes"
	"math"
	"sync"
	"time"

	"github.com/krosyn/gateway/event"
)

// schedule knows all jobs, and whose turn it is. It is in memory: in the tree of keys the jobs that come first would be
// behind the deletion markers of all that were done, and finding one for each connector would take a search for each. A
// job takes about 250 bytes here, its payload none.
//
// The database has what a restart needs: the jobs, and how often each was handed out. Leases are only here, so those of
// a process that is gone are void.
type schedule struct {
	mutex sync.Mutex
	// start is what moments are counted from. Its monotonic clock never jumps.
	start time.Time
	jobs  map[event.ID]*job
	lines map[string]*line
	// open has the lines whose jobs can be handed out, by whose turn it is.
	open pile[*line]
	// later has the jobs whose time is still to come, leased those under way, by when that ends.
	later, leased pile[*job]
	// turns counts how many jobs were handed out.
	turns uint64
	// settled is how many jobs were acknowledged or given back, and that is not durable yet.
	settled int
	// removed is how many jobs were deleted from the database since it was last asked for.
	removed int
}

// moment is a time since the start of a schedule.
type moment = time.Duration

// job is a job without its payload.
type job struct {
	id   event.ID
	line *line
	// order is nil for a job without key.
	order       *order
	due, until  moment
	attempt     int
	interrupted bool
	phase       phase
	// payload tells that the database has one.
	payload bool
	// token is that of the last lease, as long as that is not lost; 0 is none.
	token uint64
	// place is in the pile of the phase, waiting in that of order.
	place, waiting int
}

// phase is where a job stands.
type phase uint8

const (
	blocked phase = iota // it waits for another of its key
	later                // it waits for its time
	ready
	leased
	settled // it was acknowledged or given back, and that is not durable yet
)

// line is what there is of a connector.
type line struct {
	name   string
	ready  pile[*job]
	orders map[string]*order
	// jobs is how many there are, and leased how many of them are under way.
	jobs, leased int
	// served is the turn in which it was last served.
	served uint64
	place  int
}

// order is what there is of a key. One job of it is under way (busy), or the first of those waiting is offered.
type order struct {
	key string
	// jobs is how many there are.
	jobs    int
	waiting pile[*job]
	busy    *job
	offered *job
}

func newSchedule() *schedule {
	return &schedule{
		start: time.Now(), jobs: make(map[event.ID]*job), lines: make(map[string]*line),
		open: pile[*line]{
			before: func(a, b *line) bool {
				return a.leased < b.leased || a.leased == b.leased && a.served < b.served
			},
			place: func(l *line) *int { return &l.place },
		},
		later:  pile[*job]{before: dueBefore, place: placeOf},
		leased: pile[*job]{before: func(a, b *job) bool { return a.until < b.until }, place: placeOf},
	}
}

func newLine(connector string, served uint64) *line {
	return &line{
		name: connector, served: served,
		ready: pile[*job]{before: dueBefore, place: placeOf}, orders: make(map[string]*order),
	}
}

func newOrder(key string) *order {
	return &order{key: key, waiting: pile[*job]{before: idBefore, place: func(j *job) *int { return &j.waiting }}}
}

func dueBefore(a, b *job) bool { return a.due < b.due || a.due == b.due && idBefore(a, b) }

func idBefore(a, b *job) bool { return bytes.Compare(a.id[:], b.id[:]) < 0 }

func placeOf(j *job) *int { return &j.place }

func (s *schedule) now() moment { return time.Since(s.start) }

// after is so long from now, or the end of time.
func (s *schedule) after(d time.Duration) moment {
	now := s.now()
	return now + min(d, math.MaxInt64-now)
}

// add adds a job that the database has.
func (s *schedule) add(h *header) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	l := s.lines[h.connector]
	if l == nil {
		// Who comes and goes is no more urgent for it than who waits.
		l = newLine(h.connector, s.turns)
		s.lines[h.connector] = l
	}
	l.jobs++
	j := &job{
		id: h.id, line: l, due: s.after(time.Until(h.due)),
		attempt: h.attempt, interrupted: h.leased, payload: h.payload,
	}
	if h.key != "" {
		if j.order = l.orders[h.key]; j.order == nil {
			j.order = newOrder(h.key)
			l.orders[h.key] = j.order
		}
		j.order.jobs++
	}
	s.jobs[h.id] = j
	s.wait(j)
}

// wait has a job wait for its turn.
func (s *schedule) wait(j *job) {
	j.phase = blocked
	if j.order == nil {
		s.offer(j)
		return
	}
	if j.order.busy == j {
		j.order.busy = nil
	}
	j.order.waiting.add(j)
	s.turn(j.order)
}

// leave takes a job that waits out of where it does.
func (s *schedule) leave(j *job) {
	if j.order == nil {
		s.withdraw(j)
		return
	}
	j.order.waiting.remove(j)
	s.turn(j.order)
}

// turn offers the job of a key that is next, and none else.
func (s *schedule) turn(o *order) {
	var next *job
	if o.busy == nil {
		next, _ = o.waiting.first()
	}
	if o.offered == next {
		return
	}
	if o.offered != nil {
		s.withdraw(o.offered)
	}
	if o.offered = next; next != nil {
		s.offer(next)
	}
}

// offer lets a job be handed out when it is due.
func (s *schedule) offer(j *job) {
	if j.due > s.now() {
		j.phase = later
		s.later.add(j)
		return
	}
	j.phase = ready
	if j.line.ready.add(j); j.line.ready.Len() == 1 {
		s.open.add(j.line)
	}
}

// withdraw undoes offer.
func (s *schedule) withdraw(j *job) {
	if j.phase == later {
		s.later.remove(j)
	} else if j.line.ready.remove(j); j.line.ready.Len() == 0 && j.line.place > 0 {
		s.open.remove(j.line)
	}
	j.phase = blocked
}

// advance does what the time has brought.
func (s *schedule) advance(now moment) {
	for j, ok := s.leased.first(); ok && j.until <= now; j, ok = s.leased.first() {
		// Behind all that is due by now: one that no holder survives does not keep the others back.
		j.due = j.until
		j.interrupted = true
		s.unlease(j)
		s.wait(j)
	}
	for j, ok := s.later.first(); ok && j.due <= now; j, ok = s.later.first() {
		s.withdraw(j)
		s.offer(j)
	}
}

// unlease takes a job from those under way.
func (s *schedule) unlease(j *job) {
	s.leased.remove(j)
	s.serve(j.line, -1)
}

// serve counts the jobs of a line that are under way.
func (s *schedule) serve(l *line, change int) {
	if l.leased += change; l.place > 0 {
		s.open.moved(l)
	}
}

// header is what the database has of a job, as it is now.
func (s *schedule) header(j *job) *header {
	h := &header{
		id: j.id, connector: j.line.name, due: s.start.Add(j.due), attempt: j.attempt, leased: j.phase == leased,
		payload: j.payload,
	}
	if j.order != nil {
		h.key = j.order.key
	}
	return h
}

// drop forgets a job that the database has no more. It was settled.
func (s *schedule) drop(j *job) {
	delete(s.jobs, j.id)
	s.removed++
	if o := j.order; o != nil {
		if o.busy == j {
			o.busy = nil
		}
		s.turn(o)
		if o.jobs--; o.jobs == 0 {
			delete(j.line.orders, o.key)
		}
	}
	if j.line.jobs--; j.line.jobs == 0 {
		delete(s.lines, j.line.name)
	}
}
