package token

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

// List reads the tokens of an endpoint as they are now, the latest first. One that has ended stays in the list for a
// while.
func (t *Issuer) List(ctx context.Context, of Endpoint) ([]Token, error) {
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

// Create makes a token, which holds when Create returns. A token that it replaces has ended then, or has its new end;
// if that cannot be had, there is no new token either.
func (t *Issuer) Create(ctx context.Context, of Endpoint, r Request) (*Made, error) {
	if r.Life < 0 || r.Life > MaxLife || r.Overlap < 0 || r.Overlap > MaxLife {
		return nil, fmt.Errorf("a token's life and overlap are between nothing and %s", MaxLife)
	}
	var made *Made
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
		record, values := newRecord(of, r.Life, now)
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
func (t *Issuer) admit(of Endpoint, r Request, now time.Time) error {
	holding, replaced := 0, r.Replace == ""
	for _, k := range t.ofEndpoint(of) {
		if k.record.ID == r.Replace {
			if !k.record.RevokedAt.IsZero() {
				return ErrRevoked
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
		return ErrUnknown
	case holding >= MaxHolding:
		return fmt.Errorf("endpoint %s has %d tokens: %w", of.Name, holding, ErrTooMany)
	case len(t.all()) >= maxKnown:
		return fmt.Errorf("all endpoints together have %d tokens, those included that ended less than %d days ago: %w",
			maxKnown, int(keptAfterEnd.Hours()/24), ErrTooMany)
	}
	return nil
}

// forgetEnded removes the oldest of the tokens that have ended, where there are as many as may hold.
func (t *Issuer) forgetEnded(ctx context.Context, state store.State, of Endpoint, now time.Time) error {
	ended := slices.DeleteFunc(t.ofEndpoint(of), func(k known) bool { return k.record.ended(now).IsZero() })
	if len(ended) < MaxHolding {
		return nil
	}
	slices.SortFunc(ended, func(x, y known) int { return x.record.ended(now).Compare(y.record.ended(now)) })
	for _, k := range ended[:len(ended)-MaxHolding+1] {
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

func (t *Issuer) write(ctx context.Context, state store.State, r *record, now time.Time) (store.Entry, error) {
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
func (t *Issuer) end(ctx context.Context, state store.State, r Request, by string, now time.Time) error {
	return t.amend(ctx, state, r.Replace, func(old *record) bool {
		old.ReplacedBy = by
		if r.Overlap == 0 {
			old.revoke(now)
		} else if end := event.At(now.Add(r.Overlap)); old.ExpiresAt.IsZero() || end.Before(old.ExpiresAt.Time) {
			old.ExpiresAt = end
		}
		return true
	})
}

// Revoke ends a token for good; it no longer holds when Revoke returns. One that is revoked already is left as it is.
func (t *Issuer) Revoke(ctx context.Context, of Endpoint, id string) error {
	return t.alone(context.WithoutCancel(ctx), func(ctx context.Context, state store.State) error {
		unknown := false
		err := t.amend(ctx, state, id, func(r *record) bool {
			if unknown = r.of() != of; unknown || !r.RevokedAt.IsZero() {
				return false
			}
			r.revoke(time.Now())
			return true
		})
		if unknown {
			return ErrUnknown
		}
		return err
	})
}

// amend changes a record in the store, whatever other nodes do to it at the same time, and has the change hold. Change
// tells whether there is anything to write; the last use is written along.
func (t *Issuer) amend(ctx context.Context, state store.State, id string, change func(*record) bool) error {
	for range maxConflicts {
		entry, err := state.Load(ctx, keys+id)
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return fmt.Errorf("reading a token: %w", err)
		}
		record, err := readRecord(entry)
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
