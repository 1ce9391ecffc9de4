package badger

import (
	"bytes"
	"context"
	"io/fs"
	"path/filepath"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// kindsOfFiles are the files of a database by the ends of their names.
var kindsOfFiles = map[string]string{
	".vlog":    "values",  // events and payloads of jobs above valueThreshold
	".sst":     "tables",  // keys, summaries, and what is shorter
	".mem":     "memory",  // what is in no table yet
	".journal": "journal", // what is in no other file for certain yet
}

// Describe implements store.Describer.
func (d *database) Describe(ctx context.Context) (store.Description, error) {
	stats, err := d.Stats(ctx)
	if err != nil {
		return store.Description{}, err
	}
	description := store.Description{Stats: stats, MaxBytes: d.health.budget.bound}
	if description.Sizes, err = sizesOfFiles(d.path); err != nil {
		return description, err
	}
	err = d.view(func(txn *badgerdb.Txn) error {
		for _, status := range event.Statuses {
			it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: statusList(status)})
			if it.Rewind(); it.Valid() {
				id := idOf(it.Item().Key())
				if oldest := description.Oldest; oldest.IsZero() || bytes.Compare(id[:], oldest[:]) < 0 {
					description.Oldest = id
				}
			}
			it.Close()
		}
		return nil
	})
	return description, err
}

// sizesOfFiles is the space that each kind of file takes, in bytes.
func sizesOfFiles(path string) (map[string]int64, error) {
	sizes := make(map[string]int64)
	err := walkFiles(path, func(path string, info fs.FileInfo) {
		kind, known := kindsOfFiles[filepath.Ext(path)]
		if !known {
			kind = "other"
		}
		sizes[kind] += diskUsed(info)
	})
	return sizes, err
}

// Interface guard
var _ store.Describer = (*database)(nil)
