// Package limit bounds how often something may happen and how much of it at the same time, for each of many keys.
//
// It knows keys and the time, nothing of requests. What it remembers is bounded whatever keys it is asked about.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds how many keys are told apart. It is a variable for tests only.
var maxKeys = 100_000

// Rate allows a number of events per period for each key, as a token bucket: a key that was quiet for a period may have
// all of them at once. It is safe for concurrent use.
type Rate struct {
	events int
	per    time.Duration

	mu   sync.Mutex
	keys map[string]*rate.Limiter
	// rest is shared by the keys for which there is no room.
	rest *rate.Limiter
}

// NewRate allows so many events per period, both more than zero.
func NewRate(events int, per time.Duration) *Rate {
	r := &Rate{events: events, per: per, keys: make(map[string]*rate.Limiter)}
	r.rest = r.bucket()
	return r
}

// Take counts an event of a key, if it is allowed now; otherwise it says how long until one is.
func (r *Rate) Take(key string, now time.Time) (ok bool, retryAfter time.Duration) {
	r.mu.Lock()
	bucket := r.find(key, now)
	r.mu.Unlock()
	reservation := bucket.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return false, wait
	}
	return true, 0
}

func (r *Rate) bucket() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(r.events)/r.per.Seconds()), r.events)
}

// find is the bucket of a key. A full bucket is as good as none, so those go when room is needed.
func (r *Rate) find(key string, now time.Time) *rate.Limiter {
	if bucket, ok := r.keys[key]; ok {
		return bucket
	}
	if len(r.keys) >= maxKeys {
		for known, bucket := range r.keys {
			if bucket.TokensAt(now) >= float64(r.events) {
				delete(r.keys, known)
			}
		}
		if len(r.keys) >= maxKeys {
			return r.rest
		}
	}
	bucket := r.bucket()
	r.keys[key] = bucket
	return bucket
}
