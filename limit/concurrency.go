package limit

import "sync"

// Concurrency bounds how many of a key are under way at the same time. It is safe for concurrent use.
type Concurrency struct {
	most int

	mu      sync.Mutex
	running map[string]int
}

// NewConcurrency allows so many at a time for each key, more than zero.
func NewConcurrency(most int) *Concurrency {
	return &Concurrency{most: most, running: make(map[string]int)}
}

// Enter begins one of a key, if there is room; each Enter that succeeded is followed by one Leave.
func (c *Concurrency) Enter(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[key] >= c.most {
		return false
	}
	c.running[key]++
	return true
}

// Leave ends one of a key.
func (c *Concurrency) Leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[key]--; c.running[key] <= 0 {
		delete(c.running, key)
	}
}
