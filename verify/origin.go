package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// origin is the scheme, host and port of a URL (RFC 6454), in the one spelling in which they can be compared.
type origin struct {
	scheme string
	host   string
	// port is 0 for the scheme's default.
	port uint16
}

// parseOrigin reads a scheme and a `host[:port]` into comparable form. It is stricter than a URL parser on purpose:
// user names, percent signs, backslashes, blanks and anything outside ASCII, with which parsers disagree about where
// the host ends, are refused. Browsers send none of them.
func parseOrigin(scheme, authority string) (origin, error) {
	var o origin
	if !isScheme(scheme) {
		return o, fmt.Errorf("has an invalid scheme %q", scheme)
	}
	o.scheme = strings.ToLower(scheme)
	host, port, err := splitAuthority(authority)
	if err != nil {
		return o, err
	}
	o.host = host
	if port == "" {
		return o, nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return o, fmt.Errorf("has an invalid port %q", port)
	}
	if number != uint64(defaultPort(o.scheme)) {
		o.port = uint16(number)
	}
	return o, nil
}

// splitAuthority gives the host, in lower case or as a canonical address, and the port, "" where there is none.
func splitAuthority(authority string) (host, port string, err error) {
	rest := ""
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 {
			return "", "", errors.New("has an address without its closing bracket")
		}
		address, err := netip.ParseAddr(authority[1:end])
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", "", errors.New("has brackets around something other than an IPv6 address")
		}
		host, rest = "["+address.String()+"]", authority[end+1:]
	} else {
		end := strings.IndexByte(authority, ':')
		if end < 0 {
			end = len(authority)
		}
		host, rest = strings.ToLower(authority[:end]), authority[end:]
		if !isHost(host) {
			return "", "", fmt.Errorf("has an invalid host %q", host)
		}
	}
	if rest == "" {
		return host, "", nil
	}
	port, ok := strings.CutPrefix(rest, ":")
	if !ok || port == "" {
		return "", "", fmt.Errorf("has %q where a port should be", rest)
	}
	return host, port, nil
}

func defaultPort(scheme string) uint16 {
	switch scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return 0
}

// isScheme follows RFC 3986, section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.Contains("0123456789+-.", s[i:i+1])) {
			return false
		}
	}
	return s != ""
}

// isHost accepts the characters of domain names and IPv4 addresses, and `_`, which names of test hosts have.
func isHost(s string) bool {
	const longest = 253 // RFC 1035, section 2.3.4, as text
	if s == "" || len(s) > longest || s[0] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
