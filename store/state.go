package store

import (
	"context"
	"errors"
	"time"
)

// State keeps small values by key, for what must outlive a request and is no event: claims of deliveries, tokens. A
// store that has it implements it beside Store. All its methods may be called at the same time.
//
// A key is at most 1 KiB and a value at most 64 KiB. An entry whose time to live has passed is as good as absent. A
// change whose ctx ends before it returns may still be made.
type State interface {
	// Load reads an entry, or answers ErrNotFound. It sees every change that returned before.
	Load(ctx context.Context, key string) (Entry, error)

	// Create writes an entry under a key that has none, durably; of several at the same time one wins. A zero ttl keeps
	// it forever. Where the key has an entry it answers ErrExists and that entry.
	Create(ctx context.Context, key string, value []byte, ttl time.Duration) (Entry, error)

	// Update replaces the value of an entry that still has this revision, and its time to live; it answers ErrConflict
	// where the entry has changed or is gone.
	Update(ctx context.Context, key string, value []byte, ttl time.Duration, revision uint64) (Entry, error)

	// Delete removes an entry that still has this revision; it answers ErrConflict where the entry has changed or is gone.
	Delete(ctx context.Context, key string, revision uint64) error

	// Entries is how many entries there are. Those whose time to live has passed may still be counted for a while. It
	// costs as little as a Load.
	Entries(ctx context.Context) (int64, error)

	// Scan lists the entries whose keys begin with a prefix, in the order of their keys, at most limit of them.
	Scan(ctx context.Context, prefix string, limit int) ([]Entry, error)
}

// Entry is a value of State.
type Entry struct {
	Key   string
	Value []byte
	// Revision changes with every change of the entry, and is never used twice for one key.
	Revision uint64
	// ExpiresAt is when the entry ends; zero is never.
	ExpiresAt time.Time
}

var (
	// ErrExists: the key has an entry.
	ErrExists = errors.New("state entry exists")

	// ErrConflict: the entry was changed in the meantime, or is gone.
	ErrConflict = errors.New("state entry has changed")
)

// StateOf opens a store for its State; missing is the answer where it has none.
func StateOf(open func() (Store, error), missing error) (State, error) {
	opened, err := open()
	if err != nil {
		return nil, err
	}
	state, ok := opened.(State)
	if !ok {
		return nil, missing
	}
	return state, nil
}
