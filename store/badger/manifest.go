package badger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
)

const (
	// manifestHeader is the length of what a manifest begins with: what it is, and of which versions.
	manifestHeader = 8

	// recordHeader is the length of what a record of it begins with: its own length and a checksum, 4 bytes each, big
	// endian.
	recordHeader = 4 + 4
)

// checkManifest tells why a file cannot be a manifest that Badger has written: what it would take for an empty one.
func checkManifest(path string) error {
	manifest, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is a new store
	}
	if err != nil {
		return err
	}
	if len(manifest) >= manifestHeader && !bytes.HasPrefix(manifest, []byte("Bdgr")) {
		return nil // Badger has the words for that
	}
	whole, err := wholeRecords(manifest)
	if err != nil {
		return fmt.Errorf("%s is damaged after %d bytes: %w", path, whole, err)
	}
	// The first record is written before the file gets its name.
	if whole <= manifestHeader {
		return fmt.Errorf("%s is damaged: it ends in its first record", path)
	}
	return nil
}

// wholeRecords is how much of a manifest are records that are whole, in bytes. After them may be one that was being
// written; an error is anything else.
func wholeRecords(manifest []byte) (int, error) {
	whole := min(manifestHeader, len(manifest))
	for rest := manifest[whole:]; len(rest) >= recordHeader; rest = manifest[whole:] {
		length := int64(binary.BigEndian.Uint32(rest))
		if length > int64(len(rest)-recordHeader) {
			break
		}
		record := rest[recordHeader : recordHeader+length]
		if crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(rest[4:]) {
			return whole, errors.New("a record has another checksum")
		}
		whole += recordHeader + len(record)
	}
	return whole, nil
}
