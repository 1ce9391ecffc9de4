package badger

import (
	"sync"

	"github.com/krosyn/gateway/store"
)

// lifetime lets a database close only when nobody uses it: its memory maps are gone after that, and whoever still read
// them would take the process down.
type lifetime struct {
	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// enter begins an operation; leave ends it. After close it answers store.ErrClosed.
func (l *lifetime) enter() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	l.running.Add(1)
	return nil
}

func (l *lifetime) leave() { l.running.Done() }

// close lets no further operation begin and waits for those under way.
func (l *lifetime) close() {
	l.mutex.Lock()
	l.closed = true
	l.mutex.Unlock()
	l.running.Wait()
}
