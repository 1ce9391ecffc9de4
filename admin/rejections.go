package admin

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/store"
)

// reasons are why requests are turned away. Each is declared where that is done, in the rooms verify and handler.
var reasons = []string{
	"missing_token", "invalid_token", "expired_token", "origin", "signature", "disabled", "body", "rate_limit", "overload",
}

// listRejections shows the requests that did not become events: the latest ones, and how many there were of each kind.
func listRejections(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	asked, err := parameters(r, "connector", "reason", "limit")
	if err != nil {
		return err
	}
	reason := asked["reason"]
	if reason != "" && !slices.Contains(reasons, reason) {
		return badRequest("reason %q is none of %s", reason, words(reasons))
	}
	limit := store.DefaultLimit
	if s := asked["limit"]; s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > maxLimit {
			return badRequest("limit %q is not a number from 1 to %d", s, maxLimit)
		}
	}
	latest, counts := gateway.Rejections(asked["connector"], reason, limit)
	return write(w, http.StatusOK, struct {
		Rejections []app.Rejection      `json:"rejections"`
		Counts     []app.RejectionCount `json:"counts"`
	}{latest, counts})
}
