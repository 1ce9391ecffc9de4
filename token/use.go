package token

import (
	"context"
	"errors"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	// useInterval is how often last uses are written.
	useInterval = time.Minute

	// useSlack is by how much a use must be later than the written one: the interval, but for what rounding and a late
	// tick take from it. It keeps several nodes from writing the same use.
	useSlack = useInterval - 5*time.Second

	// maxUsesWritten bounds the tokens whose last use is written in one interval. The others have their turn later.
	maxUsesWritten = 500

	// closingTimeout bounds the writing of last uses when the store closes.
	closingTimeout = 2 * time.Second
)

// writeUses writes when tokens were last used, for those that were used at least slack after the use that is written.
// Revocations need not wait for it: each token is a change of its own.
func (t *Issuer) writeUses(ctx context.Context, slack time.Duration) error {
	written := 0
	for _, k := range t.all() {
		due := k.record.LastUsedAt.Add(slack)
		if used := event.At(k.lastUse()); used.IsZero() || !used.After(k.record.LastUsedAt.Time) || used.Before(due) {
			continue
		}
		if written++; written > maxUsesWritten {
			break
		}
		err := t.alone(ctx, func(ctx context.Context, state store.State) error {
			return t.amend(ctx, state, k.record.ID, func(r *record) bool {
				// Another node may have written the use of the same token.
				return r.RevokedAt.IsZero() && !k.lastUse().Before(r.LastUsedAt.Add(slack))
			})
		})
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
	}
	return nil
}

// Close writes the last uses that are not written yet. The store is still open.
func (t *Issuer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closingTimeout)
	defer cancel()
	return t.writeUses(ctx, 0)
}
