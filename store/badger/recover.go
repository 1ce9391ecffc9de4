package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store/badger/journal"
)

// replayJournal makes the changes that the journal of a database has, whatever durability it is opened with now, and
// removes the journal.
func replayJournal(db *badgerdb.DB, config config, health *health) error {
	size, err := journal.Size(config.path)
	if err != nil {
		return err
	}
	if size > 0 {
		// Badger writes it twice at most, and a full disk would end the process.
		if least := 2*size + health.floor.Load()/2; health.free.Load() < least {
			return health.full(least)
		}
		batch := db.NewWriteBatch()
		defer batch.Cancel()
		_, err = journal.Replay(config.path, config.encryptionKeys(), func(record []byte) error {
			return readChanges(record, batch.SetEntry, batch.Delete)
		})
		if err == nil {
			err = batch.Flush()
		}
		if err == nil {
			err = newDurable(config.path).sync()
		}
		if err != nil {
			return err
		}
	}
	return journal.Remove(config.path)
}

// openJournal makes the journal of a database that has none; nil is that it needs none.
func openJournal(config config, health *health) (*journaled, error) {
	if !config.sync || !journal.Supported {
		return nil, nil
	}
	const least = 2 << 20
	size := min(journal.SegmentSize, max(least, (health.free.Load()-health.floor.Load())/4/least*least))
	j, err := journal.Open(journal.Config{
		Path: config.path, Key: config.encryptionKey, SegmentSize: size,
		Durable: newDurable(config.path).sync, Room: health.room, Sync: config.syncFile,
	})
	if err != nil {
		return nil, err
	}
	return &journaled{Journal: j}, nil
}

// dropJournal removes the journal of a database that nobody writes to any more. What a failure has left is kept: it is
// replayed.
func (d *database) dropJournal() error {
	if d.journal == nil || d.health.failed.Load() != nil {
		return nil
	}
	if err := newDurable(d.path).sync(); err != nil {
		return err
	}
	return journal.Remove(d.path)
}

// durable makes durable what Badger has, without waiting for who writes. Badger itself can sync only the logs that it
// writes to, not those that it has just finished. Tables and the manifest it syncs before it removes the logs that they
// are made of.
type durable struct {
	path string

	mutex sync.Mutex
	// finished is the first file of the value log that may not be durable yet.
	finished string
}

func newDurable(path string) *durable { return &durable{path: path} }

// sync makes durable what was committed before it is called.
func (d *durable) sync() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	entries, err := os.ReadDir(d.path) // in the order of their names
	if err != nil {
		return err
	}
	last := d.finished
	for _, entry := range entries {
		switch name := entry.Name(); filepath.Ext(name) {
		case ".vlog":
			// Numbers have six digits, or more.
			if len(name) < len(d.finished) || len(name) == len(d.finished) && name < d.finished {
				continue
			}
			if len(name) > len(last) || name > last {
				last = name
			}
		case ".mem":
		default:
			continue
		}
		if err := syncFile(filepath.Join(d.path, entry.Name())); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	if err := syncDirectory(d.path); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	d.finished = last
	return nil
}

// syncFile makes a file durable, unless it is not there any more.
func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// rewriteValueLog gives the space of a file of the value log back, if there is one that is worth it. Badger moves what
// is still of use in it, which is in no journal, and removes it before that is durable: so the file is held until it is.
func (d *database) rewriteValueLog(ratio float64) error {
	if d.journal == nil {
		return d.db.RunValueLogGC(ratio)
	}
	txn := d.db.NewTransaction(false)
	hold := txn.NewIterator(badgerdb.IteratorOptions{Prefix: bookKey})
	err := d.db.RunValueLogGC(ratio)
	if err == nil {
		if err := newDurable(d.path).sync(); err != nil {
			return d.health.fail(err) // what is held is never let go
		}
	}
	hold.Close()
	txn.Discard()
	return err
}
