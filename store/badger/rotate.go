package badger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// encryptionKeys are the key in force and the one before it, where there is one: what is written is encrypted with the
// first, what is read may still be with the second. None is no encryption.
func (c config) encryptionKeys() [][]byte {
	var keys [][]byte
	for _, key := range [][]byte{c.encryptionKey, c.previousKey} {
		if len(key) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// rotateKey puts a store that was made with the previous key under the one in force. Only the registry of Badger's own
// keys is encrypted with it, and that is written anew: after a crash it is the old one or the new one.
func rotateKey(config config) error {
	if len(config.previousKey) == 0 {
		return nil
	}
	path := filepath.Join(config.path, badgerdb.KeyRegistryFileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil // it is a new store
	}
	unlock, err := lockDirectory(config.path)
	if err != nil {
		return nil // Badger, which cannot have it either, says who has it
	}
	defer unlock()
	_, err = readRegistry(config.path, config.encryptionKey)
	if !errors.Is(err, badgerdb.ErrEncryptionKeyMismatch) {
		return describeRegistry(path, err)
	}
	registry, err := readRegistry(config.path, config.previousKey)
	if err != nil {
		return describeRegistry(path, err)
	}
	options := registryOptions(config.path, config.encryptionKey)
	return describeRegistry(path, badgerdb.WriteKeyRegistry(registry, options))
}

func readRegistry(path string, key []byte) (*badgerdb.KeyRegistry, error) {
	options := registryOptions(path, key)
	options.ReadOnly = true
	return badgerdb.OpenKeyRegistry(options)
}

func registryOptions(path string, key []byte) badgerdb.KeyRegistryOptions {
	return badgerdb.KeyRegistryOptions{Dir: path, EncryptionKey: key}
}

func describeRegistry(path string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
