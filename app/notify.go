package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Notify tells somebody what happens, through a connector: its trigger, process and perform turn the notice into a
// message to a chat, a mail API or a pager. The notice is an event of that connector, with the payload
//
//	{"kind": "failed", "connector": "orders", "count": 3, "first": "…", "last": "…", "text": "…", "latest": {…}}
//
// in which `text` is a sentence and `latest` the last occurrence: the event's summary, the breaker, or the token.
type Notify struct {
	// What is told: `failed` (events), `breaker` (opened and closed), `token_expiring` (7 days before) or `store_full`
	// (it refuses new work, or soon will).
	Of string `json:"of"`

	// The connector by which it is told. Of its own failures it tells nobody.
	Via string `json:"via"`

	// How much time there is between two notices of a connector. The first is told at once; what comes in between is
	// told together, when the time is over. Default: 1h.
	Every caddy.Duration `json:"every,omitempty"`
}

// The values of Notify.Of.
const (
	NotifyFailed        = "failed"
	NotifyBreaker       = "breaker"
	NotifyTokenExpiring = "token_expiring"
	NotifyStoreFull     = "store_full"
)

// Notifications are the values of Notify.Of.
var Notifications = []string{NotifyFailed, NotifyBreaker, NotifyTokenExpiring, NotifyStoreFull}

const defaultNotifyEvery = time.Hour

func (n *Notify) every() time.Duration {
	return time.Duration(orDefault(n.Every, caddy.Duration(defaultNotifyEvery)))
}

// provisionNotify checks what can be checked before the connectors are known.
func (a *App) provisionNotify() (faults []error) {
	for i, n := range a.Notify {
		where := fmt.Sprintf("notify %s via %s", n.Of, n.Via)
		switch {
		case !slices.Contains(Notifications, n.Of):
			faults = append(faults, fmt.Errorf("%s: allowed are %s", where, strings.Join(Notifications, ", ")))
		case n.Via == "":
			faults = append(faults, fmt.Errorf("notify %s: the connector is missing", n.Of))
		case n.Every < 0:
			faults = append(faults, fmt.Errorf("%s: every cannot be negative", where))
		case slices.ContainsFunc(a.Notify[:i], func(m Notify) bool { return m.Of == n.Of && m.Via == n.Via }):
			faults = append(faults, errors.New(where+" is declared twice"))
		}
	}
	return faults
}

// checkNotify refuses notices through connectors that there are not.
func (a *App) checkNotify() error {
	for _, n := range a.Notify {
		if _, ok := a.Connector(n.Via); !ok {
			return fmt.Errorf("notify %s via %s: there is no such connector", n.Of, n.Via)
		}
	}
	return nil
}
