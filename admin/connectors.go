package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

func listConnectors(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	list := struct {
		Connectors []*app.Overview `json:"connectors"`
	}{Connectors: []*app.Overview{}}
	for _, c := range gateway.Connectors() {
		overview, err := c.Overview(r.Context())
		if err != nil {
			return failed(err)
		}
		list.Connectors = append(list.Connectors, overview)
	}
	return write(w, http.StatusOK, list)
}

func showConnector(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	c, err := connector(r, gateway)
	if err != nil {
		return err
	}
	detail, err := c.Detail(r.Context())
	if err != nil {
		return failed(err)
	}
	return write(w, http.StatusOK, detail)
}

// rehearsal is the request of a dry run.
type rehearsal struct {
	Payload json.RawMessage `json:"payload"`
	EventID *event.ID       `json:"event_id"`
	Lookup  json.RawMessage `json:"lookup"`
}

// dryRun is what a dry run came to: the steps as an event has them. Status is what the event would have if the target
// answered.
type dryRun struct {
	DryRun    bool            `json:"dry_run"`
	Connector string          `json:"connector"`
	Status    event.Status    `json:"status"`
	Error     *event.Error    `json:"error,omitempty"`
	Payload   json.RawMessage `json:"payload,omitempty"`
	Trigger   *event.Trigger  `json:"trigger,omitempty"`
	Lookup    *event.Lookup   `json:"lookup,omitempty"`
	Processed json.RawMessage `json:"processed,omitempty"`
	Outbound  *event.Outbound `json:"outbound,omitempty"`
}

func testConnector(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	c, err := connector(r, gateway)
	if err != nil {
		return err
	}
	var asked rehearsal
	if err := readBody(w, r, &asked, "payload", "event_id", "lookup"); err != nil {
		return err
	}
	if asked.EventID != nil && len(asked.Payload) > 0 {
		return badRequest("payload and event_id exclude each other")
	}
	e, err := c.DryRun(r.Context(), app.Rehearsal{Payload: asked.Payload, Event: asked.EventID, Lookup: asked.Lookup})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, app.ErrNoPayload), errors.Is(err, store.ErrClosed):
		return failed(err)
	case err != nil:
		return badRequest("%v", err)
	}
	return write(w, http.StatusOK, dryRun{
		DryRun: true, Connector: e.Connector, Status: e.Status, Error: e.Error, Payload: e.Payload, Trigger: e.Trigger,
		Lookup: e.Lookup, Processed: e.Processed, Outbound: e.Outbound,
	})
}

// connector is the one that the path names.
func connector(r *http.Request, gateway *app.App) (*app.Connector, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	c, ok := gateway.Connector(r.PathValue("name"))
	if !ok {
		return nil, fail(http.StatusNotFound, errors.New("Connector not found"))
	}
	return c, nil
}
