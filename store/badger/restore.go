package badger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"
)

// restoringFile is in a directory as long as a backup is being restored there: until then it is no store.
const restoringFile = "RESTORING"

// Restore makes a store of a backup, in the directory of b, which must not exist or be empty. b was provisioned; its key
// encrypts the new store, whatever that of the old one was. When it fails it leaves the directory empty.
func (b *Badger) Restore(from io.Reader, logger *zap.Logger) (Backup, error) {
	backup, err := restore(b.config, from, logger)
	if err != nil {
		return backup, fmt.Errorf("restore into %s: %w", b.config.path, err)
	}
	return backup, nil
}

func restore(config config, from io.Reader, logger *zap.Logger) (Backup, error) {
	if err := os.MkdirAll(config.path, 0o700); err != nil {
		return Backup{}, fmt.Errorf("%w: choose another path, or let this user write there", err)
	}
	if err := wantEmpty(config.path); err != nil {
		return Backup{}, err
	}
	marker := filepath.Join(config.path, restoringFile)
	if err := replaceFile(marker, nil); err != nil {
		return Backup{}, err
	}
	backup, err := restoreBadger(config, from, newLogger(logger))
	if err != nil {
		return backup, errors.Join(err, empty(config.path))
	}
	if err := os.Remove(marker); err != nil {
		return backup, err
	}
	return backup, syncDirectory(config.path)
}

func wantEmpty(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case "lost+found": // the root of a file system has it
		case restoringFile:
			return errors.New("a restore was interrupted there: remove what is in it, then restore again")
		default:
			return fmt.Errorf("it is not empty (it has %s): choose another path", entry.Name())
		}
	}
	return nil
}

// empty removes what a restore has made in a directory that was empty.
func empty(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		// The marker goes last: without it this would be a store.
		if name := entry.Name(); name != "lost+found" && name != restoringFile {
			errs = append(errs, os.RemoveAll(filepath.Join(path, name)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.Remove(filepath.Join(path, restoringFile))
}

func restoreBadger(config config, from io.Reader, log *logger) (Backup, error) {
	config.sync = false
	options := config.options(log)
	db, err := badgerdb.Open(options)
	if err != nil {
		return Backup{}, err
	}
	health, err := newHealth(config.path, config.minFree, 0)
	if err != nil {
		return Backup{}, errors.Join(err, db.Close())
	}
	backup, err := writeEntries(db, health, from)
	if err := errors.Join(err, db.Close()); err != nil {
		return backup, err
	}
	_, err = keepContents(options, false, nil)
	return backup, errors.Join(err, syncFiles(config.path))
}

func writeEntries(db *badgerdb.DB, health *health, from io.Reader) (Backup, error) {
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	unmeasured := frameSize
	backup, err := readArchive(from, func(e archived) error {
		// A full disk would end the process.
		if unmeasured += len(e.key) + len(e.value); unmeasured > frameSize {
			unmeasured = 0
			health.background.Store(backgroundSpace(tableFiles(db)))
			if err := health.refusal(); err != nil {
				return err
			}
		}
		return batch.SetEntry(badgerdb.NewEntry(bytes.Clone(e.key), bytes.Clone(e.value)).WithMeta(e.meta))
	})
	if err != nil {
		return backup, err
	}
	return backup, batch.Flush()
}

// syncFiles makes the files of a directory durable.
func syncFiles(path string) error {
	names, err := filepath.Glob(filepath.Join(path, "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue // it is lost+found
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return err
		}
	}
	return syncDirectory(path)
}
