// Package audit remembers what was changed through the admin API: when, from where, what, and why. The newest entries
// are kept, as many as MaxEntries.
//
// It knows the store's state, and nothing of what the changes are.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// Entry is a change that was made.
type Entry struct {
	// ID orders entries by their time.
	ID event.ID   `json:"id"`
	At event.Time `json:"at"`
	// Remote is the address that asked for it.
	Remote string `json:"remote"`
	// User is who asked, where the request was authenticated.
	User   string `json:"user,omitempty"`
	Action Action `json:"action"`
	// Subject is what was changed, as a path below the API's own.
	Subject string `json:"subject"`
	// Before and After are what the change was from and to; null where that has no meaning. They never have secrets.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// Reason is what the header X-Krosyn-Reason said.
	Reason string `json:"reason,omitempty"`
}

// Action is a kind of change.
type Action string

// The kinds of change.
const (
	EventRetry       Action = "event.retry"
	EventsRetry      Action = "events.retry"
	JobCancel        Action = "job.cancel"
	ConnectorDisable Action = "connector.disable"
	ConnectorEnable  Action = "connector.enable"
	TokenCreate      Action = "token.create"
	TokenRevoke      Action = "token.revoke"
	BreakersReset    Action = "breakers.reset"
)

// Actions lists every kind of change.
var Actions = []Action{
	EventRetry, EventsRetry, JobCancel, ConnectorDisable, ConnectorEnable, TokenCreate, TokenRevoke, BreakersReset,
}

const (
	// MaxEntries is how many entries are kept; the oldest go.
	MaxEntries = 10_000
	// surplus is how many more there may be until the oldest are removed.
	surplus = 100
	// maxReason is the longest reason, and maxPart the longest Before or After, in bytes.
	maxReason = 500
	maxPart   = 4 << 10
	// keys is the prefix of the keys of entries; the entry's id follows.
	keys = "audit/"
)

// ErrNoState: the store keeps no audit.
var ErrNoState = errors.New("the store keeps no audit: configure one that does, such as badger")

// Log has the entries of a store. It holds nothing but their number.
type Log struct {
	open func() (store.Store, error)

	// mu is held while entries are written and removed.
	mu      sync.Mutex
	counted bool
	entries int
}

// New makes the log of a store, which is opened when it is needed.
func New(open func() (store.Store, error)) *Log { return &Log{open: open} }

// Add writes an entry, and gives it its id and time. It is durable when Add returns.
func (l *Log) Add(ctx context.Context, e *Entry) error {
	state, err := l.state()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = event.NewID()
	e.At = event.At(time.Now())
	e.Reason = clean(e.Reason)
	e.Before, e.After = bounded(e.Before), bounded(e.After)
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := state.Create(ctx, keys+e.ID.String(), text, 0); err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	return l.trim(ctx, state)
}

// trim counts an entry, and removes the oldest where there are too many.
func (l *Log) trim(ctx context.Context, state store.State) error {
	if !l.counted {
		all, err := state.Scan(ctx, keys, 2*MaxEntries)
		if err != nil {
			return fmt.Errorf("counting the audit entries: %w", err)
		}
		l.counted, l.entries = true, len(all)-1
	}
	if l.entries++; l.entries < MaxEntries+surplus {
		return nil
	}
	oldest, err := state.Scan(ctx, keys, l.entries-MaxEntries)
	if err != nil {
		return fmt.Errorf("reading the oldest audit entries: %w", err)
	}
	for _, entry := range oldest {
		if err := state.Delete(ctx, entry.Key, entry.Revision); err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("removing an old audit entry: %w", err)
		}
		l.entries--
	}
	return nil
}

// Query selects entries. The zero value selects all.
type Query struct {
	// Action selects those of one kind.
	Action Action
	// Since and Until bound the ids: from Since on, and before Until. Zero is no bound.
	Since, Until event.ID
	// Before continues a list: it is the last entry of the page before.
	Before event.ID
	// Limit is the length of a page; 0 is all there are.
	Limit int
}

// List gives entries, newest first, and tells whether there are more.
func (l *Log) List(ctx context.Context, q Query) (entries []Entry, more bool, err error) {
	state, err := l.state()
	if err != nil {
		return nil, false, err
	}
	all, err := state.Scan(ctx, keys, 2*MaxEntries)
	if err != nil {
		return nil, false, fmt.Errorf("reading the audit: %w", err)
	}
	entries = []Entry{}
	for _, kept := range slices.Backward(all) {
		id, err := event.ParseID(strings.TrimPrefix(kept.Key, keys))
		if err != nil || !q.selects(id) {
			continue
		}
		var e Entry
		if err := json.Unmarshal(kept.Value, &e); err != nil {
			return nil, false, fmt.Errorf("the audit entry %q is damaged: %w", kept.Key, err)
		}
		if q.Action != "" && q.Action != e.Action {
			continue
		}
		if q.Limit > 0 && len(entries) == q.Limit {
			return entries, true, nil
		}
		entries = append(entries, e)
	}
	return entries, false, nil
}

func (q *Query) selects(id event.ID) bool {
	before := func(bound event.ID) bool { return bound.IsZero() || bytes.Compare(id[:], bound[:]) < 0 }
	return bytes.Compare(id[:], q.Since[:]) >= 0 && before(q.Until) && before(q.Before)
}

// state is where the store keeps the audit, or ErrNoState.
func (l *Log) state() (store.State, error) { return store.StateOf(l.open, ErrNoState) }

// clean makes one line of a reason, and cuts what is too long.
func clean(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, reason)
	if len(reason) <= maxReason {
		return strings.TrimSpace(reason)
	}
	end := maxReason
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return strings.TrimSpace(reason[:end]) + "…"
}

// bounded is a part of an entry, unless it is too long.
func bounded(part json.RawMessage) json.RawMessage {
	if len(part) > maxPart {
		return json.RawMessage(`"too long to be kept"`)
	}
	return part
}
