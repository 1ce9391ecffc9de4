package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxHost is the longest name that DNS knows (RFC 1035, section 2.3.4).
const maxHost = 253

// canonicalHost is the one spelling of a URL's host, without port and brackets: lower case, ASCII, no dot at the end.
// It refuses what one resolver takes for a name and another for an address.
func canonicalHost(host string) (string, error) {
	switch {
	case host == "":
		return "", errors.New("the URL has no host")
	case len(host) > maxHost+1:
		return "", fmt.Errorf("host %q is longer than a name can be", clip(host))
	case strings.ContainsRune(host, '%'):
		return "", fmt.Errorf("host %q has a zone or an escape", clip(host))
	}
	if addr, ok := literal(host); ok {
		return addr.String(), nil
	}
	if isASCII(host) {
		host = strings.ToLower(host)
	} else {
		mapped, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("host %q is no name: %w", clip(host), err)
		}
		host = mapped
	}
	host = strings.TrimSuffix(host, ".")
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || !isLabel(label) {
			return "", fmt.Errorf("host %q is no name", clip(host))
		}
	}
	if last := host[strings.LastIndexByte(host, '.')+1:]; isNumeric(last) {
		return "", fmt.Errorf("host %q is an address in an ambiguous spelling: write it as four decimal numbers", clip(host))
	}
	return host, nil
}

// isOperatorsWord tells whether a canonical host that stands in the configuration may be private: an address, or a
// name that only means something on this machine or in its network.
func isOperatorsWord(host string) bool {
	if host == "localhost" || !strings.ContainsRune(host, '.') {
		return true
	}
	for _, suffix := range [...]string{".internal", ".local", ".localhost", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	_, ok := literal(host)
	return ok
}

// literal reads an address. A name is seen to be none without the cost of an error.
func literal(host string) (netip.Addr, bool) {
	if last := host[len(host)-1]; (last < '0' || '9' < last) && !strings.ContainsRune(host, ':') {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

// withoutPort is the host of a URL's host part, with the brackets of an IPv6 address removed.
func withoutPort(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	if strings.HasPrefix(hostport, "[") && strings.HasSuffix(hostport, "]") {
		return hostport[1 : len(hostport)-1]
	}
	return hostport
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isLabel accepts the underscore too, which container names have.
func isLabel(label string) bool {
	for i := range len(label) {
		c := label[i]
		if ('a' > c || c > 'z') && ('0' > c || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// isNumeric tells whether a name that ends in this label is taken for an IPv4 address by some resolvers: decimal,
// octal or hexadecimal numbers, fewer than four of them too (inet_aton(3)).
func isNumeric(label string) bool {
	if hex, found := strings.CutPrefix(label, "0x"); found {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// hostSet holds names, and domains whose sub-domains all belong to it.
type hostSet struct {
	names   map[string]bool
	domains []string
}

// match gives the entry to which a canonical host belongs, as it was written but for its case; "" for none.
func (s *hostSet) match(host string) string {
	if s.names[host] {
		return host
	}
	for _, domain := range s.domains {
		if strings.HasSuffix(host, domain) && len(host) > len(domain) {
			return "*" + domain
		}
	}
	return ""
}

// parseEntries reads what stands after `egress allow` or `egress deny`.
func parseEntries(entries []string) (networks []netip.Prefix, hosts hostSet, err error) {
	hosts.names = make(map[string]bool)
	for _, entry := range entries {
		if addr, err := netip.ParseAddr(entry); err == nil {
			if addr.Zone() != "" {
				return nil, hosts, fmt.Errorf("%q has a zone", clip(entry))
			}
			networks = append(networks, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		if strings.ContainsRune(entry, '/') {
			network, err := parseNetwork(entry)
			if err != nil {
				return nil, hosts, err
			}
			networks = append(networks, network)
			continue
		}
		name, isDomain := strings.CutPrefix(entry, "*.")
		host, err := canonicalHost(name)
		if err != nil {
			return nil, hosts, fmt.Errorf(
				"%q is none of: a network (10.1.0.0/16), an address, a host name without scheme and port, *.domain: %w",
				clip(entry), err)
		}
		if isDomain {
			hosts.domains = append(hosts.domains, "."+host)
			continue
		}
		hosts.names[host] = true
	}
	return networks, hosts, nil
}

func parseNetwork(entry string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(entry)
	if err != nil {
		return network, fmt.Errorf(
			"%q is no network such as 10.1.0.0/16 (a host name has no scheme and no path)", clip(entry))
	}
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	if network != network.Masked() {
		return network, fmt.Errorf("%q has bits beyond its mask: write %s", clip(entry), network.Masked())
	}
	return network, nil
}
