package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/krosyn/gateway/event"
)

const (
	// maxOrderKey is the longest key of a job, in bytes: a queue may keep it in memory.
	maxOrderKey = 256

	// maxJob is the longest payload of a job, in bytes.
	maxJob = 8 << 20
)

// CheckJob tells why a store cannot keep a job. Stores ask it before they write.
func CheckJob(job Job) error {
	switch {
	case job.ID.IsZero():
		return fmt.Errorf("job of connector %q has no id", job.Connector)
	case job.Connector == "" || len(job.Connector) > MaxConnector || strings.IndexByte(job.Connector, 0) >= 0:
		return fmt.Errorf("job %s has the connector %.40q: it must be 1 to %d bytes, none of them 0",
			job.ID, job.Connector, MaxConnector)
	case len(job.Key) > maxOrderKey:
		return fmt.Errorf("job %s has a key of %d bytes: it must be at most %d, of more use a hash",
			job.ID, len(job.Key), maxOrderKey)
	case len(job.Payload) > maxJob:
		return fmt.Errorf("job %s has a payload of %d bytes: it must be at most %d", job.ID, len(job.Payload), maxJob)
	}
	return nil
}

// CheckLease tells why a store cannot hand out jobs so.
func CheckLease(n int, ttl time.Duration) error {
	if n < 1 {
		return fmt.Errorf("lease jobs: %d jobs are not positive", n)
	}
	return CheckTTL(ttl)
}

// CheckTTL tells why a lease cannot live so long.
func CheckTTL(ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("lease jobs: the time to live %s is not positive", ttl)
	}
	return nil
}

// CheckJobs tells why a store cannot make the changes of Jobs, Acks and Nacks.
func (b Batch) CheckJobs() error {
	for _, job := range b.Jobs {
		if err := CheckJob(job); err != nil {
			return err
		}
	}
	given := make(map[event.ID]bool, len(b.Acks)+len(b.Nacks))
	for _, lease := range b.Acks {
		given[lease.ID] = true
	}
	for _, nack := range b.Nacks {
		if nack.Delay < 0 {
			return fmt.Errorf("job %s is given back with the delay %s: it must not be negative", nack.ID, nack.Delay)
		}
		given[nack.ID] = true
	}
	if len(given) < len(b.Acks)+len(b.Nacks) {
		return errors.New("a job is acknowledged or given back twice")
	}
	return nil
}
