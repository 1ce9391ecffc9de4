package bulk

import (
	"context"
	"errors"
	"slices"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// pageLength is how many summaries are read at a time.
const pageLength = 500

// find gives the selected events in the order in which they were accepted.
func (s Selection) find(ctx context.Context, events store.EventLog) ([]event.ID, error) {
	limit := s.Limit
	if limit == 0 {
		limit = MaxEvents
	}
	query := store.Query{
		Connector: s.Connector, Status: event.Failed, Since: s.Since, Until: s.Until, Limit: pageLength,
	}
	var found []event.ID
	for len(found) < limit {
		page, err := events.List(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, summary := range page.Events {
			if len(found) == limit || !s.has(summary) {
				continue
			}
			retried, err := wasRetried(ctx, events, summary.ID)
			if err != nil {
				return nil, err
			}
			if !retried {
				found = append(found, summary.ID)
			}
		}
		if !page.More {
			break
		}
		query.Before = page.Next
	}
	slices.Reverse(found)
	return found, nil
}

func (s Selection) has(summary event.Summary) bool {
	return s.Code == "" || summary.Error != nil && summary.Error.Code == s.Code
}

// wasRetried tells whether an event has a retry. One that retention has removed needs none.
func wasRetried(ctx context.Context, events store.EventLog, id event.ID) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	found, err := events.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return len(found.RetriedBy) > 0, nil
}
