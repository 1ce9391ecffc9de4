package badger

import (
	"os"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/krosyn/gateway/store/badger/journal"
)

// The figures below were measured with BenchmarkPut (64 writers, events of 2 KB) on two cores and ext4.
const (
	// memTableSize is what Badger keeps in memory before it writes a table, in bytes. Only keys and summaries go there.
	// More costs memory (16 MiB: a third more) and gives no speed, because the sync is
	// what takes the time; and it is the unit in which space is needed in the background, which must stay
	// small beside min_free.
	memTableSize = 8 << 20

	// valueThreshold is the size from which a value is kept in the value log, beside the tree of keys, in bytes. With
	// whole events in the tree the rate is the same at 2 KB and lower above, memory is three times as much, and space
	// comes back only when all of it is written anew.
	valueThreshold = 1 << 10

	// valueLogSize is the length of a file of the value log, in bytes. Badger maps twice that; where it syncs the map for
	// each transaction, the kernel writes 15.6 KB for an event of 2 KB in one of 128 MiB, in one of 32 MiB 2.8 KB.
	valueLogSize = 16 << 20

	// baseLevelSize is the size of the level to which fresh tables go, in bytes, and maxLevels the number of levels,
	// which is Badger's default.
	baseLevelSize = 16 << 20
	maxLevels     = 7

	// tableSize is the length of a table, in bytes, and levelGrowth how many times as large a level is as the one before.
	// Badger merges a table with those of the next level whose keys it overlaps, and has a goroutine for each three of
	// them, up to five, that leaves a processor to nobody for 10 ms at a time. With few long tables there are one or two:
	// half of all writes took 14 ms or more while tables were merged (two cores, a million events), and take 1 ms now.
	// Longer ones take memory: ten may be made at a time, of which each has twice its length. With 8 MiB the process had
	// 316 MB at most, at 4,000 requests a second and a retention of a minute, and has 277 MB.
	tableSize   = 4 << 20
	levelGrowth = 2

	// formatVersion is in the manifest: Badger refuses a directory that another program, or another layout of the keys,
	// has made.
	formatVersion = 0x4b01
)

// config is what a database is opened with, see Badger for what it means.
type config struct {
	path          string
	sync          bool
	retention     time.Duration
	maxSize       int64
	minFree       int64
	encryptionKey []byte
	// previousKey is the encryption key before, see rotateKey.
	previousKey []byte
	// syncFile is what syncs a file of the journal; nil is the operating system's.
	syncFile func(*os.File) error
}

func (c config) options(log *logger) badgerdb.Options {
	o := badgerdb.DefaultOptions(c.path)
	o.Logger = log
	// With a journal Badger need not sync, which it does twice for each transaction, by its maps: that is more than half
	// of what the store takes of a processor for an event, and several times the journal's one sync in place.
	o.SyncWrites = c.sync && !journal.Supported
	o.EncryptionKey = c.encryptionKey
	o.ExternalMagicVersion = formatVersion

	o.MemTableSize = memTableSize
	o.NumMemtables = 3
	o.ValueThreshold = valueThreshold
	o.ValueLogFileSize = valueLogSize
	o.BaseLevelSize = baseLevelSize
	o.MaxLevels = maxLevels
	o.BaseTableSize = tableSize
	o.TableSizeMultiplier = 1
	o.LevelSizeMultiplier = levelGrowth
	o.BlockCacheSize = 8 << 20
	o.IndexCacheSize = 16 << 20
	// Badger takes two at least; there is nothing for more to do.
	o.NumCompactors = 2

	// One goroutine writes, so there are no conflicts to look for.
	o.DetectConflicts = false
	// A damaged block or value is an error, and never another event.
	o.VerifyValueChecksum = true
	o.ChecksumVerificationMode = options.OnBlockRead
	// They would be variables of the whole process, named after the directory.
	o.MetricsEnabled = false
	return o
}
