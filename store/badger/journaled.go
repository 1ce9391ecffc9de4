package badger

import (
	"encoding/binary"
	"errors"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/store/badger/journal"
)

// A record of the journal is one transaction: its version (1 byte), then its changes in their order. Each is what it is
// (1 byte) and the key; for one that is set also the meta byte, when it expires (uvarint) and the value. Key and value
// come after their lengths (uvarint). Values are whole, counters too, so that it does no harm to apply a record twice, as
// long as those after it follow.
const (
	changesVersion = 1

	changeSet    = 1
	changeRemove = 2

	// journalMargin is more than what a group takes in the journal beside what its operations say, in bytes: keys, and
	// the deletions of a sweep.
	journalMargin = 256 << 10
)

// journaled is a journal with the changes of the transaction that is being made. A nil one keeps nothing.
type journaled struct {
	*journal.Journal
	changes []byte
}

// reserve makes sure that a group of operations can be written.
func (j *journaled) reserve(group []*operation) error {
	if j == nil {
		return nil
	}
	bytes := journalMargin
	for _, op := range group {
		bytes += op.bytes + longestCountKey
	}
	return j.Reserve(bytes)
}

// begin forgets the changes of the transaction before.
func (j *journaled) begin() {
	if j != nil {
		j.changes = append(j.changes[:0], changesVersion)
	}
}

func (j *journaled) set(entry *badgerdb.Entry) {
	if j == nil {
		return
	}
	j.key(changeSet, entry.Key)
	j.changes = append(j.changes, entry.UserMeta)
	j.changes = binary.AppendUvarint(j.changes, entry.ExpiresAt)
	j.changes = binary.AppendUvarint(j.changes, uint64(len(entry.Value)))
	j.changes = append(j.changes, entry.Value...)
}

func (j *journaled) remove(key []byte) {
	if j != nil {
		j.key(changeRemove, key)
	}
}

func (j *journaled) key(change byte, key []byte) {
	j.changes = append(j.changes, change)
	j.changes = binary.AppendUvarint(j.changes, uint64(len(key)))
	j.changes = append(j.changes, key...)
}

// commit makes the changes durable.
func (j *journaled) commit() error {
	if j == nil || len(j.changes) <= 1 {
		return nil
	}
	return j.Append(j.changes)
}

// close ends the journal.
func (j *journaled) close() error {
	if j == nil {
		return nil
	}
	return j.Close()
}

var errChanges = errors.New("its changes are not as they were written")

// readChanges makes the changes of a record.
func readChanges(record []byte, set func(*badgerdb.Entry) error, remove func(key []byte) error) error {
	if len(record) == 0 || record[0] != changesVersion {
		return errors.New("it is of another version of the gateway")
	}
	for rest := record[1:]; len(rest) > 0; {
		change := rest[0]
		key, after, ok := readBytes(rest[1:])
		if !ok {
			return errChanges
		}
		rest = after
		switch change {
		case changeRemove:
			if err := remove(key); err != nil {
				return err
			}
		case changeSet:
			entry := &badgerdb.Entry{Key: key}
			if rest, ok = readEntry(rest, entry); !ok {
				return errChanges
			}
			if err := set(entry); err != nil {
				return err
			}
		default:
			return errChanges
		}
	}
	return nil
}

// readEntry reads what an entry has beside its key.
func readEntry(b []byte, entry *badgerdb.Entry) (rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	entry.UserMeta = b[0]
	expires, n := binary.Uvarint(b[1:])
	if n <= 0 {
		return nil, false
	}
	entry.ExpiresAt = expires
	entry.Value, rest, ok = readBytes(b[1+n:])
	return rest, ok
}

func readBytes(b []byte) (read, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	end := n + int(length)
	return b[n:end:end], b[end:], true
}
