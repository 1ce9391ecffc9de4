package badger

import (
	"encoding/binary"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store"
)

// keptHeader is what the value of an entry begins with: its revision and its end.
const keptHeader = 8 + 8

// kept is an entry of State as the database has it.
type kept struct {
	revision uint64
	// end is when the entry ends, in milliseconds since 1970; 0 is never.
	end int64
	// encoded is the header, and the value that the caller gave.
	encoded []byte
}

// newKept makes an entry without revision and end, which the writer decides on.
func newKept(value []byte) *kept {
	return &kept{encoded: append(make([]byte, keptHeader, keptHeader+len(value)), value...)}
}

// seal fills the header in.
func (k *kept) seal(revision uint64, end int64) {
	k.revision, k.end = revision, end
	binary.BigEndian.PutUint64(k.encoded, revision)
	binary.BigEndian.PutUint64(k.encoded[8:], uint64(end))
}

func readKept(item *badgerdb.Item) (*kept, error) {
	encoded, err := item.ValueCopy(nil)
	if err != nil {
		return nil, err
	}
	return parseKept(encoded)
}

func parseKept(encoded []byte) (*kept, error) {
	if len(encoded) < keptHeader {
		return nil, errDamaged
	}
	return &kept{
		revision: binary.BigEndian.Uint64(encoded), end: int64(binary.BigEndian.Uint64(encoded[8:])), encoded: encoded,
	}, nil
}

// entry is what the caller gets: the memory is his, for the database holds none of it when the writer has answered.
func (k *kept) entry(key string) store.Entry {
	entry := store.Entry{Key: key, Value: k.encoded[keptHeader:], Revision: k.revision}
	if k.end != 0 {
		entry.ExpiresAt = time.UnixMilli(k.end).UTC()
	}
	return entry
}

// ended tells whether the entry is as good as absent.
func (k *kept) ended(now time.Time) bool { return ended(k.end, now) }

func ended(end int64, now time.Time) bool { return end != 0 && now.UnixMilli() >= end }

// is tells whether there is an entry, and of this revision.
func (k *kept) is(revision uint64, now time.Time) bool {
	return k != nil && k.revision == revision && !k.ended(now)
}

// endAfter is the end of an entry that has so long to live.
func endAfter(now time.Time, ttl time.Duration) int64 {
	if ttl == 0 {
		return 0
	}
	return endAt(now.Add(ttl))
}

// endAt is the end of an entry that ends at t: no earlier, and less than a millisecond later. Every time that is gone
// is the same, for 0 is never.
func endAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Add(time.Millisecond-1).UnixMilli())
}
