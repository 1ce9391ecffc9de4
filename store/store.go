// Package store says what a store of events must do, whatever keeps them: the contracts, the questions and their
// answers, and the errors that callers decide on. Package storetest is the suite that every store passes.
//
// It knows neither a storage engine nor Caddy, and nothing of how an event comes about. Order is by event id
// everywhere: ids begin with the time of their event, so a cursor and a bound in time are ids, and both survive
// a restart and even a change of store.
package store

import (
	"context"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/event"
)

// Store keeps the events of a gateway. All its methods may be called at the same time, by any number of goroutines.
type Store interface {
	EventLog

	// Ready tells why new work must be refused: ErrClosed, or an error that is ErrUnavailable. It is meant to be
	// asked for every request, so it does no input or output.
	Ready(ctx context.Context) error

	// Stats measures the store.
	Stats(ctx context.Context) (Stats, error)

	// Close waits for the operations under way, each of which ends as it would have, and gives back what the store
	// holds. Every operation after it answers ErrClosed. Closing again waits for the first Close and gives its answer.
	Close() error
}

// EventLog keeps the record of every execution.
type EventLog interface {
	// Put writes events. When it returns nil they are durable and every later Get, List and Count sees them.
	//
	// The id decides: a pending record is replaced by a later Put of its id until that one is terminal. A terminal
	// record never changes: a Put of its id is ignored, and answered with nil, whatever it says. So a Put whose
	// outcome is not known can be repeated, and whoever finishes an event late cannot disturb who finished it first.
	//
	// A store may have a bound for the length of an event: of a longer one nothing is written, and the error is
	// ErrTooLarge. Otherwise each event is written whole or not at all; of several, some may be written when Put fails.
	// When ctx ends first, Put returns its error at once and the events may be written nevertheless. Put keeps no
	// reference to them.
	Put(ctx context.Context, events ...*event.Event) error

	// Get reads an event, with RetriedBy filled in. It sees every Put that returned before, and answers ErrNotFound
	// for an id that the store does not have.
	Get(ctx context.Context, id event.ID) (*event.Event, error)

	// List gives the summaries that query asks for, newest first: their ids are strictly descending.
	List(ctx context.Context, query Query) (Page, error)

	// Count says how many events a connector has in each status, or all connectors together where connector is empty.
	// Every status is in the answer. Its cost does not depend on how many events there are.
	Count(ctx context.Context, connector string) (map[event.Status]int64, error)
}

// Stats measures a store.
type Stats struct {
	// Engine names what keeps the events.
	Engine string
	// Bytes is the space that the store takes.
	Bytes int64
	// FreeBytes is the space that it could still take; negative where that cannot be known.
	FreeBytes int64
}

// Opener opens a store. It is what a Caddy module in the namespace `krosyn.stores` implements.
//
// A store outlives a configuration: it is shared by all that name the same Key, and opened by the first that needs it.
type Opener interface {
	// Key identifies what only one can hold: for files, the canonical absolute path.
	Key() string

	// Options describes everything else that Open depends on, without secrets. Two openers of one key whose options
	// differ cannot share the store.
	Options() string

	// Open opens the store.
	Open(logger *zap.Logger) (Store, error)
}
