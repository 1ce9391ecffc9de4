package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/store"
)

// testQueueModel does random things to a queue and to a slice. Whose turn it is is for the queue to say; that each job
// it hands out may be, and that none it keeps back might be, is not.
func testQueueModel(t *testing.T, h Harness) {
	m := &queueModel{h: h, t: t, queue: h.openQueue(t)}
	defer func() { m.queue.Close() }()
	checks := 0
	rapid.Check(t, func(rt *rapid.T) {
		// All checks share a store, which takes long to open.
		checks++
		m.begin(rt, checks)
		rt.Repeat(map[string]func(*rapid.T){
			"enqueue": m.enqueue,
			"lease":   m.lease,
			"expire":  m.expire,
			"extend":  m.extend,
			"settle":  m.settle,
			"depth":   m.depth,
			"reopen":  m.reopen,
		})
	})
}

type queueModel struct {
	h     Harness
	t     *testing.T
	queue queueing
	// others are the jobs of earlier checks.
	others     store.Depth
	connectors []string
	jobs       []*modelJob
	// lost are leases of which nothing can come.
	lost   []store.Lease
	tokens map[uint64]bool
}

type modelJob struct {
	store.Job
	due         bool
	leased      bool
	token       uint64
	attempt     int
	interrupted bool
}

func (j *modelJob) lease() store.Lease { return store.Lease{ID: j.ID, Token: j.token} }

// blocked tells whether a job waits for another of its key.
func (m *queueModel) blocked(j *modelJob) bool {
	return j.Key != "" && slices.ContainsFunc(m.jobs, func(other *modelJob) bool {
		return other != j && other.Connector == j.Connector && other.Key == j.Key &&
			(other.leased || bytes.Compare(other.ID[:], j.ID[:]) < 0)
	})
}

func (m *queueModel) open(j *modelJob) bool { return j.due && !j.leased && !m.blocked(j) }

// due draws a time that is over or far away.
func drawDue(t *rapid.T) (bool, time.Duration) {
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		return false, time.Hour
	}
	return true, 0
}

func (m *queueModel) enqueue(t *rapid.T) {
	var jobs []store.Job
	for range rapid.IntRange(1, 3).Draw(t, "jobs") {
		job := newJob(rapid.SampledFrom(m.connectors).Draw(t, "connector"),
			rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "key"))
		if rapid.IntRange(0, 3).Draw(t, "old id") == 0 {
			job.ID[0] = 0 // before all others
		}
		due, delay := drawDue(t)
		job.Due = job.Due.Add(delay)
		if rapid.IntRange(0, 4).Draw(t, "no payload") == 0 {
			job.Payload = nil
		}
		if len(m.jobs) > 0 && rapid.IntRange(0, 4).Draw(t, "again") == 0 {
			job.ID = rapid.SampledFrom(m.jobs).Draw(t, "known").ID
			jobs = append(jobs, job)
			continue
		}
		jobs = append(jobs, job)
		m.jobs = append(m.jobs, &modelJob{Job: job, due: due})
	}
	if err := m.queue.Enqueue(context.Background(), jobs...); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
}

func (m *queueModel) lease(t *rapid.T) { m.take(t, rapid.IntRange(1, 4).Draw(t, "n"), time.Hour) }

// take leases, and checks what it gets.
func (m *queueModel) take(t *rapid.T, n int, ttl time.Duration) []*modelJob {
	leases, err := m.queue.Lease(context.Background(), n, ttl, nil)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	var taken []*modelJob
	for _, l := range leases {
		at := slices.IndexFunc(m.jobs, func(j *modelJob) bool { return j.ID == l.ID })
		if at < 0 || !m.open(m.jobs[at]) {
			t.Fatalf("%+v is leased, and must not be", l)
		}
		j := m.jobs[at]
		if l.Connector != j.Connector || l.Key != j.Key || !bytes.Equal(l.Payload, j.Payload) ||
			l.Attempt != j.attempt+1 || l.Interrupted != j.interrupted || m.tokens[l.Lease.Token] || l.Lease.ID != j.ID {
			t.Fatalf("%+v is leased as %+v", j, l)
		}
		if j.token != 0 {
			m.lost = append(m.lost, j.lease())
		}
		j.leased, j.attempt, j.token = true, l.Attempt, l.Lease.Token
		m.tokens[j.token] = true
		taken = append(taken, j)
	}
	if len(taken) < n && slices.ContainsFunc(m.jobs, m.open) {
		t.Fatalf("%d of %d jobs are leased, and there are more", len(taken), n)
	}
	return taken
}

// expire leases for a time that is over at once.
func (m *queueModel) expire(t *rapid.T) {
	taken := m.take(t, rapid.IntRange(1, 2).Draw(t, "n"), time.Nanosecond)
	for start := time.Now(); time.Since(start) < time.Microsecond; {
	}
	for _, j := range taken {
		j.leased, j.interrupted = false, true
	}
}

