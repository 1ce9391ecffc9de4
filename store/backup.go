package store

import (
	"context"
	"errors"
	"io"

	"github.com/krosyn/gateway/event"
)

// ErrBackupRunning: a store makes one backup at a time.
var ErrBackupRunning = errors.New("a backup is being made already")

// Backuper is a store that can be backed up while it is in use.
type Backuper interface {
	// Backup writes the store as it is when Backup is called. What it writes tells its own end: it was cut short
	// without one. An error that comes after the first byte is in it, too.
	Backup(ctx context.Context, to io.Writer) error
}

// Describer is a store that can say more of itself than Stats.
type Describer interface {
	Describe(ctx context.Context) (Description, error)
}

// Description is what a store says of itself.
type Description struct {
	Stats
	// MaxBytes is the space that the store may take; 0 is no bound.
	MaxBytes int64
	// Sizes is the space that each kind of its files takes, in bytes.
	Sizes map[string]int64
	// Oldest is the id of the first event; zero where there is none.
	Oldest event.ID
}
