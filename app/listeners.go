package app

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// meetServers learns where the gateway itself answers: names that others control must not lead back there, and the
// operator hears of connectors that do.
func (a *App) meetServers() error {
	configured, err := a.ctx.AppIfConfigured("http")
	if err != nil {
		return nil // there is no server in this configuration
	}
	http, ok := configured.(*caddyhttp.App)
	if !ok {
		return fmt.Errorf("the app `http` is a %T", configured)
	}
	own, err := newSites(http.Servers)
	if err != nil {
		return err
	}
	a.environment.Guard.RefuseListeners(own.listeners)
	a.warnLoops(own)
	return nil
}

// listeners are the addresses and ports at which a server listens; one that names no address listens at all of them.
func listeners(address caddy.NetworkAddress) []netip.AddrPort {
	if address.IsUnixNetwork() || address.IsFdNetwork() {
		return nil
	}
	ip, err := netip.ParseAddr(address.Host)
	if err != nil {
		ip = netip.IPv6Unspecified()
	}
	var own []netip.AddrPort
	for port := address.StartPort; port <= address.EndPort && port <= math.MaxUint16; port++ {
		own = append(own, netip.AddrPortFrom(ip, uint16(port)))
	}
	return own
}
