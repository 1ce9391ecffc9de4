package store

import (
	"context"
	"errors"
	"time"

	"github.com/krosyn/gateway/event"
)

// Queue keeps what is still to be done, and hands it to those who do it. A store that has it implements it beside
// Store. All its methods may be called at the same time.
//
// Jobs of a connector that have the same Key are handed out one at a time, in the order of their ids, however long the
// first of them has to wait for its time; all others in the order in which they are due. Connectors take turns: next is
// the one that has the fewest jobs under way, and of several the one whose last turn is longest ago, however many wait.
type Queue interface {
	// Enqueue adds jobs. When it returns nil they outlive this process. The id decides: a job that is there stays as it
	// is, and one whose event is terminal is done, so both are ignored, and an Enqueue whose outcome is not known can be
	// repeated. Each job is added whole or not at all; of several, some may be added when Enqueue fails.
	Enqueue(ctx context.Context, jobs ...Job) error

	// Lease hands out up to n jobs that are due, or none, without waiting for any. Each is its holder's alone for ttl;
	// after that it is handed to whoever asks next, unless it was acknowledged or given back.
	//
	// That a job was handed out is durable when Lease returns: its Attempt counts what ended with the process, too.
	// Limit bounds how many jobs of a connector are leased at a time, those under way included; nil is no bound. It is
	// called while others wait for the queue, so it returns at once and does not call the store.
	Lease(ctx context.Context, n int, ttl time.Duration, limit func(connector string) int) ([]Leased, error)

	// Extend has a lease end after ttl from now.
	//
	// It answers ErrLeaseLost, as Ack and Nack do, when the job was handed to somebody else, acknowledged or given back.
	// Until then a holder may be late and not be too late; Extend is also too late when the turn of the job's key was
	// given to another job.
	Extend(ctx context.Context, lease Lease, ttl time.Duration) error

	// Ack removes a job that is done, durably.
	Ack(ctx context.Context, lease Lease) error

	// Nack gives a job back, durably, to be handed out again after a delay.
	Nack(ctx context.Context, lease Lease, delay time.Duration) error

	// Depth measures the queue. It costs next to nothing, however many jobs there are.
	Depth(ctx context.Context) (Depth, error)
}

// Job is something to be done.
type Job struct {
	// ID is that of the event to be finished. An event has one job.
	ID event.ID
	// Connector is whose turn the job takes, see Queue; at most 255 bytes.
	Connector string
	// Key keeps jobs of the connector in order; at most 256 bytes, of more use a hash. Without one a job waits for no
	// other.
	Key string
	// Due is when the job can be handed out at the earliest, to the millisecond.
	Due time.Time
	// Payload is what the holder needs to do it, at most 8 MiB.
	Payload []byte
}

// Lease is the right of one holder to a job.
type Lease struct {
	ID event.ID
	// Token is never used for another lease.
	Token uint64
}

// Leased is a job as it is handed out.
type Leased struct {
	Job
	Lease Lease
	// Attempt is how often the job was handed out, 1 for the first time.
	Attempt int
	// Interrupted tells that the holder before has neither acknowledged the job nor given it back: what it has done is
	// not known.
	Interrupted bool
	// Until is when the lease ends.
	Until time.Time
}

// Depth measures a queue.
type Depth struct {
	// Pending is how many jobs wait, due or not, and Leased how many are under way.
	Pending, Leased int64
	// OldestDue is when the first of the jobs that wait was due, or will be; those that wait for another of their key are
	// not counted. Zero is none.
	OldestDue time.Time
	// NextDue is when the next job comes due that is not due now, by its time or because a lease ends; zero is never. A
	// holder to whom Lease has given less than it asked for asks again then, or when a job was added, acknowledged or
	// given back.
	NextDue time.Time
}

// ErrLeaseLost: the holder of a lease is too late. What it has done must not count.
var ErrLeaseLost = errors.New("lease lost")
