package admin

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/audit"
	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/store"
)

// headerReason is where whoever changes something says why.
const headerReason = "X-Krosyn-Reason"

// changed notes a change that was made. Before and after are shown as JSON, nil as null.
func changed(r *http.Request, gateway *app.App, action audit.Action, subject string, before, after any) {
	e := audit.Entry{
		Remote: r.RemoteAddr, Action: action, Subject: subject, Reason: r.Header.Get(headerReason), Before: shown(before),
		After: shown(after),
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		e.Remote = host
	}
	if replacer, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok {
		e.User, _ = replacer.GetString("http.auth.user.id")
	}
	gateway.Changed(r.Context(), e)
}

func shown(part any) json.RawMessage {
	text, err := json.Marshal(part)
	if err != nil {
		return nil
	}
	return text
}

// auditList is a page of the audit, newest first.
type auditList struct {
	Entries []audit.Entry `json:"entries"`
	// NextCursor asks for the next page; null at the end.
	NextCursor *event.ID `json:"next_cursor"`
}

func listAudit(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	asked, err := parameters(r, "since", "until", "action", "limit", "cursor")
	if err != nil {
		return err
	}
	q, err := auditQuery(asked, time.Now())
	if err != nil {
		return err
	}
	entries, more, err := gateway.Audit().List(r.Context(), q)
	if err != nil {
		return auditFailed(err)
	}
	list := auditList{Entries: entries}
	if more {
		list.NextCursor = &entries[len(entries)-1].ID
	}
	return write(w, http.StatusOK, list)
}

// exportAudit writes all entries that were asked for, newest first, each in one line.
func exportAudit(w http.ResponseWriter, r *http.Request, gateway *app.App) error {
	asked, err := parameters(r, "since", "until", "action")
	if err != nil {
		return err
	}
	q, err := auditQuery(asked, time.Now())
	if err != nil {
		return err
	}
	q.Limit = 0
	entries, _, err := gateway.Audit().List(r.Context(), q)
	if err != nil {
		return auditFailed(err)
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", `attachment; filename="krosyn-audit.ndjson"`)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i := range entries {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
		if err := encoder.Encode(&entries[i]); err != nil {
			panic(http.ErrAbortHandler) // nobody is there to be told
		}
	}
	return nil
}

func auditQuery(asked map[string]string, now time.Time) (q audit.Query, err error) {
	q.Limit = store.DefaultLimit
	if q.Since, err = bound("since", asked["since"], now); err != nil {
		return q, err
	}
	if q.Until, err = bound("until", asked["until"], now); err != nil {
		return q, err
	}
	if q.Action = audit.Action(asked["action"]); q.Action != "" && !slices.Contains(audit.Actions, q.Action) {
		return q, badRequest("action %q is none of %s", q.Action, words(audit.Actions))
	}
	if s := asked["limit"]; s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return q, badRequest("limit %q is not a number from 1 to %d", s, maxLimit)
		}
	}
	if s := asked["cursor"]; s != "" {
		if q.Before, err = event.ParseID(s); err != nil || q.Before.IsZero() {
			return q, badRequest("cursor %q is not one that a list gave as next_cursor", s)
		}
	}
	return q, nil
}

func auditFailed(err error) error {
	if errors.Is(err, audit.ErrNoState) {
		return fail(http.StatusNotImplemented, err)
	}
	return failed(err)
}
