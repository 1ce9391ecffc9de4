package outbound

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Guard judges where requests may go. It looks at the address that a connection is really made to, at the moment it is
// made, so that a name which changes its answer between a check and the connection gains nothing.
//
// Without lists, the operator's word (see Call.OperatorHost) may be any address, and every other host must be a public
// one. `egress deny` wins over all else. The lists never change; the gateway's own listeners may be set at any time.
type Guard struct {
	allowed, denied     []netip.Prefix
	allowHost, denyHost hostSet
	listeners           atomic.Pointer[[]netip.AddrPort]
}

// NewGuard makes a guard from the entries of `egress allow` and `egress deny`: networks, addresses, host names, and
// `*.` with a domain for the names below it. A host name in allow is one that data may choose: its addresses are
// judged all the same.
func NewGuard(allow, deny []string) (*Guard, error) {
	g := new(Guard)
	var err error
	if g.allowed, g.allowHost, err = parseEntries(allow); err != nil {
		return nil, fmt.Errorf("egress allow: %w", err)
	}
	if g.denied, g.denyHost, err = parseEntries(deny); err != nil {
		return nil, fmt.Errorf("egress deny: %w", err)
	}
	return g, nil
}

// AllowsHost tells whether data may choose host, with or without a port, because `egress allow` names it: a name, or
// an address listed by itself. A network in the list is no name.
func (g *Guard) AllowsHost(host string) bool {
	canonical, err := canonicalHost(withoutPort(host))
	return err == nil && g.names(canonical)
}

// RefuseListeners makes the addresses at which the gateway listens targets that only the operator's word reaches, or
// an address that `egress allow` lists by itself. An unspecified address stands for every address of this machine.
func (g *Guard) RefuseListeners(listeners []netip.AddrPort) {
	own := slices.Clone(listeners)
	for i, listener := range own {
		own[i] = netip.AddrPortFrom(listener.Addr().Unmap().WithZone(""), listener.Port())
	}
	g.listeners.Store(&own)
}

// names tells whether `egress allow` names a canonical host.
func (g *Guard) names(host string) bool {
	if addr, ok := literal(host); ok {
		return g.allowsAlone(addr.Unmap())
	}
	return g.allowHost.match(host) != ""
}

// judgeHost refuses the hosts that need no look at their addresses.
func (g *Guard) judgeHost(host string, operator bool) *EgressError {
	if entry := g.denyHost.match(host); entry != "" {
		return &EgressError{Host: host, Reason: "it is denied", Directive: "egress deny " + entry}
	}
	if !operator && !g.names(host) {
		return &EgressError{Host: host, Reason: "data chose it", Directive: "egress allow " + host}
	}
	return nil
}

// judge refuses an address that a connection is about to be made to, as the dialer writes it.
func (g *Guard) judge(address string, operatorsWord bool) *EgressError {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &EgressError{Reason: fmt.Sprintf("%q is no address that can be judged", clip(address))}
	}
	return g.judgeAddress(target.Addr(), target.Port(), operatorsWord)
}

func (g *Guard) judgeAddress(addr netip.Addr, port uint16, operatorsWord bool) *EgressError {
	addr = addr.Unmap()
	if addr.Zone() != "" {
		return &EgressError{Reason: addr.String() + " has a zone"}
	}
	readings := []netip.Addr{addr}
	if addr.Is6() {
		readings = append(readings, embedded(addr)...)
	}
	for _, a := range readings {
		if entry, found := find(g.denied, a); found {
			return &EgressError{Reason: through(addr, a) + " is denied", Directive: "egress deny " + written(entry)}
		}
	}
	if operatorsWord {
		return nil
	}
	if err := g.judgePublic(readings); err != nil {
		return err
	}
	if target := netip.AddrPortFrom(addr, port); g.isOwn(target) && !g.allowsAlone(addr) {
		return &EgressError{
			Reason: target.String() + " is a listener of this gateway", Directive: "egress allow " + addr.String(),
		}
	}
	return nil
}

// judgePublic refuses an address that is neither public nor allowed; the first reading is the address itself, which is
// not looked into when it is allowed, the others are what is embedded in it.
func (g *Guard) judgePublic(readings []netip.Addr) *EgressError {
	for i, a := range readings {
		if _, found := find(g.allowed, a); found {
			if i == 0 {
				return nil
			}
			continue
		}
		if use := specialUse(a); use != "" {
			return &EgressError{
				Reason:    through(readings[0], a) + " is not public: " + use,
				Directive: "egress allow " + a.String(),
			}
		}
	}
	return nil
}

func (g *Guard) allowsAlone(addr netip.Addr) bool {
	return slices.Contains(g.allowed, netip.PrefixFrom(addr, addr.BitLen()))
}

func (g *Guard) isOwn(target netip.AddrPort) bool {
	listeners := g.listeners.Load()
	if listeners == nil {
		return false
	}
	return slices.ContainsFunc(*listeners, func(listener netip.AddrPort) bool {
		if listener.Port() != target.Port() {
			return false
		}
		return listener.Addr() == target.Addr() || listener.Addr().IsUnspecified() && isLocal(target.Addr())
	})
}

// isLocal tells whether addr is an address of this machine, now. When that cannot be found out, every address is.
func isLocal(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	interfaces, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(interfaces, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == addr
	})
}

// EgressError tells that the guard refused a target. It is meant for the event: the caller of the gateway learns
// nothing of it.
type EgressError struct {
	// Host is the host of the URL.
	Host string
	// Reason says what is wrong with the host or with its address.
	Reason string
	// Directive is the one that forbids the target, or that would allow it; "" where none would.
	Directive string
}

func (e *EgressError) Error() string {
	message := "egress refused: host " + strconv.Quote(clip(e.Host)) + ": " + e.Reason
	switch {
	case e.Directive == "":
		return message
	case strings.HasPrefix(e.Directive, "egress deny"):
		return message + " by `" + e.Directive + "`"
	}
	return message + "; `" + clip(e.Directive) + "` would allow it"
}

func find(networks []netip.Prefix, addr netip.Addr) (netip.Prefix, bool) {
	for _, network := range networks {
		if network.Contains(addr) {
			return network, true
		}
	}
	return netip.Prefix{}, false
}

// written is a network as an entry of a list: one address stands without its mask.
func written(network netip.Prefix) string {
	if network.IsSingleIP() {
		return network.Addr().String()
	}
	return network.String()
}

// through names an address and, where it is embedded in another, that one too.
func through(outer, inner netip.Addr) string {
	if outer == inner {
		return outer.String()
	}
	return outer.String() + " leads to " + inner.String() + ", which"
}
