package outbound

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func mustGuard(t testing.TB, allow, deny []string) *Guard {
	t.Helper()
	guard, err := NewGuard(allow, deny)
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

func TestAddressesByList(t *testing.T) {
	tests := []struct {
		name        string
		allow, deny []string
		address     string
		operator    bool
		want        string // part of the refusal; "" for none
	}{
		{name: "public", address: "8.8.8.8:443"},
		{
			name: "private", address: "10.1.2.3:443",
			want: "10.1.2.3 is not public: private (RFC 1918); `egress allow 10.1.2.3` would allow it",
		},
		{name: "metadata", address: "169.254.169.254:80", want: "cloud metadata"},
		{name: "operator's", address: "169.254.169.254:80", operator: true},
		{name: "allowed network", allow: []string{"10.1.0.0/16"}, address: "10.1.2.3:443"},
		{name: "beside it", allow: []string{"10.1.0.0/16"}, address: "10.2.2.3:443", want: "`egress allow 10.2.2.3`"},
		{name: "allowed address", allow: []string{"10.1.2.3"}, address: "10.1.2.3:443"},
		{
			name: "allowed name is no address", allow: []string{"internal.example.com"}, address: "10.1.2.3:443",
			want: "private",
		},
		{name: "allowed as 4in6", allow: []string{"::ffff:10.1.0.0/112"}, address: "10.1.2.3:443"},
		{name: "dialled as 4in6", allow: []string{"10.1.0.0/16"}, address: "[::ffff:10.1.2.3]:443"},
		{name: "allowed through nat64", allow: []string{"10.1.0.0/16"}, address: "[64:ff9b::10.1.2.3]:443"},
		{
			name: "private through nat64", address: "[64:ff9b::10.1.2.3]:443",
			want: "64:ff9b::a01:203 leads to 10.1.2.3, which is not public: private (RFC 1918); `egress allow 10.1.2.3`",
		},
		{name: "allowed 6to4", allow: []string{"2002:a01:203::/48"}, address: "[2002:a01:203::1]:443"},
		{name: "6to4", address: "[2002:a01:203::1]:443", want: "leads to 10.1.2.3"},
		{name: "allowed ULA", allow: []string{"fd12:3456::/32"}, address: "[fd12:3456::1]:443"},
		{
			name: "denied", deny: []string{"8.8.8.0/24"}, address: "8.8.8.8:443",
			want: "8.8.8.8 is denied by `egress deny 8.8.8.0/24`",
		},
		{
			name: "denied to the operator", deny: []string{"10.0.0.0/8"}, address: "10.1.2.3:443", operator: true,
			want: "egress deny",
		},
		{
			name: "deny beats allow", allow: []string{"10.1.2.3"}, deny: []string{"10.1.0.0/16"},
			address: "10.1.2.3:443", want: "egress deny",
		},
		{
			name: "denied through nat64", deny: []string{"8.8.8.8"}, address: "[64:ff9b::8.8.8.8]:443",
			want: "leads to 8.8.8.8, which is denied",
		},
		{
			name: "denied through teredo", deny: []string{"9.9.9.9"}, address: "[2001:0:909:909::f7f7:f7f7]:443",
			operator: true, want: "denied",
		},
		{name: "zone", address: "[fe80::1%eth0]:443", operator: true, want: "has a zone"},
		{name: "zone of a public address", address: "[2606:4700::1111%1]:443", want: "has a zone"},
		{name: "nonsense", address: "localhost:80", operator: true, want: "no address that can be judged"},
		{name: "no port", address: "8.8.8.8", want: "no address that can be judged"},
		{name: "octal", address: "0177.0.0.1:80", operator: true, want: "no address that can be judged"},
		{name: "empty", address: "", operator: true, want: "no address that can be judged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refusal := mustGuard(t, test.allow, test.deny).judge(test.address, test.operator)
			switch {
			case refusal == nil && test.want != "":
				t.Errorf("%s was not refused", test.address)
			case refusal != nil && (test.want == "" || !strings.Contains(refusal.Error(), test.want)):
				t.Errorf("refused with %q, want %q", refusal, test.want)
			}
		})
	}
}

func TestOwnListenersAreRefused(t *testing.T) {
	local := interfaceAddr(t)
	listeners := []netip.AddrPort{
		netip.MustParseAddrPort("93.184.216.34:443"),
		netip.MustParseAddrPort("[::]:8443"),
	}
	tests := []struct {
		name, address string
		allow         []string
		operator      bool
		refused       bool
	}{
		{name: "own", address: "93.184.216.34:443", refused: true},
		{name: "own as 4in6", address: "[::ffff:93.184.216.34]:443", refused: true},
		{name: "operator's word", address: "93.184.216.34:443", operator: true},
		{name: "other port", address: "93.184.216.34:444"},
		{name: "other address", address: "93.184.216.35:443"},
		{name: "allowed network", allow: []string{"93.184.216.0/24"}, address: "93.184.216.34:443", refused: true},
		{name: "allowed by itself", allow: []string{"93.184.216.34"}, address: "93.184.216.34:443"},
		{name: "any address, loopback", allow: []string{"127.0.0.0/8"}, address: "127.0.0.1:8443", refused: true},
		{name: "any address, unspecified", allow: []string{"0.0.0.0/8"}, address: "0.0.0.0:8443", refused: true},
		{name: "any address, this machine", allow: []string{"0.0.0.0/0"}, address: local.String() + ":8443", refused: true},
		{name: "any address, elsewhere", address: "93.184.216.34:8443"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			guard := mustGuard(t, test.allow, nil)
			guard.RefuseListeners(listeners)
			refusal := guard.judge(test.address, test.operator)
			if (refusal != nil) != test.refused {
				t.Errorf("refusal is %v", refusal)
			}
			if refusal != nil && !strings.Contains(refusal.Error(), "is a listener of this gateway; `egress allow ") {
				t.Errorf("refused with %q", refusal)
			}
		})
	}
}

