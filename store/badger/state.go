package badger

import (
	"context"
	"errors"
	"fmt"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store"
)

// Load implements store.State.
func (d *database) Load(_ context.Context, key string) (store.Entry, error) {
	var entry store.Entry
	err := d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(stateKey(key))
		if errors.Is(err, badgerdb.ErrKeyNotFound) {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		kept, err := readKept(item)
		if err != nil {
			return err
		}
		if kept.ended(time.Now()) {
			return store.ErrNotFound
		}
		entry = kept.entry(key)
		return nil
	})
	if err != nil {
		return store.Entry{}, d.stateError("load", key, err)
	}
	return entry, nil
}

// Create implements store.State.
func (d *database) Create(
	ctx context.Context, key string, value []byte, ttl time.Duration,
) (store.Entry, error) {
	if err := store.CheckEntry(key, value, ttl); err != nil {
		return store.Entry{}, err
	}
	// Whoever comes late, as a sender that repeats itself does, need not wait for a transaction to be told so.
	if there, err := d.Load(ctx, key); err == nil {
		return there, store.ErrExists
	}
	written := newKept(value)
	var there store.Entry
	err := d.change(ctx, key, len(value), false, func(book *book, old *kept, now time.Time) error {
		if old != nil && !old.ended(now) {
			there = old.entry(key)
			return store.ErrExists
		}
		return book.set(key, old, written, endAfter(now, ttl))
	})
	switch {
	case err == nil:
		return written.entry(key), nil
	case errors.Is(err, store.ErrExists):
		return there, err
	}
	return store.Entry{}, d.stateError("create", key, err)
}

// Update implements store.State.
func (d *database) Update(
	ctx context.Context, key string, value []byte, ttl time.Duration, revision uint64,
) (store.Entry, error) {
	if err := store.CheckEntry(key, value, ttl); err != nil {
		return store.Entry{}, err
	}
	written := newKept(value)
	err := d.change(ctx, key, len(value), false, func(book *book, old *kept, now time.Time) error {
		if !old.is(revision, now) {
			return store.ErrConflict
		}
		return book.set(key, old, written, endAfter(now, ttl))
	})
	if err != nil {
		return store.Entry{}, d.stateError("update", key, err)
	}
	return written.entry(key), nil
}

// Delete implements store.State.
func (d *database) Delete(ctx context.Context, key string, revision uint64) error {
	err := d.change(ctx, key, 0, true, func(book *book, old *kept, now time.Time) error {
		if !old.is(revision, now) {
			return store.ErrConflict
		}
		return book.remove(key, old)
	})
	return d.stateError("delete", key, err)
}

// change has the writer decide on a key by what it has, nil for nothing, and write at most one entry.
func (d *database) change(
	ctx context.Context, key string, size int, frees bool, decide func(*book, *kept, time.Time) error,
) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return d.writer.do(&operation{ctx: ctx, bytes: size + len(key), frees: frees, apply: func(t *transaction) error {
		if err := t.room(changeExtent(key, size)); err != nil {
			return err
		}
		book, err := openBook(t)
		if err != nil {
			return err
		}
		old, err := book.get(key)
		if err != nil {
			return err
		}
		if err := decide(book, old, time.Now()); err != nil {
			return err
		}
		return book.close()
	}})
}

// Entries implements store.State. Ended entries that were not swept yet are counted, too.
func (d *database) Entries(context.Context) (int64, error) {
	var b book
	err := d.view(func(txn *badgerdb.Txn) error {
		item, err := txn.Get(bookKey)
		if errors.Is(err, badgerdb.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return item.Value(b.parse)
	})
	return int64(b.entries), err
}

// Scan implements store.State.
func (d *database) Scan(ctx context.Context, prefix string, limit int) ([]store.Entry, error) {
	if limit < 1 {
		return nil, fmt.Errorf("scan state: the limit %d is not positive", limit)
	}
	var entries []store.Entry
	err := d.view(func(txn *badgerdb.Txn) error {
		now := time.Now()
		it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: stateKey(prefix)})
		defer it.Close()
		for it.Rewind(); it.Valid() && len(entries) < limit; it.Next() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			key := string(it.Item().Key()[1:])
			kept, err := readKept(it.Item())
			if err != nil {
				return fmt.Errorf("entry %q: %w", key, err)
			}
			if !kept.ended(now) {
				entries = append(entries, kept.entry(key))
			}
		}
		return nil
	})
	if err != nil {
		return nil, d.stateError("scan", prefix, err)
	}
	return entries, nil
}

// stateError says what was being done, beside what callers decide on.
func (d *database) stateError(doing, key string, err error) error {
	for _, known := range []error{nil, store.ErrNotFound, store.ErrConflict, store.ErrClosed} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s %.80q in the state of %s: %w", doing, key, d.path, err)
}

// Interface guard
var _ store.State = (*database)(nil)
