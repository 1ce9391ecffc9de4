package app

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/krosyn/gateway/event"
)

const (
	// keptRejections is how many rejections are listed.
	keptRejections = 1000
	// rejectionsPerSecond is how many of them one second can add, so that a flood leaves something of what was before.
	rejectionsPerSecond = 20
)

// Rejection is a request that did not become an event. It has neither body nor credentials.
type Rejection struct {
	At        event.Time `json:"at"`
	Connector string     `json:"connector"`
	// Reason is one of missing_token invalid_token expired_token origin signature disabled body rate_limit overload.
	Reason   string `json:"reason"`
	Status   int    `json:"status"`
	Message  string `json:"message"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	RemoteIP string `json:"remote_ip"`
}

// RejectionCount is how many requests a connector has rejected for one reason since the process started.
type RejectionCount struct {
	Connector string `json:"connector"`
	Reason    string `json:"reason"`
	Count     int64  `json:"count"`
}

// rejections counts all rejections and keeps the latest. It outlives reloads.
type rejections struct {
	mu       sync.Mutex
	counts   map[[2]string]int64
	ring     []Rejection
	next     int
	second   int64
	inSecond int
}

// Reject records that a request was rejected.
func (a *App) Reject(r Rejection) {
	metrics.rejected.WithLabelValues(r.Connector, r.Reason).Inc()
	a.runtime.rejections.add(r, time.Now())
}

// Rejections are the latest rejections, newest first, and the counts of all. A connector or a reason that is not empty
// selects.
func (a *App) Rejections(connector, reason string, limit int) ([]Rejection, []RejectionCount) {
	return a.runtime.rejections.list(connector, reason, limit)
}

func (l *rejections) add(r Rejection, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[[2]string]int64)
	}
	l.counts[[2]string{r.Connector, r.Reason}]++
	if second := now.Unix(); second != l.second {
		l.second, l.inSecond = second, 0
	}
	if l.inSecond++; l.inSecond > rejectionsPerSecond {
		return
	}
	r.At = event.At(now)
	if len(l.ring) < keptRejections {
		l.ring = append(l.ring, r)
		return
	}
	l.ring[l.next] = r
	l.next = (l.next + 1) % keptRejections
}

func (l *rejections) list(connector, reason string, limit int) ([]Rejection, []RejectionCount) {
	selects := func(c, r string) bool { return (connector == "" || c == connector) && (reason == "" || r == reason) }
	l.mu.Lock()
	defer l.mu.Unlock()
	latest, counts := []Rejection{}, []RejectionCount{}
	for i := range l.ring {
		r := l.ring[(l.next+len(l.ring)-1-i)%len(l.ring)]
		if len(latest) < limit && selects(r.Connector, r.Reason) {
			latest = append(latest, r)
		}
	}
	for key, n := range l.counts {
		if selects(key[0], key[1]) {
			counts = append(counts, RejectionCount{key[0], key[1], n})
		}
	}
	slices.SortFunc(counts, func(a, b RejectionCount) int {
		return cmp.Or(cmp.Compare(a.Connector, b.Connector), cmp.Compare(a.Reason, b.Reason))
	})
	return latest, counts
}
