package outbound

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// outside has addresses of every range that is not the public Internet, its borders among them.
var outside = []string{
	"0.0.0.0", "0.0.0.1", "0.255.255.255",
	"10.0.0.0", "10.1.2.3", "10.255.255.255",
	"100.64.0.0", "100.100.100.200", "100.127.255.255",
	"127.0.0.1", "127.1.2.3", "127.255.255.255",
	"169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255",
	"172.16.0.0", "172.31.255.255",
	"192.0.0.0", "192.0.0.8", "192.0.0.170", "192.0.0.192", "192.0.0.255",
	"192.0.2.0", "192.0.2.255",
	"192.88.99.1",
	"192.168.0.0", "192.168.255.255",
	"198.18.0.0", "198.19.255.255",
	"198.51.100.0", "198.51.100.255",
	"203.0.113.0", "203.0.113.255",
	"224.0.0.1", "239.255.255.255",
	"240.0.0.1", "255.255.255.255",
	"168.63.129.16",

	"::", "::1", "::2", "::ffff:0:1.2.3.4",
	"::127.0.0.1", "::8.8.8.8",
	"100::1", "100:0:0:1::1", "200::1", "400::1",
	"2001::1", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1",
	"2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	"3fff::1", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	"4000::1", "5f00::1", "8000::1", "64:ff9a::1", "64:ff9b:2::1",
	"fc00::1", "fd00:ec2::254", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"fe80::1", "fe80::a9fe:a9fe", "febf:ffff::1", "fec0::1", "feff::1",
	"ff02::1", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}

var inside = []string{
	"1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34",
	"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
	"192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
	"223.255.255.255",
	"2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2606:4700::1111", "2a00:1450::1", "3ffe:ffff::1",
}

func TestAddressesByRange(t *testing.T) {
	guard := mustGuard(t, nil, nil)
	for _, address := range outside {
		t.Run(address, func(t *testing.T) {
			addr := netip.MustParseAddr(address)
			if guard.judge(netip.AddrPortFrom(addr, 443).String(), false) == nil {
				t.Errorf("%s is not public, but was not refused", addr)
			}
			if refusal := guard.judge(netip.AddrPortFrom(addr, 443).String(), true); refusal != nil {
				t.Errorf("the operator's word was refused: %v", refusal)
			}
			for name, disguise := range disguises(addr) {
				if refusal := guard.judge(netip.AddrPortFrom(disguise, 443).String(), false); refusal == nil {
					t.Errorf("%s as %s (%s) was not refused", addr, disguise, name)
				}
			}
		})
	}
	for _, address := range inside {
		t.Run(address, func(t *testing.T) {
			addr := netip.MustParseAddr(address)
			if refusal := guard.judge(netip.AddrPortFrom(addr, 443).String(), false); refusal != nil {
				t.Errorf("a public address was refused: %v", refusal)
			}
			for name, disguise := range disguises(addr) {
				refusal := guard.judge(netip.AddrPortFrom(disguise, 443).String(), false)
				if name != "compatible" && name != "nat64 of 48 bits" && name != "nat64 of 56 bits" && refusal != nil {
					t.Errorf("%s as %s (%s) was refused: %v", addr, disguise, name, refusal)
				}
			}
		})
	}
}

// disguises are the IPv6 addresses that lead a connection to an IPv4 one.
func disguises(addr netip.Addr) map[string]netip.Addr {
	if !addr.Is4() {
		return nil
	}
	b := addr.As4()
	put := func(prefix string, at ...int) netip.Addr {
		whole := netip.MustParseAddr(prefix).As16()
		for i, position := range at {
			whole[position] = b[i]
		}
		return netip.AddrFrom16(whole)
	}
	inverted := netip.MustParseAddr("2001:0:808:808::").As16()
	binary.BigEndian.PutUint32(inverted[12:], ^binary.BigEndian.Uint32(b[:]))
	return map[string]netip.Addr{
		"4in6":             put("::ffff:0:0", 12, 13, 14, 15),
		"compatible":       put("::", 12, 13, 14, 15),
		"nat64":            put("64:ff9b::", 12, 13, 14, 15),
		"nat64 of 96 bits": put("64:ff9b:1::", 12, 13, 14, 15),
		"nat64 of 56 bits": put("64:ff9b:1::", 7, 9, 10, 11),
		"nat64 of 48 bits": put("64:ff9b:1::", 6, 7, 9, 10),
		"6to4":             put("2002::1", 2, 3, 4, 5),
		"teredo client":    netip.AddrFrom16(inverted),
		"teredo server":    put("2001::f7f7:f7f7", 4, 5, 6, 7),
	}
}

func TestNothingOfASpecialRangePasses(t *testing.T) {
	guard := mustGuard(t, nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		network := rapid.SampledFrom(special).Draw(t, "network").prefix
		addr := within(network, rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "host"))
		if guard.judge(netip.AddrPortFrom(addr, 80).String(), false) == nil {
			t.Fatalf("%s was not refused", addr)
		}
		for name, disguise := range disguises(addr) {
			// A reading in 0.0.0.0/8 of a prefix of unknown length is taken for padding.
			if addr.As4()[0] == 0 && strings.HasPrefix(name, "nat64 of") {
				continue
			}
			if guard.judge(netip.AddrPortFrom(disguise, 80).String(), false) == nil {
				t.Fatalf("%s as %s (%s) was not refused", addr, disguise, name)
			}
		}
	})
}

// within is an address of the network with the other bits from random.
func within(network netip.Prefix, random []byte) netip.Addr {
	b := network.Addr().AsSlice()
	for bit := network.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= random[bit/8] & (0x80 >> (bit % 8))
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

func TestSpecialNetworksAreMasked(t *testing.T) {
	for _, network := range special {
		if network.prefix != network.prefix.Masked() || network.use == "" {
			t.Errorf("%s has bits beyond its mask, or no use", network.prefix)
		}
	}
}
