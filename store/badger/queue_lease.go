package badger

import (
	"math/rand/v2"
	"time"

	"github.com/krosyn/gateway/store"
)

// handed is a job as it was handed out.
type handed struct {
	*header
	token       uint64
	until       time.Time
	interrupted bool
	// before is the job before that.
	before job
}

// leased is what the holder gets, beside the payload.
func (h *handed) leased() store.Leased {
	return store.Leased{
		Job:   store.Job{ID: h.id, Connector: h.connector, Key: h.key, Due: h.due},
		Lease: store.Lease{ID: h.id, Token: h.token}, Attempt: h.attempt, Interrupted: h.interrupted, Until: h.until,
	}
}

// lease hands out up to n jobs.
func (s *schedule) lease(n int, ttl time.Duration, limit func(string) int) []*handed {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.advance(s.now())
	var jobs []*handed
	var full []*line
	for len(jobs) < n {
		l, ok := s.open.first()
		if !ok {
			break
		}
		if limit != nil && l.leased >= limit(l.name) {
			s.open.remove(l)
			full = append(full, l)
			continue
		}
		next, _ := l.ready.first()
		jobs = append(jobs, s.hand(next, s.after(ttl)))
	}
	for _, l := range full {
		s.open.add(l)
	}
	return jobs
}

// hand hands out a job that is ready.
func (s *schedule) hand(j *job, until moment) *handed {
	before := *j
	if j.order != nil {
		j.order.busy = j
	}
	s.leave(j)
	j.phase, j.until, j.token = leased, until, rand.Uint64()|1 //nolint:gosec // tokens tell holders apart, they keep nobody out
	j.attempt++
	s.leased.add(j)
	s.turns++
	j.line.served = s.turns
	s.serve(j.line, 1)
	return &handed{
		header: s.header(j), token: j.token, until: s.start.Add(until), interrupted: before.interrupted, before: before,
	}
}

// undo takes back what nobody got.
func (s *schedule) undo(jobs []*handed) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, h := range jobs {
		j := s.holds(store.Lease{ID: h.id, Token: h.token})
		if j == nil {
			continue // its lease has ended since, and somebody else has it
		}
		s.recall(j)
		j.attempt, j.interrupted, j.due, j.token = h.before.attempt, h.before.interrupted, h.before.due, 0
		s.wait(j)
	}
}

// holds gives the job of a lease that is not lost.
func (s *schedule) holds(lease store.Lease) *job {
	if j := s.jobs[lease.ID]; j != nil && j.token == lease.Token && lease.Token != 0 {
		return j
	}
	return nil
}

// recall takes a job whose lease is not lost out of where it is: under way or, when the lease has ended, waiting.
func (s *schedule) recall(j *job) {
	if j.phase == leased {
		s.unlease(j)
		return
	}
	s.leave(j)
}

// extend has a lease end later, or sooner.
func (s *schedule) extend(lease store.Lease, ttl time.Duration) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.advance(s.now()) // the turn of a key is not with whose lease has ended
	j := s.holds(lease)
	if j == nil || j.order != nil && j.order.busy != nil && j.order.busy != j {
		return store.ErrLeaseLost
	}
	if j.order != nil {
		j.order.busy = j
	}
	s.recall(j)
	j.phase, j.until = leased, s.after(ttl)
	s.leased.add(j)
	s.serve(j.line, 1)
	return nil
}

// settlement is the end of leases that the database is to have.
type settlement struct {
	acked []*job
	nacks []nacked
}

// nacked is a job to be given back.
type nacked struct {
	job *job
	// header is what the database gets, with the time at which the job is due again.
	header *header
}

// settle ends leases, all of them or none. Nobody else gets the jobs until finish, which is called when the database
// has it. A database that cannot write has no use for its schedule either, so there is no way back.
func (s *schedule) settle(acks []store.Lease, nacks []store.Nack) (*settlement, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, lease := range acks {
		if s.holds(lease) == nil {
			return nil, store.ErrLeaseLost
		}
	}
	for _, nack := range nacks {
		if s.holds(nack.Lease) == nil {
			return nil, store.ErrLeaseLost
		}
	}
	settlement := new(settlement)
	for _, lease := range acks {
		settlement.acked = append(settlement.acked, s.end(lease))
	}
	for _, nack := range nacks {
		j := s.end(nack.Lease)
		j.due, j.interrupted = s.after(nack.Delay), false
		settlement.nacks = append(settlement.nacks, nacked{j, s.header(j)})
	}
	return settlement, nil
}

func (s *schedule) end(lease store.Lease) *job {
	j := s.jobs[lease.ID]
	if j.order != nil && j.order.busy == nil {
		j.order.busy = j
	}
	s.recall(j)
	j.phase, j.token = settled, 0
	s.settled++
	s.serve(j.line, 1)
	return j
}

// finish ends what settle began.
func (s *schedule) finish(settlement *settlement) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, j := range settlement.acked {
		s.unsettle(j)
		s.drop(j)
	}
	for _, nack := range settlement.nacks {
		s.unsettle(nack.job)
		s.wait(nack.job)
	}
}

func (s *schedule) unsettle(j *job) {
	s.settled--
	s.serve(j.line, -1)
}

// depth measures the queue.
func (s *schedule) depth() store.Depth {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.advance(s.now())
	underWay := s.leased.Len() + s.settled
	depth := store.Depth{Pending: int64(len(s.jobs) - underWay), Leased: int64(underWay)}
	earlier := func(then *time.Time, m moment) {
		if t := s.start.Add(m); then.IsZero() || t.Before(*then) {
			*then = t
		}
	}
	for _, l := range s.open.items {
		first, _ := l.ready.first()
		earlier(&depth.OldestDue, first.due)
	}
	if first, ok := s.later.first(); ok {
		earlier(&depth.OldestDue, first.due)
		earlier(&depth.NextDue, first.due)
	}
	if first, ok := s.leased.first(); ok {
		earlier(&depth.NextDue, first.until)
	}
	return depth
}

// takeRemoved is how many jobs were deleted since it was called before.
func (s *schedule) takeRemoved() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	removed := s.removed
	s.removed = 0
	return removed
}
