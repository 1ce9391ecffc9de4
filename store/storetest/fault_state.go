package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/krosyn/gateway/store"
)

// Load implements store.State, as the other methods here do what the store beneath must have.
func (f *Faulty) Load(ctx context.Context, key string) (store.Entry, error) {
	return answer(f, func() (store.Entry, error) { return f.inner.(store.State).Load(ctx, key) })
}

// Create implements store.State.
func (f *Faulty) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (store.Entry, error) {
	var entry store.Entry
	err := f.do(func() error {
		var err error
		entry, err = f.inner.(store.State).Create(ctx, key, value, ttl)
		return err
	})
	// The answer that the key has an entry comes with it.
	if err != nil && !errors.Is(err, store.ErrExists) {
		return store.Entry{}, err
	}
	return entry, err
}

// Update implements store.State.
func (f *Faulty) Update(
	ctx context.Context, key string, value []byte, ttl time.Duration, revision uint64,
) (store.Entry, error) {
	return answer(f, func() (store.Entry, error) {
		return f.inner.(store.State).Update(ctx, key, value, ttl, revision)
	})
}

// Delete implements store.State.
func (f *Faulty) Delete(ctx context.Context, key string, revision uint64) error {
	return f.do(func() error { return f.inner.(store.State).Delete(ctx, key, revision) })
}

// Entries implements store.State.
func (f *Faulty) Entries(ctx context.Context) (int64, error) {
	return answer(f, func() (int64, error) { return f.inner.(store.State).Entries(ctx) })
}

// Scan implements store.State.
func (f *Faulty) Scan(ctx context.Context, prefix string, limit int) ([]store.Entry, error) {
	return answer(f, func() ([]store.Entry, error) { return f.inner.(store.State).Scan(ctx, prefix, limit) })
}

// Commit implements store.Committer.
func (f *Faulty) Commit(ctx context.Context, batch store.Batch) error {
	return f.do(func() error { return f.inner.(store.Committer).Commit(ctx, batch) })
}

// Interface guards
var (
	_ store.State     = (*Faulty)(nil)
	_ store.Committer = (*Faulty)(nil)
)
