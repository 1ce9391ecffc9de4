package store

import "errors"

var (
	// ErrNotFound: the store has no event of that id, or no entry of that key.
	ErrNotFound = errors.New("not found in the store")

	// ErrClosed: the store was closed before the operation began.
	ErrClosed = errors.New("store is closed")

	// ErrTooLarge: an event is more than the store takes, however often it is tried.
	ErrTooLarge = errors.New("event is too large for the store")

	// ErrUnavailable: the store takes nothing new for now. The error is an *Unavailable, which says why.
	ErrUnavailable = errors.New("store unavailable")
)

// Unavailable is why a store takes nothing new.
type Unavailable struct {
	// Cause is what happened, naming the place.
	Cause error
	// Remedy is what the operator can do, as an imperative.
	Remedy string
}

func (e *Unavailable) Error() string {
	return ErrUnavailable.Error() + ": " + e.Cause.Error() + ": " + e.Remedy
}

// Unwrap makes errors.Is find both ErrUnavailable and the cause.
func (e *Unavailable) Unwrap() []error { return []error{ErrUnavailable, e.Cause} }
