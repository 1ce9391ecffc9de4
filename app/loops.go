package app

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

// warnLoops warns of connectors that send to an endpoint of this same gateway, as far as their URLs tell. They may be
// meant, and max_depth ends those that are not; but a loop that was made by mistake is better seen before its events.
func (a *App) warnLoops(own *sites) {
	var paths []string
	for _, c := range a.Connectors() {
		paths = append(paths, c.Path())
		for _, e := range c.Endpoints {
			if e.Path != "" {
				paths = append(paths, e.Path)
			}
		}
	}
	for _, c := range a.Connectors() {
		if path := c.pipeline.LeadsTo(own.serve, paths); path != "" {
			a.logger.Warn("a connector sends to an endpoint of this gateway: is this a loop?",
				zap.String("connector", c.Name), zap.String("url", c.Perform.URL), zap.String("endpoint", path))
		}
	}
}

// sites are the addresses, and the names by port, that the servers of the configuration answer for.
type sites struct {
	listeners []netip.AddrPort
	hosts     map[string][]string
}

func newSites(servers map[string]*caddyhttp.Server) (*sites, error) {
	s := &sites{hosts: make(map[string][]string)}
	for _, server := range servers {
		names := hostsOf(server.Routes)
		for _, listen := range server.Listen {
			address, err := caddy.ParseNetworkAddress(listen)
			if err != nil {
				return nil, fmt.Errorf("listener %s: %w", listen, err)
			}
			own := listeners(address)
			s.listeners = append(s.listeners, own...)
			for _, listener := range own {
				port := strconv.Itoa(int(listener.Port()))
				s.hosts[port] = append(s.hosts[port], names...)
			}
		}
	}
	return s, nil
}

// hostsOf are the names that the routes of a server's sites match.
func hostsOf(routes caddyhttp.RouteList) []string {
	var names []string
	for _, route := range routes {
		for _, set := range route.MatcherSets {
			for _, matcher := range set {
				switch hosts := matcher.(type) {
				case *caddyhttp.MatchHost:
					names = append(names, *hosts...)
				case caddyhttp.MatchHost:
					names = append(names, hosts...)
				}
			}
		}
	}
	return names
}

// serve tells whether the gateway itself answers at a host, in lower case, and a port.
func (s *sites) serve(host, port string) bool {
	for _, name := range s.hosts[port] {
		domain, isWildcard := strings.CutPrefix(strings.ToLower(name), "*.")
		if host == domain && !isWildcard {
			return true
		}
		if _, parent, ok := strings.Cut(host, "."); ok && isWildcard && parent == domain {
			return true
		}
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, listener := range s.listeners {
		if strconv.Itoa(int(listener.Port())) != port {
			continue
		}
		if listener.Addr() == addr || listener.Addr().IsUnspecified() && isThisMachine(addr) {
			return true
		}
	}
	return false
}

func isThisMachine(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, of := range interfaces {
		if prefix, err := netip.ParsePrefix(of.String()); err == nil && prefix.Addr() == addr {
			return true
		}
	}
	return false
}
