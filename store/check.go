package store

import (
	"fmt"
	"strings"

	"github.com/krosyn/gateway/event"
)

// MaxConnector is the longest name of a connector, in bytes: stores have it in keys.
const MaxConnector = 255

// Check tells why a store cannot keep e. Stores ask it before they write.
func Check(e *event.Event) error {
	switch {
	case e.ID.IsZero():
		return fmt.Errorf("event of connector %q has no id", e.Connector)
	case !e.Status.Valid():
		return fmt.Errorf("event %s has the unknown status %q", e.ID, e.Status)
	case e.Connector == "" || len(e.Connector) > MaxConnector || strings.IndexByte(e.Connector, 0) >= 0:
		return fmt.Errorf("event %s has the connector %q: it must be 1 to %d bytes, none of them 0",
			e.ID, e.Connector, MaxConnector)
	}
	return nil
}
