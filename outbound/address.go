package outbound

import (
	"encoding/binary"
	"net/netip"
)

// network is a range of addresses and what it is for, in the words of a refusal.
type network struct {
	prefix netip.Prefix
	use    string
}

// special are the ranges of the IANA special-purpose address registries (RFC 6890) that are not the public Internet,
// and those whose packets stay inside a provider's network. The first match names the use.
var special = []network{
	{netip.MustParsePrefix("0.0.0.0/8"), "this host (RFC 1122)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, cloud metadata (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments (RFC 6890)"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay anycast (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private (RFC 1918)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking (RFC 2544)"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast"},
	// Microsoft documents this one as the platform service of every Azure virtual machine.
	{netip.MustParsePrefix("168.63.129.16/32"), "Azure platform service"},

	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("::/96"), "IPv4-compatible (RFC 4291)"},
	{netip.MustParsePrefix("100::/64"), "discard-only (RFC 6666)"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing (RFC 9602)"},
	{netip.MustParsePrefix("fc00::/7"), "unique local (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local (RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation (RFC 3849)"},
	{netip.MustParsePrefix("3fff::/20"), "documentation (RFC 9637)"},
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")   // RFC 6052
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")      // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")      // RFC 4380
	compatible = netip.MustParsePrefix("::/96")          // RFC 4291, section 2.5.5.1

	// protocols holds Teredo, which is judged by what is embedded in it, and nothing else that serves HTTP.
	protocols = netip.MustParsePrefix("2001::/23")
	// unicast is all that IANA has allocated as global unicast.
	unicast = netip.MustParsePrefix("2000::/3")
)

// specialUse says what keeps addr itself from being a public address; "" for a public one. What is embedded in addr
// is not looked at. addr has no zone and is not 4in6.
func specialUse(addr netip.Addr) string {
	for i := range special {
		if special[i].prefix.Contains(addr) {
			return special[i].use
		}
	}
	switch {
	case addr.Is4(), nat64.Contains(addr), nat64Local.Contains(addr), teredo.Contains(addr):
		return ""
	case protocols.Contains(addr):
		return "protocol assignments (RFC 2928)"
	case !unicast.Contains(addr):
		return "not allocated as global unicast"
	}
	return ""
}

// embedded gives the IPv4 addresses that a translator or tunnel may read out of addr, an IPv6 address.
func embedded(addr netip.Addr) []netip.Addr {
	b := addr.As16()
	at := func(i, j, k, l int) netip.Addr { return netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]}) }
	switch {
	case nat64.Contains(addr), compatible.Contains(addr):
		return []netip.Addr{at(12, 13, 14, 15)}
	case sixToFour.Contains(addr):
		return []netip.Addr{at(2, 3, 4, 5)}
	case teredo.Contains(addr):
		client := ^binary.BigEndian.Uint32(b[12:])
		return []netip.Addr{at(4, 5, 6, 7), netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, client)))}
	case nat64Local.Contains(addr):
		return nat64Readings(at)
	}
	return nil
}

// nat64Readings gives the addresses that translators with prefixes of 96, 64, 56 and 48 bits read (RFC 6052, section
// 2.2; byte 8 is never part). Which length the local translator has cannot be known, so all count, except a reading
// in 0.0.0.0/8: that is what the padding of another length looks like.
func nat64Readings(at func(i, j, k, l int) netip.Addr) []netip.Addr {
	readings := make([]netip.Addr, 0, 4)
	for _, reading := range [...]netip.Addr{at(12, 13, 14, 15), at(9, 10, 11, 12), at(7, 9, 10, 11), at(6, 7, 9, 10)} {
		if reading.As4()[0] != 0 {
			readings = append(readings, reading)
		}
	}
	if len(readings) == 0 {
		return []netip.Addr{at(12, 13, 14, 15)}
	}
	return readings
}
