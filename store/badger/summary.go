package badger

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
)

// A summary in the index is its version (1 byte), flags (1), when the event was received in milliseconds since 1970 (8),
// how long it took in milliseconds (8, a float), the status code of the answer (uvarint), the id of the original where it
// is a retry (16), then texts after their lengths (uvarint): connector, endpoint and, where it failed, step, code, message
// and detail. Id and status are in the key. Numbers are big endian.
//
// That is a sixth of its JSON, which is read, too: gateways of before wrote it.
const (
	summaryVersion = 1

	summaryRetry  = 1
	summaryFailed = 2
)

func appendSummary(b []byte, s *event.Summary) []byte {
	flags := byte(0)
	if s.RetryOf != nil {
		flags |= summaryRetry
	}
	if s.Error != nil {
		flags |= summaryFailed
	}
	b = append(b, summaryVersion, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(s.ReceivedAt.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(s.DurationMS))
	b = binary.AppendUvarint(b, uint64(s.ResponseStatus))
	if s.RetryOf != nil {
		b = append(b, s.RetryOf[:]...)
	}
	b = appendText(appendText(b, s.Connector), s.Endpoint)
	if e := s.Error; e != nil {
		b = appendText(appendText(b, string(e.Step)), string(e.Code))
		b = appendText(appendText(b, e.Message), e.Detail)
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// readSummary reads what an item of the list of a status has.
func readSummary(item *badgerdb.Item) (summary event.Summary, err error) {
	err = readValue(item, func(value []byte) (err error) {
		if value[0] == '{' {
			return json.Unmarshal(value, &summary)
		}
		summary, err = parseSummary(value)
		return err
	})
	key := item.Key()
	summary.ID, summary.Status = idOf(key), statusOfByte[key[1]]
	return summary, err
}

// parseSummary reads what appendSummary wrote.
func parseSummary(value []byte) (s event.Summary, err error) {
	const fixed = 1 + 1 + 8 + 8
	if len(value) < fixed || value[0] != summaryVersion {
		return s, errDamaged
	}
	flags := value[1]
	s.ReceivedAt = event.At(time.UnixMilli(int64(binary.BigEndian.Uint64(value[2:]))))
	s.DurationMS = math.Float64frombits(binary.BigEndian.Uint64(value[10:]))
	status, n := binary.Uvarint(value[fixed:])
	if n <= 0 {
		return s, errDamaged
	}
	s.ResponseStatus = int(status)
	rest := value[fixed+n:]
	if flags&summaryRetry != 0 {
		if len(rest) < idSize {
			return s, errDamaged
		}
		original := event.ID(rest)
		s.RetryOf, rest = &original, rest[idSize:]
	}
	texts := []*string{&s.Connector, &s.Endpoint}
	if flags&summaryFailed != 0 {
		s.Error = new(event.Error)
		texts = append(texts, (*string)(&s.Error.Step), (*string)(&s.Error.Code), &s.Error.Message, &s.Error.Detail)
	}
	for _, text := range texts {
		read, after, ok := readBytes(rest)
		if !ok {
			return s, errDamaged
		}
		*text, rest = string(read), after
	}
	return s, nil
}
