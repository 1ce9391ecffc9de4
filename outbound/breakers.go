package outbound

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const defaultCooldown = time.Minute

// Breakers is the registry of all breakers. It outlives the configurations that use it, so that a reload neither
// forgets that a target fails nor that it was about to be probed.
type Breakers struct {
	onChange func(BreakerState)

	mu      sync.Mutex
	entries map[breakerKey]*breakerEntry
}

type breakerKey struct {
	connector, url string
	settings       BreakerSettings
}

type breakerEntry struct {
	breaker *Breaker
	users   int
}

// NewBreakers makes a registry. onChange, which may be nil, is told each change of state after it happened, outside
// any lock and by whichever call found it; two changes at nearly the same time may arrive in either order.
func NewBreakers(onChange func(BreakerState)) *Breakers {
	if onChange == nil {
		onChange = func(BreakerState) {}
	}
	return &Breakers{onChange: onChange, entries: make(map[breakerKey]*breakerEntry)}
}

// Get gives the breaker of a connector's target, whose URL is the one of the configuration, before any value stands in
// it. It is the same breaker while connector, URL and settings are the same. Release follows each Get: a new
// configuration gets its breakers before the old one releases its own.
func (r *Breakers) Get(connector, url string, settings BreakerSettings) *Breaker {
	settings.Failures = max(settings.Failures, 1)
	if settings.Cooldown <= 0 {
		settings.Cooldown = defaultCooldown
	}
	key := breakerKey{connector: connector, url: url, settings: settings}
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := r.entries[key]
	if entry == nil {
		entry = &breakerEntry{breaker: newBreaker(key, r.onChange)}
		r.entries[key] = entry
	}
	entry.users++
	return entry.breaker
}

// Release tells that one user of a breaker is gone. A breaker without users is forgotten; attempts under way may still
// report to it.
func (r *Breakers) Release(b *Breaker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := r.entries[b.key]
	if entry == nil || entry.breaker != b {
		return
	}
	if entry.users--; entry.users == 0 {
		delete(r.entries, b.key)
	}
}

// List shows every breaker in use, ordered by connector and URL.
func (r *Breakers) List() []BreakerState {
	breakers := r.of("")
	states := make([]BreakerState, len(breakers))
	for i, b := range breakers {
		states[i] = b.snapshot()
	}
	slices.SortFunc(states, func(a, b BreakerState) int {
		return cmp.Or(cmp.Compare(a.Connector, b.Connector), cmp.Compare(a.URL, b.URL))
	})
	return states
}

// Reset closes the breakers of a connector, or all of them for "", and gives their number.
func (r *Breakers) Reset(connector string) int {
	breakers := r.of(connector)
	for _, b := range breakers {
		b.reset()
	}
	return len(breakers)
}

func (r *Breakers) of(connector string) []*Breaker {
	r.mu.Lock()
	defer r.mu.Unlock()
	breakers := make([]*Breaker, 0, len(r.entries))
	for key, entry := range r.entries {
		if connector == "" || key.connector == connector {
			breakers = append(breakers, entry.breaker)
		}
	}
	return breakers
}
