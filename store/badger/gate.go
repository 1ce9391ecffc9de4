package badger

import "sync"

// gate keeps readers out of the database while what was acknowledged is written to it. That is durable by then, in the
// journal, so nobody need wait for the rest; but whoever was told must find it.
type gate struct{ mutex sync.RWMutex }

func (g *gate) close() { g.mutex.Lock() }

func (g *gate) open() { g.mutex.Unlock() }

// pass waits until everything that was acknowledged is there to be read.
func (g *gate) pass() {
	g.mutex.RLock()
	defer g.mutex.RUnlock()
}
