package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Why a connector cannot be enabled or disabled.
var (
	ErrDisabledByConfiguration = errors.New("the configuration disables the connector: remove `disabled` there")
	ErrNoState                 = errors.New("the store keeps no state: configure one that does, such as badger")
)

const (
	// switchKeys is the prefix of the keys of connectors that are disabled; the connector's name follows.
	switchKeys = "connector-disabled/"
	// maxSwitches is how many of them are read.
	maxSwitches = 100_000
	// switchTimeout bounds what is done in the store for one change.
	switchTimeout = 10 * time.Second
)

// IsDisabled tells whether requests are refused, by the configuration or by the admin API.
func (c *Connector) IsDisabled() bool { return c.Disabled || c.off.Load() }

// disabledBy says who has disabled the connector.
func (c *Connector) disabledBy() string {
	switch {
	case c.Disabled:
		return "configuration"
	case c.off.Load():
		return "admin"
	}
	return ""
}

// SetDisabled has a connector refuse requests, or accept them again, from its return on, whatever configurations and
// restarts follow. Changed tells whether it did not already. It cannot enable what the configuration disables: that
// would be lost with the next look at the configuration.
func (a *App) SetDisabled(ctx context.Context, connector string, disabled bool) (changed bool, err error) {
	c, ok := a.Connector(connector)
	switch {
	case !ok:
		return false, ErrUnknownConnector
	case c.Disabled && !disabled:
		return false, ErrDisabledByConfiguration
	}
	return a.runtime.switches.set(context.WithoutCancel(ctx), connector, disabled)
}

// LoadState reads what the store knows of connectors and their endpoints, unless it is known already: issued tokens,
// and who is disabled. Until it has succeeded once, no request can be judged: servers may be serving before the app is
// started.
func (a *App) LoadState(ctx context.Context) error {
	if err := a.runtime.switches.load(ctx); err != nil {
		return err
	}
	return a.LoadTokens(ctx)
}

// switches are the connectors that were disabled through the admin API. They outlive a configuration.
type switches struct {
	open   func() (store.Store, error)
	loaded atomic.Bool
	// changing is held while the store is read or changed, never by requests.
	changing sync.Mutex

	mu  sync.Mutex
	off map[string]*atomic.Bool
}

// of is the switch of a connector, for its requests to look at.
func (s *switches) of(connector string) *atomic.Bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	off, ok := s.off[connector]
	if !ok {
		off = new(atomic.Bool)
		if s.off == nil {
			s.off = make(map[string]*atomic.Bool)
		}
		s.off[connector] = off
	}
	return off
}

// load reads who is disabled if that was never read.
func (s *switches) load(ctx context.Context) error {
	if s.loaded.Load() {
		return nil
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.loaded.Load() {
		return nil
	}
	state, err := s.state()
	if errors.Is(err, ErrNoState) {
		s.loaded.Store(true)
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := state.Scan(ctx, switchKeys, maxSwitches)
	if err != nil {
		return fmt.Errorf("reading which connectors are disabled: %w", err)
	}
	for _, entry := range entries {
		s.of(strings.TrimPrefix(entry.Key, switchKeys)).Store(true)
	}
	s.loaded.Store(true)
	return nil
}

func (s *switches) set(ctx context.Context, connector string, disabled bool) (changed bool, err error) {
	if err := s.load(ctx); err != nil {
		return false, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	state, err := s.state()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, switchTimeout)
	defer cancel()
	key := switchKeys + connector
	if disabled {
		err = disable(ctx, state, key)
	} else {
		err = enable(ctx, state, key)
	}
	if err != nil {
		return false, fmt.Errorf("keeping whether connector %s is disabled: %w", connector, err)
	}
	return s.of(connector).Swap(disabled) != disabled, nil
}

func disable(ctx context.Context, state store.State, key string) error {
	text, err := json.Marshal(struct {
		At event.Time `json:"at"`
	}{event.At(time.Now())})
	if err != nil {
		return err
	}
	if _, err = state.Create(ctx, key, text, 0); errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

func enable(ctx context.Context, state store.State, key string) error {
	entry, err := state.Load(ctx, key)
	if err == nil {
		err = state.Delete(ctx, key, entry.Revision)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// state is where the store keeps the switches, or ErrNoState.
func (s *switches) state() (store.State, error) { return store.StateOf(s.open, ErrNoState) }