// interfaceAddr is an IPv4 address of this machine.
func interfaceAddr(t *testing.T) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	found := netip.MustParseAddr("127.0.0.1")
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() {
			found = prefix.Addr()
		}
	}
	return found
}

func TestAllowsHost(t *testing.T) {
	guard := mustGuard(t, []string{
		"CRM.Example.com", "*.shop.example", "10.1.2.3", "10.9.0.0/16", "fd00::1", "bücher.example",
	}, nil)
	tests := map[string]bool{
		"crm.example.com":         true,
		"crm.example.com:8443":    true,
		"CRM.EXAMPLE.COM.":        true,
		"a.shop.example":          true,
		"a.b.shop.example":        true,
		"10.1.2.3":                true,
		"10.1.2.3:80":             true,
		"[fd00::1]":               true,
		"[fd00::1]:80":            true,
		"fd00:0::1":               true,
		"::ffff:10.1.2.3":         true,
		"bücher.example":          true,
		"xn--bcher-kva.example":   true,
		"shop.example":            false,
		"xshop.example":           false,
		".shop.example":           false,
		"example.com":             false,
		"crm.example.com.evil.io": false,
		"evilcrm.example.com":     false,
		"user@crm.example.com":    false,
		"crm.example.com/x":       false,
		"crm.example.com#":        false,
		"crm.example.com\x00":     false,
		"crm.example.com:80:80":   false,
		"10.9.1.1":                false,
		"0xa.1.2.3":               false,
		"167838211":               false,
		"":                        false,
	}
	for host, want := range tests {
		if got := guard.AllowsHost(host); got != want {
			t.Errorf("AllowsHost(%q) = %v", host, got)
		}
	}
}

func TestEntriesAreChecked(t *testing.T) {
	tests := map[string]string{
		"10.1.2.3/16":              "write 10.1.0.0/16",
		"10.1.0.0/33":              "no network",
		"https://crm.example.com":  "no network such as",
		"crm.example.com:443":      "host name without scheme and port",
		"crm.example.com/path":     "no network",
		"*":                        "is none of",
		"*.":                       "is none of",
		"a.*.example.com":          "is none of",
		"**.example.com":           "is none of",
		"fe80::1%eth0":             "zone",
		"010.0.0.1":                "ambiguous",
		"0x7f000001":               "ambiguous",
		"2130706433":               "ambiguous",
		"exa mple.com":             "is none of",
		"":                         "is none of",
		"a..b":                     "is none of",
		strings.Repeat("a", 64):    "is none of",
		strings.Repeat("a.", 3000): "is none of",
	}
	for entry, want := range tests {
		for list, lists := range map[string][2][]string{"egress allow": {{entry}, nil}, "egress deny": {nil, {entry}}} {
			_, err := NewGuard(lists[0], lists[1])
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), list) {
				t.Errorf("%q in %s: error is %v, want %q", entry, list, err, want)
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("%q in %s: the error is %d bytes long", clip(entry), list, len(err.Error()))
			}
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, address := range append(outside, inside...) {
		f.Add("["+address+"]:80", false)
	}
	f.Add("127.0.0.1:80", true)
	f.Add("[fe80::1%eth0]:80", false)
	f.Add("2130706433:80", false)
	f.Add("0x7f.1:80", false)
	guard := mustGuard(f, []string{"10.1.0.0/16"}, []string{"10.1.2.0/24", "fd00:1::/32"})
	f.Fuzz(func(t *testing.T, address string, operator bool) {
		refusal := guard.judge(address, operator)
		if refusal != nil {
			if len(refusal.Error()) > 4096 {
				t.Errorf("the refusal is %d bytes long", len(refusal.Error()))
			}
			return
		}
		target, err := netip.ParseAddrPort(address)
		if err != nil {
			t.Fatalf("%q cannot be read and was not refused", address)
		}
		addr := target.Addr().Unmap()
		if addr.Zone() != "" || netip.MustParsePrefix("10.1.2.0/24").Contains(addr) {
			t.Errorf("%q was not refused", address)
		}
		private := addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsMulticast() ||
			addr.IsUnspecified() || !addr.IsGlobalUnicast()
		if !operator && private && !netip.MustParsePrefix("10.1.0.0/16").Contains(addr) {
			t.Errorf("%q is private and was not refused", address)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	guard := mustGuard(b, []string{"10.1.0.0/16", "crm.example.com"}, []string{"203.0.113.0/24"})
	b.ReportAllocs()
	for b.Loop() {
		if guard.judge("93.184.216.34:443", false) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkJudgeHost(b *testing.B) {
	guard := mustGuard(b, []string{"10.1.0.0/16", "crm.example.com"}, []string{"203.0.113.0/24", "*.evil.example"})
	b.ReportAllocs()
	for b.Loop() {
		host, err := canonicalHost("hooks.slack.com")
		if err != nil || guard.judgeHost(host, true) != nil || isOperatorsWord(host) {
			b.Fatal("refused")
		}
	}
}
