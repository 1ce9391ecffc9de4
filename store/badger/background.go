package badger

import (
	"bytes"
	"os"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// tableFiles lists the tables of a database, with the length of its file as the OnDiskSize of each: Badger counts what
// is in the value log there, too.
func tableFiles(db *badgerdb.DB) []badgerdb.TableInfo {
	tables := db.Tables()
	for i := range tables {
		tables[i].OnDiskSize = 0
		// It may have been merged into another by now.
		if info, err := os.Stat(table.NewFilename(tables[i].ID, db.Opts().Dir)); err == nil {
			tables[i].OnDiskSize = uint32(info.Size())
		}
	}
	return tables
}

// backgroundSpace is how much disk space Badger may take for a while by itself, in bytes: it writes what it has in
// memory to tables, and merges tables into new ones before it deletes the old. It does so whether there is space or
// not.
//
// Two mergers run at a time. One takes the tables of level 0, with the level they go to; the other, or both, take a
// table of any level with those of the next level whose keys it overlaps.
func backgroundSpace(tables []badgerdb.TableInfo) int64 {
	levels := make(map[int][]badgerdb.TableInfo)
	for _, table := range tables {
		levels[table.Level] = append(levels[table.Level], table)
	}
	var first int64 // level 0, with the level that it goes to
	for _, table := range levels[0] {
		first += int64(table.OnDiskSize)
	}
	var other int64 // the largest merge of another level
	base := false
	for level := 1; level < maxLevels; level++ {
		size := int64(0)
		for _, table := range levels[level] {
			size += int64(table.OnDiskSize)
			if merge := int64(table.OnDiskSize) + overlap(table, levels[level+1]); level < maxLevels-1 {
				other = max(other, merge)
			}
		}
		if !base && size > 0 {
			// The last level grows without bound; level 0 goes there only while it is small.
			if base = true; level == maxLevels-1 {
				size = min(size, 2*baseLevelSize)
			}
			first += size
		}
	}
	const unwritten = 2 * memTableSize
	return unwritten + max(first+other, 2*other)
}

// overlap is the size of the tables that have keys in the range of a table, in bytes.
func overlap(table badgerdb.TableInfo, next []badgerdb.TableInfo) int64 {
	size := int64(0)
	for _, other := range next {
		if bytes.Compare(other.Left, table.Right) <= 0 && bytes.Compare(table.Left, other.Right) <= 0 {
			size += int64(other.OnDiskSize)
		}
	}
	return size
}
