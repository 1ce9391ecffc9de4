package store

import (
	"context"
	"time"

	"github.com/krosyn/gateway/event"
)

// Committer writes what an execution has come to as a whole: a claim never stands without its event, nor an accepted
// event without its job.
type Committer interface {
	// Commit makes all changes of a batch, in one transaction, or none. It answers ErrLeaseLost, and changes nothing,
	// when one of the leases is lost, and as EventLog.Put does ErrTooLarge.
	Commit(ctx context.Context, batch Batch) error
}

// Batch is what is changed together. A store that has no State knows no entries, and one that has no Queue no jobs.
type Batch struct {
	// Events are put as EventLog.Put does.
	Events []*event.Event
	// Entries of State replace what their keys have; their Revisions are ignored, and one that has ended removes what its
	// key has.
	Entries []Entry
	// Jobs are added as Queue.Enqueue does. One whose event becomes terminal with this batch is ignored, too.
	Jobs []Job
	// Acks are leases whose jobs are done, and Nacks those that are given back. No job may be in them twice.
	Acks  []Lease
	Nacks []Nack
}

// Nack gives a job back, to be handed out again after a delay.
type Nack struct {
	Lease
	Delay time.Duration
}
