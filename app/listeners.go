package app

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// refuseListeners keeps names that others control from leading back to the gateway itself.
func (a *App) refuseListeners() error {
	configured, err := a.ctx.AppIfConfigured("http")
	if err != nil {
		return nil // there is no server in this configuration
	}
	server, ok := configured.(*caddyhttp.App)
	if !ok {
		return nil
	}
	var own []netip.AddrPort
	for _, s := range server.Servers {
		for _, listen := range s.Listen {
			address, err := caddy.ParseNetworkAddress(listen)
			if err != nil {
				return fmt.Errorf("listener %s: %w", listen, err)
			}
			own = append(own, listeners(address)...)
		}
	}
	a.environment.Guard.RefuseListeners(own)
	a.warnLoops(server.Servers)
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
