package verify

import (
	"crypto/subtle"
	"sync/atomic"
	"time"
)

// Issued are the tokens that are made for an endpoint while the gateway runs, beside those of its configuration. They
// are replaced as a whole while requests use them; a request sees all the old ones or all the new ones. The zero Issued
// has none.
type Issued struct {
	current atomic.Pointer[[]*IssuedToken]
}

// Replace makes these the tokens that hold from now on. Neither the slice nor the tokens may be changed afterwards.
func (i *Issued) Replace(tokens []*IssuedToken) { i.current.Store(&tokens) }

// tokens are those that hold now; a nil Issued has none.
func (i *Issued) tokens() []*IssuedToken {
	if i == nil {
		return nil
	}
	if current := i.current.Load(); current != nil {
		return *current
	}
	return nil
}

// IssuedToken is a credential in two forms, of which either suffices: a bearer token and a secret token.
type IssuedToken struct {
	ID     string
	Bearer Token
	Secret Token
	// Expires is the first instant at which it no longer holds; zero is never.
	Expires time.Time

	// lastUse is in seconds of the Unix epoch; 0 is never.
	lastUse atomic.Int64
}

// MarkUsed records a use, to the second. Uses may be recorded in any order.
func (t *IssuedToken) MarkUsed(at time.Time) {
	second := at.Unix()
	for last := t.lastUse.Load(); last < second; last = t.lastUse.Load() {
		if t.lastUse.CompareAndSwap(last, second) {
			return
		}
	}
}

// LastUse is the latest use that was recorded; zero is none.
func (t *IssuedToken) LastUse() time.Time {
	if second := t.lastUse.Load(); second != 0 {
		return time.Unix(second, 0).UTC()
	}
	return time.Time{}
}

func (t *IssuedToken) expiredAt(now time.Time) bool { return expired(t.Expires, now) }

// matchIssued gives a token that the request presents and that holds, and tells whether it presents one that has
// expired. As with configured tokens, all are compared, and no branch depends on which is equal.
func (p *presented) matchIssued(tokens []*IssuedToken, now time.Time) (matched *IssuedToken, outdated bool) {
	at, ended := -1, 0
	for i, t := range tokens {
		equal := p.compare(&p.bearer, &t.Bearer) | p.compare(&p.secret, &t.Secret)
		holds := 1
		if t.expiredAt(now) {
			holds = 0
		}
		at = subtle.ConstantTimeSelect(equal&holds, i, at)
		ended |= equal &^ holds
	}
	if at >= 0 {
		matched = tokens[at]
	}
	return matched, ended == 1
}
