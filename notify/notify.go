// Package notify says once what happens often: the first occurrence at once, and those of the time after it together.
//
// It knows neither what happens nor how anybody is told.
package notify

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Key tells apart what is told apart.
type Key struct {
	// Kind is what happens: "failed", "breaker" and so on.
	Kind string
	// Subject is what it happens to: a connector.
	Subject string
	// Via is who is told.
	Via string
}

// Notice is what is to be told.
type Notice struct {
	Key
	// Count is how often it happened from First to Last.
	Count       int
	First, Last time.Time
	// Latest is the last occurrence.
	Latest json.RawMessage
	// Depth is how many executions of the gateway led to it.
	Depth int
}

// Send tells somebody. It is called in a goroutine of its own; ctx ends when there is no time left for it.
type Send func(ctx context.Context, notice Notice)

// Notices keeps what was told, and what is still to be told. Its zero value is ready for use.
type Notices struct {
	mu      sync.Mutex
	windows map[Key]*window
	closed  bool
	cancel  context.CancelFunc
	ctx     context.Context //nolint:containedctx // it is that of the goroutines that Close ends
	sending sync.WaitGroup
}

// window is the time after a notice in which there is no other.
type window struct {
	timer  *time.Timer
	every  time.Duration
	notice Notice
	send   Send
}

// Add notes an occurrence. It is told at once unless another with its key was told within the time of every; in that
// case it is told, with all others like it, when that time is over.
func (n *Notices) Add(key Key, latest json.RawMessage, depth int, every time.Duration, send Send) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	now := time.Now()
	w := n.windows[key]
	if w == nil {
		w = &window{every: every, notice: Notice{Key: key}}
		w.timer = time.AfterFunc(every, func() { n.end(key) })
		if n.windows == nil {
			n.windows = make(map[Key]*window)
		}
		n.windows[key] = w
		n.tell(Notice{Key: key, Count: 1, First: now, Last: now, Latest: latest, Depth: depth}, send)
		return
	}
	if w.notice.Count == 0 {
		w.notice.First = now
	}
	w.notice.Count++
	w.notice.Last, w.notice.Latest, w.notice.Depth = now, latest, depth
	w.every, w.send = every, send
}

// end tells what has come together since the last notice; if nothing has, the next occurrence is told at once.
func (n *Notices) end(key Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.windows[key]
	if n.closed || w == nil {
		return
	}
	if w.notice.Count == 0 {
		delete(n.windows, key)
		return
	}
	n.tell(w.notice, w.send)
	w.notice = Notice{Key: key}
	w.timer.Reset(w.every)
}

// tell is called with the lock held.
func (n *Notices) tell(notice Notice, send Send) {
	if n.ctx == nil {
		n.ctx, n.cancel = context.WithCancel(context.Background())
	}
	n.sending.Go(func() { send(n.ctx, notice) })
}

// Close forgets what is still to be told, and returns when nobody is being told any more. It gives the unfinished no
// time.
func (n *Notices) Close() {
	n.mu.Lock()
	n.closed = true
	for _, w := range n.windows {
		w.timer.Stop()
	}
	if n.cancel != nil {
		n.cancel()
	}
	n.mu.Unlock()
	n.sending.Wait()
}
