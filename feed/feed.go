// Package feed hands finished events to those who watch: each of them live, and for a while after, so that a watcher
// who was cut off can go on where it was.
//
// It knows events alone: neither who publishes them nor how they are shown.
package feed

import (
	"errors"
	"sync"

	"github.com/krosyn/gateway/event"
)

const (
	// kept is how many finished events are remembered for those who come back.
	kept = 4096
	// buffered is how far a watcher may be behind. One that is slower is cut off, and can come back.
	buffered = 256
	// MaxWatchers is how many can watch at the same time.
	MaxWatchers = 64
)

// ErrTooMany: nobody else can watch.
var ErrTooMany = errors.New("too many streams are open: close one that is no longer read")

// Feed has the events that finish, in the order in which they became durable. It outlives a configuration. The zero
// Feed is ready.
type Feed struct {
	mu sync.Mutex
	// ring has the latest events; next is the place of the oldest one once it is full.
	ring     []event.Summary
	next     int
	watchers map[*Watcher]struct{}
	closed   bool
}

// Watcher receives what is published. It is closed when it is cut off, by whatever.
type Watcher struct {
	feed *Feed
	// Events is closed when the watcher is cut off: because it was too slow, or the configuration was replaced.
	Events <-chan event.Summary

	events chan event.Summary
}

// Publish tells everybody who watches of a finished event. It waits for nobody.
func (f *Feed) Publish(e *event.Event) {
	s := e.Summary()
	if s.RetryOf != nil {
		// It points into the whole of another event, which need not be kept.
		retryOf := *s.RetryOf
		s.RetryOf = &retryOf
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ring) < kept {
		f.ring = append(f.ring, s)
	} else {
		f.ring[f.next] = s
		f.next = (f.next + 1) % kept
	}
	for w := range f.watchers {
		select {
		case w.events <- s:
		default:
			f.cutOffLocked(w)
		}
	}
}

// Watch begins to watch. Missed are the events that were published after one that the watcher has seen, in their
// order: none is missed and none repeated between them and what the watcher receives. Known is false where that event,
// which is zero for a new watcher, is not remembered.
func (f *Feed) Watch(after event.ID) (w *Watcher, missed []event.Summary, known bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.watchers) >= MaxWatchers {
		return nil, nil, false, ErrTooMany
	}
	events := make(chan event.Summary, buffered)
	w = &Watcher{feed: f, Events: events, events: events}
	if f.watchers == nil {
		f.watchers = make(map[*Watcher]struct{})
	}
	f.watchers[w] = struct{}{}
	if f.closed {
		f.cutOffLocked(w)
	}
	missed, known = f.sinceLocked(after)
	return w, missed, known, nil
}

// sinceLocked looks for an event from the latest one back, and gives those behind it.
func (f *Feed) sinceLocked(after event.ID) (missed []event.Summary, known bool) {
	n := len(f.ring)
	for back := range n {
		at := (f.next + n - 1 - back) % n
		if f.ring[at].ID != after {
			continue
		}
		for i := range back {
			missed = append(missed, f.ring[(at+1+i)%n])
		}
		return missed, true
	}
	return nil, false
}

// Close ends the watching.
func (w *Watcher) Close() {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	w.feed.cutOffLocked(w)
}

// CutOff ends all watching; whoever comes back goes on where it was. It is called when a configuration is replaced:
// what serves the watchers then has to end.
func (f *Feed) CutOff() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.watchers {
		f.cutOffLocked(w)
	}
}

// Close is CutOff for good.
func (f *Feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.CutOff()
}

func (f *Feed) cutOffLocked(w *Watcher) {
	if _, watching := f.watchers[w]; watching {
		delete(f.watchers, w)
		close(w.events)
	}
}
