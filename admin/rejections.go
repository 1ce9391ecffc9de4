package admin

import (
	"net/http"
	"strconv"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/store"
)

// listRejections shows the requests that did not become events: the latest ones, and how many there were of each kind.
func listRejections(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	asked, err := parameters(r, "connector", "reason", "limit")
	if err != nil {
		return err
	}
	limit := store.DefaultLimit
	if s := asked["limit"]; s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > maxLimit {
			return badRequest("limit %q is not a number from 1 to %d", s, maxLimit)
		}
	}
	latest, counts := gateway.Rejections(asked["connector"], asked["reason"], limit)
	return write(w, http.StatusOK, struct {
		Rejections []app.Rejection      `json:"rejections"`
		Counts     []app.RejectionCount `json:"counts"`
	}{latest, counts})
}
