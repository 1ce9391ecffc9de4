package badger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// maxEvent is the longest JSON of an event that the database takes, in bytes: Badger refuses a value longer than a file
// of the value log.
const maxEvent = valueLogSize

// record is an event ready to be written. It is encoded by its own goroutine, not by the writer, which all wait for.
type record struct {
	id        event.ID
	status    event.Status
	connector string
	retryOf   *event.ID
	// encoded and summary are in one buffer, see buffers.
	encoded []byte
	summary []byte
}

// buffers are those of records that were written, for the next ones: they are a sixth of the memory that a request
// takes. Longer ones than longestBuffer are not kept.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const longestBuffer = 64 << 10

// free gives the buffer of a record back, which the journal and the database have copied.
func (r *record) free() {
	if buffer := r.encoded[:0:cap(r.encoded)]; cap(buffer) <= longestBuffer {
		buffers.Put(&buffer)
	}
	r.encoded, r.summary = nil, nil
}

// Put implements store.EventLog.
func (d *database) Put(ctx context.Context, events ...*event.Event) error {
	if err := d.lifetime.enter(); err != nil {
		return err
	}
	defer d.lifetime.leave()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put events: %w", context.Cause(ctx))
	}
	if len(events) == 0 {
		return nil
	}
	records := make([]*record, len(events))
	bytes := 0
	for i, e := range events {
		r, err := newRecord(e)
		if err != nil {
			return fmt.Errorf("put event: %w", err)
		}
		records[i] = r
		bytes += len(r.encoded) + len(r.summary)
	}
	return d.writer.do(&operation{ctx: ctx, bytes: bytes, apply: func(t *transaction) error {
		for _, r := range records {
			if err := r.write(t); err != nil {
				return fmt.Errorf("put event %s: %w", r.id, err)
			}
		}
		return nil
	}, written: func() { freeAll(records) }})
}

func freeAll(records []*record) {
	for _, r := range records {
		r.free()
	}
}

func newRecord(e *event.Event) (*record, error) {
	if err := store.Check(e); err != nil {
		return nil, err
	}
	const usualSummary = 128
	own := *e.Compact()
	own.RetriedBy = nil
	buffer := *buffers.Get().(*[]byte)
	buffer = own.AppendJSON(slices.Grow(buffer, sizeOf(&own)+usualSummary))
	length := len(buffer)
	if length > maxEvent {
		return nil, fmt.Errorf("%w: event %s has %s of JSON, and the store takes %s: lower max_body or capture_body",
			store.ErrTooLarge, e.ID, humanSize(int64(length)), humanSize(maxEvent))
	}
	summary := e.Summary()
	buffer = appendSummary(buffer, &summary)
	return &record{
		id: e.ID, status: e.Status, connector: e.Connector, retryOf: e.RetryOf,
		encoded: buffer[:length], summary: buffer[length:],
	}, nil
}

// sizeOf is about the length of an event's JSON, in bytes: ids, names and times take some 600.
func sizeOf(e *event.Event) int {
	size := 768 + len(e.Payload) + len(e.Processed)
	if e.Request != nil {
		size += len(e.Request.Path) + len(e.Request.Query) + len(e.Request.Body) + sizeOfHeader(e.Request.Headers)
	}
	if e.Outbound != nil {
		size += len(e.Outbound.URL) + len(e.Outbound.Body) + sizeOfHeader(e.Outbound.Headers)
	}
	if e.Response != nil {
		size += len(e.Response.Body) + sizeOfHeader(e.Response.Headers)
	}
	return size
}

func sizeOfHeader(header http.Header) int {
	const punctuation = len(`"":[""],`)
	size := 0
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value) + punctuation
		}
	}
	return size
}

// write adds the event with its index, unless it is there and terminal.
func (r *record) write(t *transaction) error {
	if err := t.room(r.extent()); err != nil {
		return err
	}
	old, err := r.find(t)
	if err != nil {
		return err
	}
	return r.replace(t, old)
}

// extent is what the event writes at most: up to four entries of its own and three to be removed.
func (r *record) extent() (entries, bytes int64) {
	return 7, inTree(r.encoded) + inTree(r.summary) + 7*int64(len(r.connector)+2*idSize)
}

// found is what there is of the event that a record is to be.
type found struct {
	// terminal tells that it never changes any more.
	terminal bool
	// pending is its index otherwise; nil is that there is none.
	pending *indexed
}

func (r *record) find(t *transaction) (found, error) {
	if t.known.isNew(r.id) {
		t.known.add(r.id)
		return found{}, nil
	}
	item, there, err := t.get(eventKey(r.id))
	if err != nil || !there {
		return found{}, err
	}
	if item.UserMeta() != statusBytes[event.Pending] {
		return found{terminal: true}, nil
	}
	pending, err := readIndexed(t, r.id, event.Pending)
	return found{pending: &pending}, err
}

// replace writes the event over what there is.
func (r *record) replace(t *transaction, old found) error {
	if old.terminal {
		return nil
	}
	if old.pending != nil {
		if err := old.pending.remove(t); err != nil {
			return err
		}
	}
	if err := t.set(badgerdb.NewEntry(eventKey(r.id), r.encoded).WithMeta(statusBytes[r.status])); err != nil {
		return err
	}
	if err := t.set(badgerdb.NewEntry(listed(statusList(r.status), r.id), r.summary)); err != nil {
		return err
	}
	if err := t.set(badgerdb.NewEntry(listed(connectorList(r.connector, r.status), r.id), nil)); err != nil {
		return err
	}
	if r.retryOf != nil {
		if err := t.set(badgerdb.NewEntry(listed(retryList(*r.retryOf), r.id), nil)); err != nil {
			return err
		}
	}
	t.count(counter{r.connector, r.status}, 1)
	return nil
}

// inTree is how much of a value goes into the tree of keys, see valueThreshold.
func inTree(value []byte) int64 { return int64(min(len(value), valueThreshold)) }

// indexed is what the index of an event depends on.
type indexed struct {
	id        event.ID
	status    event.Status
	connector string
	retryOf   *event.ID
}

// readIndexed reads what the index of an event of that status depends on.
func readIndexed(t *transaction, id event.ID, status event.Status) (indexed, error) {
	item, found, err := t.get(listed(statusList(status), id))
	if err != nil {
		return indexed{}, err
	}
	if !found {
		return indexed{}, errors.New("the event is there and its index is not: the database is damaged")
	}
	summary, err := readSummary(item)
	return indexed{id, status, summary.Connector, summary.RetryOf}, err
}

// remove takes an event out of the index.
func (x indexed) remove(t *transaction) error {
	if err := t.remove(listed(statusList(x.status), x.id)); err != nil {
		return err
	}
	if err := t.remove(listed(connectorList(x.connector, x.status), x.id)); err != nil {
		return err
	}
	if x.retryOf != nil {
		if err := t.remove(listed(retryList(*x.retryOf), x.id)); err != nil {
			return err
		}
	}
	t.count(counter{x.connector, x.status}, -1)
	return nil
}
