package store

import (
	"strings"
	"testing"

	"github.com/krosyn/gateway/event"
)

func TestCheck(t *testing.T) {
	good := event.Event{ID: event.NewID(), Connector: strings.Repeat("c", MaxConnector), Status: event.Pending}
	if err := Check(&good); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*event.Event){
		`event of connector "ccc`:       func(e *event.Event) { e.ID = event.ID{} },
		`has the unknown status "done"`: func(e *event.Event) { e.Status = "done" },
		`has the connector ""`:          func(e *event.Event) { e.Connector = "" },
		`has the connector "a\x00"`:     func(e *event.Event) { e.Connector = "a\x00" },
		"it must be 1 to 255 bytes":     func(e *event.Event) { e.Connector += "c" },
	} {
		bad := good
		change(&bad)
		if err := Check(&bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v and should say %s", err, want)
		}
	}
}
