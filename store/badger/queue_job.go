package badger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// header is a job without its payload, as the database has it: flags (1 byte), attempts (4), when it is due in
// milliseconds since 1970 (8), the connector with its length (1), and the key.
type header struct {
	id        event.ID
	connector string
	key       string
	due       time.Time
	attempt   int
	// leased tells that it was handed out, and that its holder has not given it back.
	leased bool
	// payload tells that there is one.
	payload bool
}

const (
	headerSize = 1 + 4 + 8 + 1

	flagLeased  = 1
	flagPayload = 2
)

func newHeader(job *store.Job) *header {
	return &header{
		id: job.ID, connector: job.Connector, key: job.Key, due: job.Due, payload: len(job.Payload) > 0,
	}
}

func (h *header) encode() []byte {
	flags := byte(0)
	if h.leased {
		flags |= flagLeased
	}
	if h.payload {
		flags |= flagPayload
	}
	value := make([]byte, 0, headerSize+len(h.connector)+len(h.key))
	value = append(value, flags)
	value = binary.BigEndian.AppendUint32(value, uint32(h.attempt))
	value = binary.BigEndian.AppendUint64(value, uint64(max(0, h.due.UnixMilli())))
	value = append(value, byte(len(h.connector)))
	value = append(value, h.connector...)
	return append(value, h.key...)
}

func parseHeader(id event.ID, value []byte) (*header, error) {
	if len(value) < headerSize || len(value) < headerSize+int(value[headerSize-1]) {
		return nil, errDamaged
	}
	key := headerSize + int(value[headerSize-1])
	return &header{
		id: id, leased: value[0]&flagLeased != 0, payload: value[0]&flagPayload != 0,
		attempt: int(binary.BigEndian.Uint32(value[1:])), due: time.UnixMilli(int64(binary.BigEndian.Uint64(value[5:]))),
		connector: string(value[headerSize:key]), key: string(value[key:]),
	}, nil
}

// write writes the job, beside its payload.
func (h *header) write(t *transaction) error {
	return t.set(badgerdb.NewEntry(jobKey(h.id), h.encode()))
}

// extent is what write writes.
func (h *header) extent() (entries, bytes int64) {
	return 1, int64(headerSize + len(h.connector) + len(h.key) + 1 + idSize)
}

// enqueued is a job to be added.
type enqueued struct {
	*header
	body []byte
}

func newEnqueued(job *store.Job) enqueued {
	// The caller may have left, and use its memory again, before this is written.
	return enqueued{newHeader(job), bytes.Clone(job.Payload)}
}

func (e enqueued) extent() (entries, bytes int64) {
	entries, bytes = e.header.extent()
	return entries + 1, bytes + inTree(e.body) + 1 + int64(idSize)
}

// known tells whether the job is there, or done.
func (e enqueued) known(t *transaction) (bool, error) {
	if _, there, err := t.get(jobKey(e.id)); err != nil || there {
		return there, err
	}
	item, there, err := t.get(eventKey(e.id))
	return there && item.UserMeta() != statusBytes[event.Pending], err
}

// add adds the job, which is not known.
func (e enqueued) add(t *transaction, schedule *schedule) error {
	if e.payload {
		if err := t.set(badgerdb.NewEntry(payloadKey(e.id), e.body)); err != nil {
			return err
		}
	}
	if err := e.write(t); err != nil {
		return err
	}
	t.afterwards(func() { schedule.add(e.header) })
	return nil
}

// settleExtent is what a settlement writes at most.
func settleExtent(acks, nacks int) (entries, bytes int64) {
	const longest = headerSize + 255 + 256 // a connector and a key
	return int64(2*acks + nacks), int64((2*acks+nacks)*(1+idSize) + nacks*longest)
}

// write writes the end of leases.
func (s *settlement) write(t *transaction, schedule *schedule) error {
	for _, j := range s.acked {
		if err := t.remove(jobKey(j.id)); err != nil {
			return err
		}
		if !j.payload {
			continue
		}
		if err := t.remove(payloadKey(j.id)); err != nil {
			return err
		}
	}
	for _, nack := range s.nacks {
		if err := nack.header.write(t); err != nil {
			return err
		}
	}
	t.afterwards(func() { schedule.finish(s) })
	return nil
}

// loadSchedule makes the schedule of the jobs that a database has.
func loadSchedule(db *badgerdb.DB) (*schedule, error) {
	s := newSchedule()
	err := db.View(func(txn *badgerdb.Txn) error {
		it := txn.NewIterator(badgerdb.IteratorOptions{Prefix: []byte{jobPrefix}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			id := idOf(it.Item().Key())
			err := it.Item().Value(func(value []byte) error {
				h, err := parseHeader(id, value)
				if err == nil {
					s.add(h)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("job %s: %w", id, err)
			}
		}
		return nil
	})
	return s, err
}
