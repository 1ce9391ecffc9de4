package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/krosyn/gateway/store"
)

const (
	// expiryNotice is how long before their end credentials are announced as expiring.
	expiryNotice = 7 * 24 * time.Hour

	// noticeInterval is how often the same end is announced.
	noticeInterval = 24 * time.Hour

	// noticeKeys is the prefix of the keys that remember announcements.
	noticeKeys = "token-notice/"
)

// expiry is the end of credentials: of an issued token, or of those that an endpoint has in the configuration.
type expiry struct {
	of endpointKey
	// token is the token's id, "" for configured credentials.
	token string
	at    time.Time
}

// expiries are the ends of all credentials of the configuration's endpoints. A token that was replaced is expected to
// end.
func (a *App) expiries() []expiry {
	var list []expiry
	for _, c := range a.Connectors() {
		for _, e := range c.endpoints {
			of := endpointKey{c.Name, e.Name}
			if !e.Expires.IsZero() {
				list = append(list, expiry{of: of, at: e.Expires})
			}
			if e.Issued == nil {
				continue
			}
			for _, k := range a.runtime.tokens.ofEndpoint(of) {
				r := k.record
				if r.RevokedAt.IsZero() && r.ReplacedBy == "" && !r.ExpiresAt.IsZero() {
					list = append(list, expiry{of, r.ID, r.ExpiresAt.Time})
				}
			}
		}
	}
	return list
}

// notify announces what ends soon and was not announced in the last day, by this node or another.
func (w *tokenWatch) notify(ctx context.Context) error {
	now := time.Now()
	for _, e := range w.expiries() {
		if !now.Before(e.at) || now.Before(e.at.Add(-expiryNotice)) {
			continue
		}
		first, err := w.tokens.firstNotice(ctx, e)
		if err != nil {
			return err
		}
		if first && ctx.Err() == nil {
			w.announce(e)
		}
	}
	return nil
}

// firstNotice claims the announcement of an end for a day.
func (t *tokens) firstNotice(ctx context.Context, e expiry) (bool, error) {
	state, err := t.state()
	if errors.Is(err, ErrNoTokens) {
		return t.notices.first(e, time.Now()), nil
	}
	if err != nil {
		return false, err
	}
	_, err = state.Create(ctx, e.noticeKey(), []byte(e.at.UTC().Format(time.RFC3339)), noticeInterval)
	if errors.Is(err, store.ErrExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remembering the notice of an expiring token: %w", err)
	}
	return true, nil
}

func (e *expiry) noticeKey() string {
	if e.token != "" {
		return noticeKeys + e.token
	}
	digest := sha256.Sum256([]byte(e.of.connector + "\x00" + e.of.endpoint))
	return noticeKeys + hex.EncodeToString(digest[:])
}

// notices remembers announcements where the store cannot, until the process ends.
type notices struct {
	mu   sync.Mutex
	next map[string]time.Time
}

func (n *notices) first(e expiry, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := e.noticeKey()
	if now.Before(n.next[key]) {
		return false
	}
	maps.DeleteFunc(n.next, func(_ string, next time.Time) bool { return !now.Before(next) })
	if n.next == nil {
		n.next = make(map[string]time.Time)
	}
	n.next[key] = now.Add(noticeInterval)
	return true
}
