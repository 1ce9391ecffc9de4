package app

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/bulk"
	"github.com/krosyn/gateway/feed"
	"github.com/krosyn/gateway/notify"
	"github.com/krosyn/gateway/outbound"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/token"
)

// runtime is what outlives a configuration: the open store, and what must be remembered from one request to the next.
//
// While Caddy reloads, the new configuration is running before the old one stops, and a store's directory can be open
// only once. So both share one runtime, found by what the store holds exclusively; the last to leave closes it.
type runtime struct {
	options    string
	breakers   *outbound.Breakers
	limits     limits
	queue      *queue
	notices    notify.Notices
	deliveries inProgress
	rejections rejections
	tokens     *token.Issuer
	switches   switches
	jobs       *bulk.Jobs
	feed       feed.Feed
	audit      *audit.Log
	open       func() (store.Store, error)
	// current is the app of the configuration that is running, which hears what happens.
	current atomic.Pointer[App]

	mu     sync.Mutex
	opened store.Store
}

// runtimes has the runtimes in use, by store.Opener.Key.
var runtimes = caddy.NewUsagePool()

// acquire finds or makes the runtime of a store; release gives it back, once.
func acquire(opener store.Opener, logger *zap.Logger) (r *runtime, release func() error, err error) {
	key := opener.Key()
	pooled, loaded, err := runtimes.LoadOrNew(key, func() (caddy.Destructor, error) {
		return newRuntime(opener, logger), nil
	})
	if err != nil {
		return nil, nil, err
	}
	r = pooled.(*runtime)
	release = sync.OnceValue(func() error {
		_, err := runtimes.Delete(key)
		return err
	})
	if loaded && r.options != opener.Options() {
		err := fmt.Errorf("the store %s is open with other options (%s, not %s), which change only by a restart",
			key, r.options, opener.Options())
		return nil, nil, errors.Join(err, release())
	}
	return r, release, nil
}

func newRuntime(opener store.Opener, logger *zap.Logger) *runtime {
	r := &runtime{options: opener.Options()}
	r.breakers = outbound.NewBreakers(func(state outbound.BreakerState) {
		measureBreaker(state)
		if state.State == outbound.BreakerClosed {
			r.queue.wake() // for what waits behind it
		}
		if a := r.current.Load(); a != nil {
			a.breakerChanged(state)
		}
	})
	r.open = sync.OnceValues(func() (store.Store, error) {
		opened, err := opener.Open(logger)
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.opened = opened
		return opened, nil
	})
	r.tokens = token.NewIssuer(r.open, logger)
	r.switches.open = r.open
	r.audit = audit.New(r.open)
	r.jobs = bulk.New(r.open, r.retry, logger)
	r.queue = newQueue(r.open, logger)
	return r
}

// Destruct implements caddy.Destructor.
func (r *runtime) Destruct() error {
	r.notices.Close()
	r.feed.Close()
	r.jobs.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opened == nil {
		return nil
	}
	return errors.Join(r.tokens.Close(), r.opened.Close())
}
