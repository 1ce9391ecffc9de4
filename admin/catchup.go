package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

const (
	// lookback is how long before the last event that a reader has seen others may have been accepted that finished after
	// it. The longest schedule of redeliveries in the documentation takes 28 hours.
	lookback = 48 * time.Hour
	// slack is by how much two events may have become durable in another order than that in which they finished.
	slack = 10 * time.Second
	// maxCaughtUp and maxRead bound how many events a reader who comes back is sent from the store, and how many are read
	// for it.
	maxCaughtUp = 10_000
	maxRead     = 200_000
	// catchUpPage is how many events are read at a time.
	catchUpPage = 500
)

// gap tells a reader that he does not get everything.
type gap struct {
	// Since is from when on he has everything that was accepted.
	Since event.Time `json:"since"`
}

func (g *gap) message() []byte {
	text, _ := json.Marshal(struct {
		Message string `json:"message"`
		*gap
	}{"Too many events to catch up with: those accepted before `since` are in the list alone", g})
	return fmt.Appendf(nil, "event: gap\ndata: %s\n\n", text)
}

// catchUp reads from the store what a reader has missed whose last event the process does not remember, because it was
// started since or because too many events have finished. It finds them by when they finished, which the store has to
// the millisecond and by a clock that can be set, so those that finished in the ten seconds before his last event come
// again; an event that took longer than two days may be missing. A new reader gets what was accepted from `since` on.
func (s *stream) catchUp(ctx context.Context) ([]event.Summary, *gap, error) {
	query := s.query
	query.Limit = catchUpPage
	var after time.Time
	switch {
	case !s.after.IsZero():
		seen, err := s.lastSeen(ctx)
		if err != nil {
			return nil, nil, err
		}
		after = seen.Add(-slack)
		query.Since = event.FirstIDAt(seen.Add(-lookback))
	case query.Since.IsZero():
		return nil, nil, nil
	}
	var missed []event.Summary
	for read := 0; ; {
		page, err := s.events.List(ctx, query)
		if err != nil {
			return nil, nil, err
		}
		for _, summary := range page.Events {
			if summary.Status.Terminal() && summary.ID != s.after && !finishedAt(&summary).Before(after) {
				missed = append(missed, summary)
				s.sent[summary.ID] = true
			}
		}
		if !page.More {
			return inOrder(missed), nil, nil
		}
		read += max(len(page.Events), 1)
		if page.ScanStopped {
			read += store.ScanLimit
		}
		if read >= maxRead || len(missed) >= maxCaughtUp {
			return inOrder(missed), &gap{event.At(page.Next.Time())}, nil
		}
		query.Before = page.Next
	}
}

// lastSeen is when the reader's last event finished. Of one that the store has no more, all that is known is when it
// was accepted.
func (s *stream) lastSeen(ctx context.Context) (time.Time, error) {
	e, err := s.events.Get(ctx, s.after)
	if errors.Is(err, store.ErrNotFound) {
		return s.after.Time(), nil
	}
	if err != nil {
		return time.Time{}, err
	}
	summary := e.Summary()
	return finishedAt(&summary), nil
}

func finishedAt(s *event.Summary) time.Time {
	return s.ReceivedAt.Add(time.Duration(s.DurationMS * float64(time.Millisecond)))
}

// inOrder sorts events by when they finished.
func inOrder(events []event.Summary) []event.Summary {
	slices.SortFunc(events, func(a, b event.Summary) int {
		return cmp.Or(finishedAt(&a).Compare(finishedAt(&b)), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return events
}
