package app

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

// tokens are the issued tokens of all endpoints, as the store has them and as requests are compared with them. They
// belong to the runtime: while a configuration is reloaded, what is made or revoked through the new one holds for the
// requests of the old one too.
type tokens struct {
	open   func() (store.Store, error)
	logger *zap.Logger

	// changing has room for one: whoever reads the store's tokens or changes them, so that what was read before a change
	// cannot undo it. Requests never wait for it.
	changing chan struct{}
	loaded   atomic.Bool

	// mu is never held across input or output.
	mu     sync.Mutex
	known  map[string]knownToken
	issued map[endpointKey]*verify.Issued

	notices notices
}

// endpointKey names an endpoint.
type endpointKey struct{ connector, endpoint string }

// knownToken is a token as it was read or written last. A damaged one has nothing but a revision.
type knownToken struct {
	record   tokenRecord
	revision uint64
	// issued is nil once the token is revoked.
	issued *verify.IssuedToken
}

func (k *knownToken) lastUse() time.Time {
	if k.issued == nil {
		return time.Time{}
	}
	return k.issued.LastUse()
}

const (
	// maxKnownTokens is how many tokens a store keeps for all endpoints together, those included that ended lately.
	maxKnownTokens = 10_000

	// tokenTimeout bounds what is done in the store for one request of the admin API. It goes on when the caller has left.
	tokenTimeout = 10 * time.Second
)

func newTokens(open func() (store.Store, error), logger *zap.Logger) *tokens {
	return &tokens{
		open: open, logger: logger, changing: make(chan struct{}, 1),
		known: make(map[string]knownToken), issued: make(map[endpointKey]*verify.Issued),
	}
}

// of are the tokens of an endpoint, for its verifier.
func (t *tokens) of(e endpointKey) *verify.Issued {
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

// state is where the store keeps tokens, or ErrNoTokens.
func (t *tokens) state() (store.State, error) {
	opened, err := t.open()
	if err != nil {
		return nil, err
	}
	state, ok := opened.(store.State)
	if !ok {
		return nil, ErrNoTokens
	}
	return state, nil
}

// alone runs f while nobody else reads or changes the store's tokens.
func (t *tokens) alone(ctx context.Context, f func(ctx context.Context, state store.State) error) error {
	state, err := t.state()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	select {
	case t.changing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.changing }()
	return f(ctx, state)
}

// load reads the tokens if they were never read. A store that keeps none has none.
func (t *tokens) load(ctx context.Context) error {
	if t.loaded.Load() {
		return nil
	}
	err := t.refresh(ctx)
	if errors.Is(err, ErrNoTokens) {
		err = nil
	}
	t.loaded.CompareAndSwap(false, err == nil)
	return err
}

// refresh reads the tokens, so that what other nodes have changed holds here.
func (t *tokens) refresh(ctx context.Context) error { return t.alone(ctx, t.scan) }

// scan is refresh for whoever is alone. A damaged token is logged once, and keeps no other from being read.
func (t *tokens) scan(ctx context.Context, state store.State) error {
	entries, err := state.Scan(ctx, tokenKeys, 2*maxKnownTokens)
	if err != nil {
		return fmt.Errorf("reading the issued tokens: %w", err)
	}
	if len(entries) == 2*maxKnownTokens {
		return fmt.Errorf("the store has more than %d issued tokens", 2*maxKnownTokens)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.known
	t.known = make(map[string]knownToken, len(entries))
	for _, entry := range entries {
		id := strings.TrimPrefix(entry.Key, tokenKeys)
		before, ok := old[id]
		if t.known[id] = before; ok && before.revision == entry.Revision {
			continue
		}
		record, err := readTokenRecord(entry)
		if err == nil {
			err = t.keepLocked(record, entry.Revision)
		}
		if err != nil {
			t.known[id] = knownToken{revision: entry.Revision}
			t.logger.Error("a token is ignored", zap.Error(err))
		}
	}
	t.publishLocked()
	return nil
}

// keep has a record hold that was just written.
func (t *tokens) keep(record tokenRecord, revision uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.publishLocked()
	return t.keepLocked(record, revision)
}

func (t *tokens) keepLocked(record tokenRecord, revision uint64) error {
	before := t.known[record.ID]
	made := knownToken{record: record, revision: revision}
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
func (t *tokens) publishLocked() {
	lists := make(map[endpointKey][]*verify.IssuedToken)
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
func (t *tokens) ofEndpoint(e endpointKey) []knownToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []knownToken
	for _, k := range t.known {
		if k.record.of() == e {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(x, y knownToken) int { return strings.Compare(y.record.ID, x.record.ID) })
	return list
}

// lastUse is when a token was used last, as far as this process knows.
func (t *tokens) lastUse(id string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[id]
	return k.lastUse()
}

// all are the known tokens, in no order.
func (t *tokens) all() []knownToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.known))
}
