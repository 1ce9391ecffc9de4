package token

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/verify"
)

// Issuer has the issued tokens of all endpoints, as the store has them and as requests are compared with them. It
// outlives a configuration: while one is reloaded, what is made or revoked through the new one holds for the requests
// of the old one too.
type Issuer struct {
	open   func() (store.Store, error)
	logger *zap.Logger

	// changing has room for one: whoever reads the store's tokens or changes them, so that what was read before a change
	// cannot undo it. Requests never wait for it.
	changing chan struct{}
	loaded   atomic.Bool

	// mu is never held across input or output.
	mu     sync.Mutex
	known  map[string]known
	issued map[Endpoint]*verify.Issued

	notices notices
}

// known is a token as it was read or written last. A damaged one has nothing but a revision.
type known struct {
	record   record
	revision uint64
	// issued is nil once the token is revoked.
	issued *verify.IssuedToken
}

func (k *known) lastUse() time.Time {
	if k.issued == nil {
		return time.Time{}
	}
	return k.issued.LastUse()
}

const (
	// maxKnown is how many tokens a store keeps for all endpoints together, those included that ended lately.
	maxKnown = 10_000

	// timeout bounds what is done in the store for one request of the admin API. It goes on when the caller has left.
	timeout = 10 * time.Second
)

// NewIssuer makes the issuer of a store, which is opened when its tokens are needed.
func NewIssuer(open func() (store.Store, error), logger *zap.Logger) *Issuer {
	return &Issuer{
		open: open, logger: logger, changing: make(chan struct{}, 1),
		known: make(map[string]known), issued: make(map[Endpoint]*verify.Issued),
	}
}

// Of are the tokens of an endpoint, for its verifier.
func (t *Issuer) Of(e Endpoint) *verify.Issued {
	t.mu.Lock()
	defer t.mu.Unlock()
	issued, ok := t.issued[e]
	if !ok {
		issued = new(verify.Issued)
		t.issued[e] = issued
		t.publishLocked()
	}
	return issued
}

// Supported is ErrNoState where the store keeps no tokens.
func (t *Issuer) Supported() error {
	_, err := t.state()
	return err
}

// state is where the store keeps tokens, or ErrNoState.
func (t *Issuer) state() (store.State, error) { return store.StateOf(t.open, ErrNoState) }

// alone runs f while nobody else reads or changes the store's tokens.
func (t *Issuer) alone(ctx context.Context, f func(ctx context.Context, state store.State) error) error {
	state, err := t.state()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case t.changing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.changing }()
	return f(ctx, state)
}

// Load reads the tokens if they were never read. Until it has succeeded once, no request can be judged. A store that
// keeps none has none.
func (t *Issuer) Load(ctx context.Context) error {
	if t.loaded.Load() {
		return nil
	}
	err := t.refresh(ctx)
	if errors.Is(err, ErrNoState) {
		err = nil
	}
	t.loaded.CompareAndSwap(false, err == nil)
	return err
}

// refresh reads the tokens, so that what other nodes have changed holds here.
func (t *Issuer) refresh(ctx context.Context) error { return t.alone(ctx, t.scan) }

// scan is refresh for whoever is alone. A damaged token is logged once, and keeps no other from being read.
func (t *Issuer) scan(ctx context.Context, state store.State) error {
	entries, err := state.Scan(ctx, keys, 2*maxKnown)
	if err != nil {
		return fmt.Errorf("reading the issued tokens: %w", err)
	}
	if len(entries) == 2*maxKnown {
		return fmt.Errorf("the store has more than %d issued tokens", 2*maxKnown)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.known
	t.known = make(map[string]known, len(entries))
	for _, entry := range entries {
		id := strings.TrimPrefix(entry.Key, keys)
		before, ok := old[id]
		if t.known[id] = before; ok && before.revision == entry.Revision {
			continue
		}
		record, err := readRecord(entry)
		if err == nil {
			err = t.keepLocked(record, entry.Revision)
		}
		if err != nil {
			t.known[id] = known{revision: entry.Revision}
			t.logger.Error("a token is ignored", zap.Error(err))
		}
	}
	t.publishLocked()
	return nil
}

// keep has a record hold that was just written.
func (t *Issuer) keep(record record, revision uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.publishLocked()
	return t.keepLocked(record, revision)
}

func (t *Issuer) keepLocked(record record, revision uint64) error {
	before := t.known[record.ID]
	made := known{record: record, revision: revision}
	switch {
	case !record.RevokedAt.IsZero():
	case before.issued != nil && before.issued.Expires.Equal(record.ExpiresAt.Time):
		made.issued = before.issued
	default:
		issued, err := record.verifiable()
		if err != nil {
			return err
		}
		if used := before.lastUse(); !used.IsZero() {
			issued.MarkUsed(used)
		}
		made.issued = issued
	}
	t.known[record.ID] = made
	return nil
}

// publishLocked has every endpoint's verifier know its tokens. Expired ones are among them, for whoever presents one
// to be told so.
func (t *Issuer) publishLocked() {
	lists := make(map[Endpoint][]*verify.IssuedToken)
	for _, k := range t.known {
		if k.issued != nil {
			lists[k.record.of()] = append(lists[k.record.of()], k.issued)
		}
	}
	for e, issued := range t.issued {
		issued.Replace(lists[e])
	}
}

// ofEndpoint are the known tokens of an endpoint, the latest first.
func (t *Issuer) ofEndpoint(e Endpoint) []known {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []known
	for _, k := range t.known {
		if k.record.of() == e {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(x, y known) int { return strings.Compare(y.record.ID, x.record.ID) })
	return list
}

// lastUse is when a token was used last, as far as this process knows.
func (t *Issuer) lastUse(id string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[id]
	return k.lastUse()
}

// all are the known tokens, in no order.
func (t *Issuer) all() []known {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.known))
}
