package badger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// checkTables tells which table of a database is damaged so that Badger would not survive it. Others in the directory
// are what an interrupted write left, and Badger deletes them.
func checkTables(options badgerdb.Options) error {
	// Another process that has the store open is just writing some; Badger says who has it.
	unlock, err := lockDirectory(options.Dir)
	if err != nil {
		return nil
	}
	defer unlock()
	file, err := os.Open(filepath.Join(options.Dir, badgerdb.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	manifest, _, err := badgerdb.ReplayManifestFile(file, options.ExternalMagicVersion, options)
	if err != nil {
		return err
	}
	for id := range manifest.Tables {
		if err := checkTable(table.NewFilename(id, options.Dir)); err != nil {
			return err
		}
	}
	return nil
}

// checkTable tells why a file cannot be a table. Badger takes the lengths at its end as they are, in a goroutine of its
// own: nonsense there ends the process, where any other damage is an error.
//
// A table ends with its index, the index's length, a checksum, and the checksum's length; lengths are 4 bytes, big
// endian.
func checkTable(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Badger has the words for that
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	for _, part := range []string{"checksum", "index"} {
		var length [4]byte
		if _, err := file.ReadAt(length[:], end-int64(len(length))); err != nil {
			return fmt.Errorf("%s is damaged: it ends before its %s: %w", path, part, err)
		}
		end -= int64(len(length)) + int64(binary.BigEndian.Uint32(length[:]))
		if end < 0 {
			return fmt.Errorf("%s is damaged: its %s is longer than itself", path, part)
		}
	}
	return nil
}
