package store

import (
	"bytes"
	"fmt"

	"github.com/krosyn/gateway/event"
)

const (
	// DefaultLimit is how many events a List gives where its Query does not say.
	DefaultLimit = 50

	// ScanLimit is how many events one List with a Search reads at most. A store may stop sooner, when they are large.
	ScanLimit = 2000
)

// Query selects events. The zero value selects all of them.
type Query struct {
	// Connector selects the events of one connector.
	Connector string
	// Status selects the events of one status.
	Status event.Status
	// Since and Until bound the ids: from Since on, and before Until. Zero is no bound.
	Since, Until event.ID
	// Before continues a list: it is the Next of the page before.
	Before event.ID
	// Search selects the events that have this text in their payload or errors, see Matcher.
	Search string
	// Limit is the length of a page; 0 is DefaultLimit.
	Limit int
}

// Page is one part of a list.
type Page struct {
	Events []event.Summary
	// More tells that the list goes on: ask again with Before set to Next. Without a Search there is then at least
	// one more event.
	More bool
	// Next is the cursor of the next page; zero without More.
	Next event.ID
	// ScanStopped tells that a search has read as many events as it may before the page was full. The page can be
	// empty and the list go on all the same.
	ScanStopped bool
}

// Normalize checks q, fills its defaults in, and folds Before into Until. Stores call it first.
func (q Query) Normalize() (Query, error) {
	if q.Status != "" && !q.Status.Valid() {
		return q, fmt.Errorf("list events: unknown status %q: it is one of %q", q.Status, event.Statuses)
	}
	if q.Limit < 0 {
		return q, fmt.Errorf("list events: limit %d is negative", q.Limit)
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if !q.Before.IsZero() && (q.Until.IsZero() || bytes.Compare(q.Before[:], q.Until[:]) < 0) {
		q.Until = q.Before
	}
	q.Before = event.ID{}
	return q, nil
}
