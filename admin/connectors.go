package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
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

// changeConnector enables or disables a connector, and shows it as it is then.
func changeConnector(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	c, err := connector(r, gateway)
	if err != nil {
		return err
	}
	var asked struct {
		Disabled *bool `json:"disabled"`
	}
	if err := readBody(w, r, &asked, "disabled"); err != nil {
		return err
	}
	if asked.Disabled == nil {
		return badRequest("disabled is missing: it is true or false")
	}
	switched, err := gateway.SetDisabled(r.Context(), c.Name, *asked.Disabled)
	if errors.Is(err, app.ErrNoState) {
		return fail(http.StatusNotImplemented, err)
	}
	if err != nil {
		return failed(err)
	}
	if switched {
		action := audit.ConnectorEnable
		if *asked.Disabled {
			action = audit.ConnectorDisable
		}
		changed(r, gateway, action, "connectors/"+c.Name, disabledState{!*asked.Disabled}, disabledState{*asked.Disabled})
	}
	return showConnector(w, r, gateway)
}

// disabledState is what enabling and disabling changes.
type disabledState struct {
	Disabled bool `json:"disabled"`
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
