package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// queue is what a Store keeps for store.Queue. It looks at every job for each that it hands out.
type queue struct {
	jobs map[event.ID]*job
	// tokens is the last one given to any lease, and turns has that of the last lease of each connector.
	tokens uint64
	turns  map[string]uint64
}

type job struct {
	store.Leased
	leased bool
}

// holds gives the job of a lease that is not lost.
func (q *queue) holds(lease store.Lease) (*job, error) {
	if j := q.jobs[lease.ID]; j != nil && lease.Token != 0 && j.Lease == lease {
		return j, nil
	}
	return nil, store.ErrLeaseLost
}

// advance ends the leases whose time has passed. Their holders may still come back.
func (q *queue) advance(now time.Time) {
	for _, j := range q.jobs {
		if j.leased && !now.Before(j.Until) {
			j.leased, j.Interrupted, j.Due = false, true, j.Until
		}
	}
}

// under is how many jobs of a connector are under way.
func (q *queue) under(connector string) int {
	count := 0
	for _, j := range q.jobs {
		if j.leased && j.Connector == connector {
			count++
		}
	}
	return count
}

// waits tells whether a job waits for another of its key.
func (q *queue) waits(j *job) bool {
	if j.Key == "" {
		return false
	}
	for _, other := range q.jobs {
		if other.Connector == j.Connector && other.Key == j.Key &&
			(other.leased || bytes.Compare(other.ID[:], j.ID[:]) < 0) {
			return true
		}
	}
	return false
}

// next is the job to be handed out next, nil for none.
func (q *queue) next(now time.Time, limit func(string) int) *job {
	var best *job
	under := make(map[string]int)
	open := func(connector string) bool {
		if _, known := under[connector]; !known {
			under[connector] = q.under(connector)
		}
		return limit == nil || under[connector] < limit(connector)
	}
	for _, j := range q.jobs {
		if j.leased || j.Due.After(now) || !open(j.Connector) || q.waits(j) {
			continue
		}
		if best == nil || cmp.Or(
			cmp.Compare(under[j.Connector], under[best.Connector]),
			cmp.Compare(q.turns[j.Connector], q.turns[best.Connector]),
			j.Due.Compare(best.Due), bytes.Compare(j.ID[:], best.ID[:]),
		) < 0 {
			best = j
		}
	}
	return best
}

// add adds jobs that are not there and not done.
func (s *Store) add(jobs []store.Job) {
	if s.queue.jobs == nil {
		s.queue = queue{jobs: make(map[event.ID]*job), turns: make(map[string]uint64)}
	}
	for _, added := range jobs {
		at, found := s.find(added.ID)
		if s.queue.jobs[added.ID] != nil || found && s.records[at].summary.Status.Terminal() {
			continue
		}
		added.Payload = bytes.Clone(added.Payload)
		s.queue.jobs[added.ID] = &job{Leased: store.Leased{Job: added}}
	}
}

// settle ends leases, all of them or none.
func (q *queue) settle(batch store.Batch, now time.Time) error {
	for _, lease := range batch.Acks {
		if _, err := q.holds(lease); err != nil {
			return err
		}
	}
	for _, nack := range batch.Nacks {
		if _, err := q.holds(nack.Lease); err != nil {
			return err
		}
	}
	for _, lease := range batch.Acks {
		delete(q.jobs, lease.ID)
	}
	for _, nack := range batch.Nacks {
		j := q.jobs[nack.ID]
		j.leased, j.Interrupted, j.Due, j.Lease = false, false, now.Add(nack.Delay), store.Lease{}
	}
	return nil
}

// Enqueue implements store.Queue.
func (s *Store) Enqueue(ctx context.Context, jobs ...store.Job) error {
	return s.Commit(ctx, store.Batch{Jobs: jobs})
}

// Lease implements store.Queue.
func (s *Store) Lease(
	ctx context.Context, n int, ttl time.Duration, limit func(connector string) int,
) ([]store.Leased, error) {
	if err := cmp.Or(store.CheckLease(n, ttl), context.Cause(ctx)); err != nil {
		return nil, fmt.Errorf("lease from the queue: %w", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	now := time.Now()
	s.queue.advance(now)
	var leases []store.Leased
	for len(leases) < n {
		j := s.queue.next(now, limit)
		if j == nil {
			break
		}
		s.queue.tokens++
		s.queue.turns[j.Connector] = s.queue.tokens
		j.Lease = store.Lease{ID: j.ID, Token: s.queue.tokens}
		j.Attempt++
		j.leased, j.Until = true, now.Add(ttl)
		leased := j.Leased
		leased.Payload = bytes.Clone(leased.Payload)
		leases = append(leases, leased)
	}
	return leases, nil
}

// Extend implements store.Queue.
func (s *Store) Extend(_ context.Context, lease store.Lease, ttl time.Duration) error {
	if err := store.CheckTTL(ttl); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	now := time.Now()
	s.queue.advance(now)
	j, err := s.queue.holds(lease)
	if err != nil {
		return err
	}
	for _, other := range s.queue.jobs {
		if other != j && other.leased && j.Key != "" && other.Connector == j.Connector && other.Key == j.Key {
			return store.ErrLeaseLost
		}
	}
	j.leased, j.Until = true, now.Add(ttl)
	return nil
}

// Ack implements store.Queue.
func (s *Store) Ack(ctx context.Context, lease store.Lease) error {
	return s.Commit(ctx, store.Batch{Acks: []store.Lease{lease}})
}

// Nack implements store.Queue.
func (s *Store) Nack(ctx context.Context, lease store.Lease, delay time.Duration) error {
	return s.Commit(ctx, store.Batch{Nacks: []store.Nack{{Lease: lease, Delay: delay}}})
}

// Depth implements store.Queue.
func (s *Store) Depth(context.Context) (store.Depth, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.Depth{}, store.ErrClosed
	}
	now := time.Now()
	s.queue.advance(now)
	var depth store.Depth
	earlier := func(then *time.Time, t time.Time) {
		if then.IsZero() || t.Before(*then) {
			*then = t
		}
	}
	for _, j := range s.queue.jobs {
		if j.leased {
			depth.Leased++
			earlier(&depth.NextDue, j.Until)
			continue
		}
		depth.Pending++
		if s.queue.waits(j) {
			continue
		}
		if earlier(&depth.OldestDue, j.Due); j.Due.After(now) {
			earlier(&depth.NextDue, j.Due)
		}
	}
	return depth, nil
}

// Interface guard
var _ store.Queue = (*Store)(nil)
