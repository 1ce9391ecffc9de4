package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/verify"
)

const (
	// keys is the prefix of the keys of tokens in the store's state; the token's id follows.
	keys = "token/"

	// keptAfterEnd is how long a token that has ended can still be listed, and an expired one be told from a wrong one.
	keptAfterEnd = 30 * 24 * time.Hour

	// valuePrefix marks the values of tokens, so that scanners of repositories and logs can find one that leaked.
	valuePrefix = "krs_"
)

// record is a token as the store has it: digests, never values.
type record struct {
	ID        string `json:"id"`
	Connector string `json:"connector"`
	Endpoint  string `json:"endpoint"`
	// Bearer and Secret are written as a configuration has them, `sha256:` and hex. A revoked token has none.
	Bearer     string     `json:"bearer,omitempty"`
	Secret     string     `json:"secret,omitempty"`
	CreatedAt  event.Time `json:"created_at"`
	ExpiresAt  event.Time `json:"expires_at,omitzero"`
	LastUsedAt event.Time `json:"last_used_at,omitzero"`
	RevokedAt  event.Time `json:"revoked_at,omitzero"`
	ReplacedBy string     `json:"replaced_by,omitempty"`
}

// newRecord makes a token's values and what is kept of them.
func newRecord(of Endpoint, life time.Duration, now time.Time) (record, *Made) {
	made := &Made{ID: event.NewID().String(), BearerToken: newValue(), SecretToken: newValue()}
	r := record{
		ID: made.ID, Connector: of.Connector, Endpoint: of.Name,
		Bearer: digested(made.BearerToken), Secret: digested(made.SecretToken), CreatedAt: event.At(now),
	}
	if life > 0 {
		r.ExpiresAt = event.At(now.Add(life))
		made.ExpiresAt = &r.ExpiresAt
	}
	return r, made
}

func newValue() string {
	var value [32]byte
	_, _ = rand.Read(value[:]) // which never fails
	return valuePrefix + base64.RawURLEncoding.EncodeToString(value[:])
}

func digested(value string) string {
	digest := sha256.Sum256([]byte(value))
	return "sha256:" + hex.EncodeToString(digest[:])
}

func (r *record) key() string { return keys + r.ID }

func (r *record) of() Endpoint { return Endpoint{r.Connector, r.Endpoint} }

// ended is when the token ended; zero while it has not.
func (r *record) ended(now time.Time) time.Time {
	switch {
	case !r.RevokedAt.IsZero():
		return r.RevokedAt.Time
	case !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Time):
		return r.ExpiresAt.Time
	}
	return time.Time{}
}

// keep is how long the store keeps the record from now on; zero is for ever.
func (r *record) keep(now time.Time) time.Duration {
	end := r.ExpiresAt
	if !r.RevokedAt.IsZero() {
		end = r.RevokedAt
	}
	if end.IsZero() {
		return 0
	}
	return max(end.Add(keptAfterEnd).Sub(now), time.Second)
}

// revoke ends the token and forgets its digests.
func (r *record) revoke(now time.Time) {
	r.RevokedAt, r.Bearer, r.Secret = event.At(now), "", ""
}

func (r *record) encode() ([]byte, error) { return json.Marshal(r) }

func readRecord(entry store.Entry) (record, error) {
	var r record
	if err := json.Unmarshal(entry.Value, &r); err != nil {
		return r, fmt.Errorf("the issued token %q is damaged: %w", entry.Key, err)
	}
	if r.key() != entry.Key {
		return r, fmt.Errorf("the issued token %q is damaged: it has the id %q", entry.Key, r.ID)
	}
	return r, nil
}

// verifiable is the token as requests are compared with it.
func (r *record) verifiable() (*verify.IssuedToken, error) {
	bearer, err := verify.NewToken(r.Bearer)
	if err != nil {
		return nil, fmt.Errorf("the issued token %s is damaged: %w", r.ID, err)
	}
	secret, err := verify.NewToken(r.Secret)
	if err != nil {
		return nil, fmt.Errorf("the issued token %s is damaged: %w", r.ID, err)
	}
	return &verify.IssuedToken{ID: r.ID, Bearer: bearer, Secret: secret, Expires: r.ExpiresAt.Time}, nil
}

// shown is the record for the admin API, with a last use that may not be written yet.
func (r *record) shown(lastUse, now time.Time) Token {
	t := Token{
		ID: r.ID, Connector: r.Connector, Endpoint: r.Endpoint, Status: Active,
		CreatedAt: r.CreatedAt, ReplacedBy: r.ReplacedBy,
		ExpiresAt: instant(r.ExpiresAt), LastUsedAt: instant(r.LastUsedAt), RevokedAt: instant(r.RevokedAt),
	}
	if lastUse.After(r.LastUsedAt.Time) {
		t.LastUsedAt = instant(event.At(lastUse))
	}
	switch {
	case !r.RevokedAt.IsZero():
		t.Status = Revoked
	case !r.ended(now).IsZero():
		t.Status = Expired
	}
	return t
}

// instant is nil for the zero time.
func instant(t event.Time) *event.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
