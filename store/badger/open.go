package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	badgerdb "github.com/dgraph-io/badger/v4"
	"go.uber.org/zap"

	"github.com/krosyn/gateway/store"
)

// open opens the database of a directory, which it makes where there is none.
func open(config config, logger *zap.Logger) (store.Store, error) {
	if err := prepare(config.path); err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", config.path, err)
	}
	health, err := newHealth(config.path, config.minFree, config.maxSize)
	if err == nil {
		err = health.openable()
	}
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", config.path, err)
	}
	log := newLogger(logger)
	db, err := openBadger(config, config.options(log))
	if err == nil {
		if err = log.openFailure(); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", config.path, explain(err))
	}
	d, err := start(db, config, health, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

// openBadger is Badger's Open, with errors for more kinds of damage.
func openBadger(config config, options badgerdb.Options) (db *badgerdb.DB, err error) {
	if err := errors.Join(checkContents(options), rotateKey(config), removeHollow(options.Dir), checkTables(options)); err != nil {
		return nil, err
	}
	empty, err := fence(options)
	if err != nil {
		return nil, err
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("badger: %v", recovered)
		}
		if err != nil {
			unfence(options, empty)
		}
	}()
	return badgerdb.Open(options)
}

// prepare makes the directory and finds what Badger would end the process for, or would not mind.
func prepare(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("%w: choose another path, or let the user that runs Caddy write there", err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("%w: let the user that runs Caddy read it", err)
	}
	found, foreign := false, ""
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == restoringFile:
			return errors.New("a restore was interrupted there: remove what is in it, then restore again")
		case name == badgerdb.ManifestFilename:
			found = true
		// What an interrupted first start leaves, and what the root of a file system has.
		case name != "LOCK" && name != "MANIFEST-REWRITE" && name != "lost+found":
			foreign = name
		}
		if err := writable(filepath.Join(path, entry.Name()), entry.Type()); err != nil {
			return fmt.Errorf("%w: give the directory to the user that runs Caddy, with all that is in it", err)
		}
	}
	if _, err := os.Stat(filepath.Join(path, contentsFile)); !found && err == nil {
		return fmt.Errorf("it has lost its %s: restore a backup, or move it away to begin with an empty one",
			badgerdb.ManifestFilename)
	}
	if !found && foreign != "" {
		return fmt.Errorf("it has %s in it and is no store: choose an empty directory", foreign)
	}
	return nil
}

// writable tells why a file cannot be written.
func writable(path string, mode fs.FileMode) error {
	if !mode.IsRegular() {
		return nil
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// explain adds the way out to an error of Badger's, which are mostly nothing but text.
func explain(err error) error {
	for _, known := range []struct{ text, remedy string }{
		{"Cannot acquire directory lock", "another process has it open: if Caddy is running use `caddy reload`, " +
			"or give this one another path"},
		{badgerdb.ErrEncryptionKeyMismatch.Error(), "it was made with another encryption_key, or with none: " +
			"configure the one it was made with"},
		{"external magic number doesn't match", "it is of another program, or of another version of the gateway: " +
			"choose another path"},
		{"has bad magic", "it is no store, or damaged: choose another path, or restore a backup"},
		{"manifest has unsupported version", "it was written by another version of Badger: choose another path"},
		{"too many open files", "raise the limit of open files (ulimit -n, LimitNOFILE)"},
		{"no space left on device", "free disk space"},
	} {
		if strings.Contains(err.Error(), known.text) {
			return fmt.Errorf("%w: %s", err, known.remedy)
		}
	}
	return fmt.Errorf("%w: if it is damaged restore a backup, or move it away to begin with an empty one", err)
}
