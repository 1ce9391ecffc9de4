package badger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// The first byte of a key says what it leads to. What is written here is on disk: it can be added to, never changed.
//
//	e id                          the event's JSON; the entry's user meta is the status
//	s status id                   the event's summary, see appendSummary: lists of everything and of one status
//	c connector 0 status id       nothing: lists of one connector
//	r id of the original, id      nothing: the events that repeat another
//	n connector 0 status          how many events there are, 8 bytes
//	p 2 bytes                     zeros, see maintenance.pad
//	k key                         an entry of State, see kept
//	x end key                     nothing: the entries of State that end, by that time in milliseconds, 8 bytes
//	j id                          a job of Queue, see header
//	w id                          the job's payload, where it has one
//	b                             the last revision in State and the number of its entries, 8 bytes each
//
// Numbers are big endian.
//
// Ids are in binary, so the keys of a prefix are in the order of time. A list of several statuses merges theirs, which
// spares the write of an index without the status.
const (
	eventPrefix     = 'e'
	statusPrefix    = 's'
	connectorPrefix = 'c'
	retryPrefix     = 'r'
	countPrefix     = 'n'
	paddingPrefix   = 'p'
	statePrefix     = 'k'
	endPrefix       = 'x'
	bookPrefix      = 'b'
	jobPrefix       = 'j'
	payloadPrefix   = 'w'
)

// storedPrefixes are those of what a backup has: the padding is of no use to anybody.
const storedPrefixes = "escrnkbxjw"

const idSize = len(event.ID{})

// statusBytes are the statuses in keys.
var statusBytes = map[event.Status]byte{event.Completed: 1, event.Skipped: 2, event.Failed: 3, event.Pending: 4}

var statusOfByte = func() map[byte]event.Status {
	statuses := make(map[byte]event.Status, len(statusBytes))
	for status, b := range statusBytes {
		statuses[b] = status
	}
	return statuses
}()

func eventKey(id event.ID) []byte { return append([]byte{eventPrefix}, id[:]...) }

// statusList is the prefix of the keys that list a status.
func statusList(status event.Status) []byte { return []byte{statusPrefix, statusBytes[status]} }

// connectorList is the prefix of the keys that list a status of a connector.
func connectorList(connector string, status event.Status) []byte {
	key := make([]byte, 0, len(connector)+3+idSize)
	key = append(key, connectorPrefix)
	key = append(key, connector...)
	return append(key, 0, statusBytes[status])
}

// retryList is the prefix of the keys that list the retries of an event.
func retryList(original event.ID) []byte {
	key := make([]byte, 0, 1+2*idSize)
	key = append(key, retryPrefix)
	return append(key, original[:]...)
}

// listed is the key of an id in a list.
func listed(list []byte, id event.ID) []byte { return append(list, id[:]...) }

// idOf is the id at the end of a key of a list. A key that is too short has none.
func idOf(key []byte) event.ID {
	if len(key) < idSize {
		return event.ID{}
	}
	return event.ID(key[len(key)-idSize:])
}

func countKey(connector string, status event.Status) []byte {
	key := make([]byte, 0, len(connector)+3)
	key = append(key, countPrefix)
	key = append(key, connector...)
	return append(key, 0, statusBytes[status])
}

func parseCount(key, value []byte) (connector string, status event.Status, count int64, err error) {
	if len(value) != 8 {
		return "", "", 0, fmt.Errorf("the counter %q = %q is damaged", key, value)
	}
	connector, status, err = parseCountKey(key)
	return connector, status, int64(binary.BigEndian.Uint64(value)), err
}

func parseCountKey(key []byte) (connector string, status event.Status, err error) {
	if len(key) < 3 || key[len(key)-2] != 0 {
		return "", "", fmt.Errorf("the key %q of a counter is damaged", key)
	}
	status, ok := statusOfByte[key[len(key)-1]]
	if !ok {
		return "", "", fmt.Errorf("the counter %q has an unknown status", key)
	}
	return string(key[1 : len(key)-2]), status, nil
}

func stateKey(key string) []byte { return append([]byte{statePrefix}, key...) }

// endKey is the place of an entry of State in the index of those that end.
func endKey(end int64, key string) []byte {
	place := make([]byte, 0, 1+8+len(key))
	place = append(place, endPrefix)
	place = binary.BigEndian.AppendUint64(place, uint64(end))
	return append(place, key...)
}

func parseEndKey(place []byte) (end int64, key string, err error) {
	if len(place) < 1+8 {
		return 0, "", fmt.Errorf("the key %q is damaged", place)
	}
	return int64(binary.BigEndian.Uint64(place[1:])), string(place[1+8:]), nil
}

func jobKey(id event.ID) []byte { return append([]byte{jobPrefix}, id[:]...) }

func payloadKey(id event.ID) []byte { return append([]byte{payloadPrefix}, id[:]...) }

var bookKey = []byte{bookPrefix}

// checkKey tells why a backup cannot have a key.
func checkKey(key []byte) error {
	if len(key) == 0 || strings.IndexByte(storedPrefixes, key[0]) < 0 {
		return fmt.Errorf("the key %.20q, which this version of the gateway does not know", key)
	}
	if !wellFormed(key) {
		return fmt.Errorf("the key %.40q, which no gateway writes", key)
	}
	return nil
}

// wellFormed tells whether a key of a known prefix is made as those functions make it.
func wellFormed(key []byte) bool {
	switch rest := key[1:]; key[0] {
	case eventPrefix, jobPrefix, payloadPrefix:
		return len(rest) == idSize
	case statusPrefix:
		return len(rest) == 1+idSize && statusOfByte[rest[0]] != ""
	case connectorPrefix:
		return len(rest) > idSize && countable(key[:len(key)-idSize])
	case countPrefix:
		return countable(key)
	case retryPrefix:
		return len(rest) == 2*idSize
	case statePrefix:
		return store.CheckEntry(string(rest), nil, 0) == nil
	case endPrefix:
		_, entry, err := parseEndKey(key)
		return err == nil && store.CheckEntry(entry, nil, 0) == nil
	default:
		return bytes.Equal(key, bookKey)
	}
}

// countable tells whether what follows a prefix is a connector and a status.
func countable(key []byte) bool {
	connector, _, err := parseCountKey(key)
	return err == nil && connector != "" && len(connector) <= store.MaxConnector && strings.IndexByte(connector, 0) < 0
}
