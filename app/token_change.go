package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// maxConflicts is how often a change is tried anew because another node changed the same token.
const maxConflicts = 10

// list reads the tokens of an endpoint as they are now.
func (t *tokens) list(ctx context.Context, of endpointKey) ([]Token, error) {
	if err := t.refresh(ctx); err != nil {
		return nil, err
	}
	now, known := time.Now(), t.ofEndpoint(of)
	list := make([]Token, 0, len(known))
	for _, k := range known {
		list = append(list, k.record.shown(k.lastUse(), now))
	}
	return list, nil
}

// create makes a token. A token that it replaces has ended, or has its new end, when create returns; if that cannot be
// had, there is no new token either.
func (t *tokens) create(ctx context.Context, of endpointKey, r TokenRequest) (*NewToken, error) {
	var made *NewToken
	err := t.alone(context.WithoutCancel(ctx), func(ctx context.Context, state store.State) error {
		if err := t.scan(ctx, state); err != nil {
			return err
		}
		now := time.Now()
		if err := t.admit(of, r, now); err != nil {
			return err
		}
		if err := t.forgetEnded(ctx, state, of, now); err != nil {
			return err
		}
		record, values := newTokenRecord(of, r.Life, now)
		entry, err := t.write(ctx, state, &record, now)
		if err != nil {
			return err
		}
		if r.Replace != "" {
			if err := t.end(ctx, state, r, record.ID, now); err != nil {
				return errors.Join(err, state.Delete(ctx, entry.Key, entry.Revision))
			}
		}
		made = values
		return t.keep(record, entry.Revision)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// admit tells why a token cannot be made.
func (t *tokens) admit(of endpointKey, r TokenRequest, now time.Time) error {
	holding, replaced := 0, r.Replace == ""
	for _, k := range t.ofEndpoint(of) {
		if k.record.ID == r.Replace {
			if !k.record.RevokedAt.IsZero() {
				return ErrTokenRevoked
			}
			replaced = true
			if r.Overlap == 0 {
				continue
			}
		}
		if k.record.ended(now).IsZero() {
			holding++
		}
	}
	switch {
	case !replaced:
		return ErrUnknownToken
	case holding >= MaxTokens:
		return fmt.Errorf("endpoint %s has %d tokens: %w", of.endpoint, holding, ErrTooManyTokens)
	case len(t.all()) >= maxKnownTokens:
		return fmt.Errorf("all endpoints together have %d tokens, those included that ended less than %d days ago: %w",
			maxKnownTokens, int(keptAfterEnd.Hours()/24), ErrTooManyTokens)
	}
	return nil
}

// forgetEnded removes the oldest of the tokens that have ended, where there are as many as may hold.
func (t *tokens) forgetEnded(ctx context.Context, state store.State, of endpointKey, now time.Time) error {
	ended := slices.DeleteFunc(t.ofEndpoint(of), func(k knownToken) bool { return k.record.ended(now).IsZero() })
	if len(ended) < MaxTokens {
		return nil
	}
	slices.SortFunc(ended, func(x, y knownToken) int { return x.record.ended(now).Compare(y.record.ended(now)) })
	for _, k := range ended[:len(ended)-MaxTokens+1] {
		err := state.Delete(ctx, k.record.key(), k.revision)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("removing a token that has ended: %w", err)
		}
		t.mu.Lock()
		delete(t.known, k.record.ID)
		t.mu.Unlock()
	}
	return nil
}

func (t *tokens) write(ctx context.Context, state store.State, r *tokenRecord, now time.Time) (store.Entry, error) {
	text, err := r.encode()
	if err != nil {
		return store.Entry{}, err
	}
	entry, err := state.Create(ctx, r.key(), text, r.keep(now))
	if err != nil {
		return entry, fmt.Errorf("keeping a token: %w", err)
	}
	return entry, nil
}

// end ends the token that a new one replaces, at once or after the overlap. It never gives it a longer life.
func (t *tokens) end(ctx context.Context, state store.State, r TokenRequest, by string, now time.Time) error {
	return t.amend(ctx, state, r.Replace, func(old *tokenRecord) bool {
		old.ReplacedBy = by
		if r.Overlap == 0 {
			old.revoke(now)
		} else if end := event.At(now.Add(r.Overlap)); old.ExpiresAt.IsZero() || end.Before(old.ExpiresAt.Time) {
			old.ExpiresAt = end
		}
		return true
	})
}

// revoke ends a token. One that is revoked already is left as it is.
func (t *tokens) revoke(ctx context.Context, of endpointKey, id string) error {
	return t.alone(context.WithoutCancel(ctx), func(ctx context.Context, state store.State) error {
		unknown := false
		err := t.amend(ctx, state, id, func(r *tokenRecord) bool {
			if unknown = r.of() != of; unknown || !r.RevokedAt.IsZero() {
				return false
			}
			r.revoke(time.Now())
			return true
		})
		if unknown {
			return ErrUnknownToken
		}
		return err
	})
}

// amend changes a record in the store, whatever other nodes do to it at the same time, and has the change hold. Change
// tells whether there is anything to write; the last use is written along.
func (t *tokens) amend(ctx context.Context, state store.State, id string, change func(*tokenRecord) bool) error {
	for range maxConflicts {
		entry, err := state.Load(ctx, tokenKeys+id)
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknownToken
		}
		if err != nil {
			return fmt.Errorf("reading a token: %w", err)
		}
		record, err := readTokenRecord(entry)
		if err != nil {
			return err
		}
		if !change(&record) {
			return nil
		}
		if used := t.lastUse(id); used.After(record.LastUsedAt.Time) {
			record.LastUsedAt = event.At(used)
		}
		text, err := record.encode()
		if err != nil {
			return err
		}
		entry, err = state.Update(ctx, entry.Key, text, record.keep(time.Now()), entry.Revision)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("changing a token: %w", err)
		}
		return t.keep(record, entry.Revision)
	}
	return fmt.Errorf("changing a token: %w", store.ErrConflict)
}