// held draws a job that has a lease, or nil.
func (m *queueModel) held(t *rapid.T) *modelJob {
	var held []*modelJob
	for _, j := range m.jobs {
		if j.token != 0 {
			held = append(held, j)
		}
	}
	if len(held) == 0 {
		return nil
	}
	return rapid.SampledFrom(held).Draw(t, "held")
}

func (m *queueModel) extend(t *rapid.T) {
	j := m.held(t)
	if j == nil {
		t.Skip("nothing is leased")
	}
	overtaken := j.Key != "" && slices.ContainsFunc(m.jobs, func(other *modelJob) bool {
		return other != j && other.leased && other.Connector == j.Connector && other.Key == j.Key
	})
	err := m.queue.Extend(context.Background(), j.lease(), time.Hour)
	if overtaken {
		wantError(t, "extend of a lease whose key has gone on", err, store.ErrLeaseLost)
		return
	}
	if err != nil {
		t.Fatalf("extend: %v", err)
	}
	j.leased = true
}

// settle acknowledges one job and gives another back, or tries to with a lease that is lost.
func (m *queueModel) settle(t *rapid.T) {
	var batch store.Batch
	acked, nacked := m.held(t), m.held(t)
	if acked == nil {
		t.Skip("nothing is leased")
	}
	due, delay := drawDue(t)
	batch.Acks = []store.Lease{acked.lease()}
	if nacked != acked {
		batch.Nacks = []store.Nack{{Lease: nacked.lease(), Delay: delay}}
	}
	if len(m.lost) > 0 && rapid.IntRange(0, 2).Draw(t, "with a lost one") == 0 {
		lost := rapid.SampledFrom(m.lost).Draw(t, "lost")
		if lost.ID != acked.ID && lost.ID != nacked.ID {
			batch.Acks = append(batch.Acks, lost)
			wantError(t, "commit", m.queue.Commit(context.Background(), batch), store.ErrLeaseLost)
			return
		}
	}
	if err := m.queue.Commit(context.Background(), batch); err != nil {
		t.Fatalf("commit: %v", err)
	}
	m.lost = append(m.lost, acked.lease())
	if nacked != acked {
		m.lost = append(m.lost, nacked.lease())
		nacked.leased, nacked.token, nacked.interrupted, nacked.due = false, 0, false, due
	}
	m.jobs = slices.DeleteFunc(m.jobs, func(j *modelJob) bool { return j == acked })
}

func (m *queueModel) depth(t *rapid.T) {
	got, err := m.queue.Depth(context.Background())
	leased, open := int64(0), false
	for _, j := range m.jobs {
		if j.leased {
			leased++
		}
		open = open || m.open(j)
	}
	if err != nil || got.Leased != m.others.Leased+leased || got.Pending != m.others.Pending+int64(len(m.jobs))-leased {
		t.Fatalf("the depth is %+v, %v: of %d jobs %d are leased", got, err, len(m.jobs), leased)
	}
	if due := !got.OldestDue.IsZero() && !got.OldestDue.After(time.Now()); due != open {
		t.Fatalf("the oldest is due %s, and there are jobs to lease: %t", got.OldestDue, open)
	}
}

func (m *queueModel) reopen(t *rapid.T) {
	if m.h.Reopen == nil || rapid.IntRange(0, 29).Draw(t, "reopen") > 0 {
		t.Skip("not now")
	}
	m.queue = m.h.Reopen(m.t, m.queue).(queueing)
	m.others.Pending, m.others.Leased = m.others.Pending+m.others.Leased, 0
	for _, j := range m.jobs {
		if j.token != 0 {
			m.lost = append(m.lost, j.lease())
		}
		j.interrupted = j.interrupted || j.leased
		j.leased, j.token = false, 0
	}
}

// begin does what an earlier check has left, as far as it is due. The rest stays out of sight.
func (m *queueModel) begin(t *rapid.T, check int) {
	for _, j := range m.jobs {
		if j.token != 0 {
			_ = m.queue.Ack(context.Background(), j.lease()) // lost, where that check has failed
		}
	}
	for {
		leases, err := m.queue.Lease(context.Background(), 100, time.Hour, nil)
		if err != nil {
			t.Fatalf("lease: %v", err)
		}
		if len(leases) == 0 {
			break
		}
		for _, l := range leases {
			if err := m.queue.Ack(context.Background(), l.Lease); err != nil {
				t.Fatalf("ack: %v", err)
			}
		}
	}
	var err error
	if m.others, err = m.queue.Depth(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.connectors = []string{fmt.Sprint("a-", check), fmt.Sprint("b-", check)}
	m.jobs, m.lost, m.tokens = nil, nil, make(map[uint64]bool)
}
