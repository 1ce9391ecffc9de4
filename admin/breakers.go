package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/outbound"
)

func listBreakers(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	list := gateway.Breakers().List()
	if list == nil {
		list = []outbound.BreakerState{}
	}
	return write(w, http.StatusOK, struct {
		Breakers []outbound.BreakerState `json:"breakers"`
	}{list})
}

func resetBreakers(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	var asked struct {
		Connector string `json:"connector"`
	}
	if err := readBody(w, r, &asked, "connector"); err != nil {
		return err
	}
	if asked.Connector != "" {
		if _, ok := gateway.Connector(asked.Connector); !ok {
			return fail(http.StatusNotFound, errors.New("Connector not found"))
		}
	}
	var open []outbound.BreakerState
	for _, b := range gateway.Breakers().List() {
		if b.State != outbound.BreakerClosed && (asked.Connector == "" || b.Connector == asked.Connector) {
			open = append(open, b)
		}
	}
	result := struct {
		Reset int `json:"reset"`
	}{gateway.Breakers().Reset(asked.Connector)}
	changed(r, gateway, audit.BreakersReset, strings.TrimSuffix("breakers/"+asked.Connector, "/"), open, result)
	return write(w, http.StatusOK, result)
}
