package token

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

// Expiry is the end of credentials: of an issued token, or of those that an endpoint has in the configuration.
type Expiry struct {
	Of Endpoint
	// Token is the token's id, "" for configured credentials.
	Token string
	At    time.Time
}

// Expiries are the ends of an endpoint's tokens. A token that was replaced is expected to end.
func (t *Issuer) Expiries(of Endpoint) []Expiry {
	var list []Expiry
	for _, k := range t.ofEndpoint(of) {
		r := k.record
		if r.RevokedAt.IsZero() && r.ReplacedBy == "" && !r.ExpiresAt.IsZero() {
			list = append(list, Expiry{of, r.ID, r.ExpiresAt.Time})
		}
	}
	return list
}

// notify announces what ends soon and was not announced in the last day, by this node or another.
func (w *Watch) notify(ctx context.Context) error {
	now := time.Now()
	for _, e := range w.Expiries() {
		if !now.Before(e.At) || now.Before(e.At.Add(-expiryNotice)) {
			continue
		}
		first, err := w.Issuer.firstNotice(ctx, e)
		if err != nil {
			return err
		}
		if first && ctx.Err() == nil {
			w.Announce(e)
		}
	}
	return nil
}

// firstNotice claims the announcement of an end for a day.
func (t *Issuer) firstNotice(ctx context.Context, e Expiry) (bool, error) {
	state, err := t.state()
	if errors.Is(err, ErrNoState) {
		return t.notices.first(e, time.Now()), nil
	}
	if err != nil {
		return false, err
	}
	_, err = state.Create(ctx, e.noticeKey(), []byte(e.At.UTC().Format(time.RFC3339)), noticeInterval)
	if errors.Is(err, store.ErrExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remembering the notice of an expiring token: %w", err)
	}
	return true, nil
}

func (e *Expiry) noticeKey() string {
	if e.Token != "" {
		return noticeKeys + e.Token
	}
	digest := sha256.Sum256([]byte(e.Of.Connector + "\x00" + e.Of.Name))
	return noticeKeys + hex.EncodeToString(digest[:])
}

// notices remembers announcements where the store cannot, until the process ends.
type notices struct {
	mu   sync.Mutex
	next map[string]time.Time
}

func (n *notices) first(e Expiry, now time.Time) bool {
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
