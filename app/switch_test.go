package app_test

import (
	"errors"
	"testing"

	"github.com/krosyn/gateway/app"
)

// TestDisable has a connector stay disabled over a reload and a restart, as requests and the overview see it.
func TestDisable(t *testing.T) {
	folder := t.TempDir()
	load := func() (*app.App, *app.Connector, *app.Connector) {
		t.Helper()
		gateway, err := provision(t, folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		return gateway, register(t, gateway, `{"name":"a","endpoint":[{"auth":"none"}]}`),
			register(t, gateway, `{"name":"off","disabled":true,"endpoint":[{"auth":"none"}]}`)
	}
	disable := func(gateway *app.App, connector string, disabled, wantChange bool, want error) {
		t.Helper()
		changed, err := gateway.SetDisabled(t.Context(), connector, disabled)
		if changed != wantChange || !errors.Is(err, want) {
			t.Errorf("%s, disabled %v: changed %v, %v", connector, disabled, changed, err)
		}
	}
	shown := func(c *app.Connector, want bool, by string) {
		t.Helper()
		overview, err := c.Overview(t.Context())
		if err != nil || c.IsDisabled() != want || overview.Disabled != want || overview.DisabledBy != by {
			t.Errorf("%s: %v, %+v, %v", c.Name, c.IsDisabled(), overview, err)
		}
	}
	first, a, off := load()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	shown(a, false, "")
	shown(off, true, "configuration")
	disable(first, "a", false, false, nil)
	disable(first, "a", true, true, nil)
	disable(first, "a", true, false, nil)
	shown(a, true, "admin")
	disable(first, "off", false, false, app.ErrDisabledByConfiguration)
	disable(first, "off", true, true, nil)
	shown(off, true, "configuration")
	disable(first, "nobody", true, false, app.ErrUnknownConnector)

	second, b, _ := load()
	shown(b, true, "admin")
	disable(second, "a", false, true, nil)
	shown(a, false, "")
	disable(second, "a", true, true, nil)
	for _, gateway := range []*app.App{first, second} {
		if err := gateway.Cleanup(); err != nil {
			t.Fatal(err)
		}
	}

	last, c, off := load()
	if c.IsDisabled() {
		t.Error("known before it was read")
	}
	if err := last.LoadState(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown(c, true, "admin")
	shown(off, true, "configuration")
	disable(last, "a", false, true, nil)
	shown(c, false, "")
}
