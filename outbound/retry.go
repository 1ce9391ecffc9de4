package outbound

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultFirst   = time.Second
	defaultLongest = 30 * time.Second

	// longestRetryAfter bounds what a target may ask for.
	longestRetryAfter = time.Hour
)

// Retry says when and how often to try again. The zero value is a single attempt.
type Retry struct {
	// Attempts in all; 0 and 1 are no retry.
	Attempts int
	// First bounds the first pause and Longest every pause. The bound doubles from the one to the other, and each pause
	// is chosen at random below its bound, so that callers who failed together do not come back together. Default: 1s
	// and 30s.
	First, Longest time.Duration
	// On has the statuses that are tried again beside transport errors.
	On StatusSet
}

// pause chooses the pause after so many failed attempts; random gives a number from 0 to below n.
func (r *Retry) pause(failed int, random func(n int64) int64) time.Duration {
	bound, longest := r.First, r.Longest
	if bound <= 0 {
		bound = defaultFirst
	}
	if longest <= 0 {
		longest = defaultLongest
	}
	for range failed - 1 {
		if bound >= longest/2 {
			bound = longest
			break
		}
		bound *= 2
	}
	return time.Duration(random(int64(min(bound, longest))))
}

// retryAfter is the pause that an answer asks for: with 429 or 503, the Retry-After of RFC 9110 (section 10.2.3), as
// seconds or as a date, at most an hour. It is 0 where the answer asks for none or for nonsense.
func retryAfter(response *Response, now time.Time) time.Duration {
	if response == nil {
		return 0
	}
	if response.Status != http.StatusTooManyRequests && response.Status != http.StatusServiceUnavailable {
		return 0
	}
	value := strings.TrimSpace(response.Header.Get("Retry-After"))
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			seconds = math.MaxUint32
		}
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}
