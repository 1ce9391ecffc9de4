package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// eventList is a page of events, newest first.
type eventList struct {
	Events []event.Summary `json:"events"`
	// NextCursor asks for the next page; null at the end.
	NextCursor *event.ID `json:"next_cursor"`
	// ScanStopped tells that a search read as many events as one request may: the cursor goes on from there.
	ScanStopped bool `json:"scan_stopped,omitempty"`
}

func listEvents(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	q, err := query(r, time.Now())
	if err != nil {
		return err
	}
	events, err := gateway.Store()
	if err != nil {
		return failed(err)
	}
	page, err := events.List(r.Context(), q)
	if err != nil {
		return failed(err)
	}
	list := eventList{Events: page.Events, ScanStopped: page.ScanStopped}
	if list.Events == nil {
		list.Events = []event.Summary{}
	}
	if page.More {
		list.NextCursor = &page.Next
	}
	return write(w, http.StatusOK, list)
}

func showEvent(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	id, err := eventID(r)
	if err != nil {
		return err
	}
	events, err := gateway.Store()
	if err != nil {
		return failed(err)
	}
	found, err := events.Get(r.Context(), id)
	if err != nil {
		return failed(err)
	}
	return write(w, http.StatusOK, found)
}

func retryEvent(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	id, err := eventID(r)
	if err != nil {
		return err
	}
	if err := readBody(w, r, new(struct{})); err != nil {
		return err
	}
	// The operator asked for it, so it is finished even if he does not wait.
	made, err := gateway.Retry(context.WithoutCancel(r.Context()), id)
	if err != nil {
		return failed(err)
	}
	changed(r, gateway, audit.EventRetry, "events/"+id.String(), nil, struct {
		Event  event.ID     `json:"event"`
		Status event.Status `json:"status"`
	}{made.ID, made.Status})
	w.Header().Set("Location", "/krosyn/events/"+made.ID.String())
	return write(w, http.StatusCreated, made)
}

// eventID is the id in the path. What is no id at all is an unknown event too.
func eventID(r *http.Request) (event.ID, error) {
	if _, err := parameters(r); err != nil {
		return event.ID{}, err
	}
	id, err := event.ParseID(r.PathValue("id"))
	if err != nil {
		return id, failed(store.ErrNotFound)
	}
	return id, nil
}
