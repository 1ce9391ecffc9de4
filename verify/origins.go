package verify

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// CheckOrigin refuses a request that does not come from one of the endpoint's origins. The Origin header counts, or
// the Referer where there is none. With a list of origins, a request that has neither, or one that cannot be read
// beyond doubt, or several of them, is refused. It protects against browsers that are led astray: whoever calls
// without one writes the header that he likes.
func (e *Endpoint) CheckOrigin(header http.Header) *Rejection {
	if e.Origins == nil || e.Origins.allow(header) {
		return nil
	}
	return originRefused
}

// Origins is a list of allowed origins. It is safe for concurrent use.
type Origins struct {
	exact map[origin]struct{}
	// below has the origins below which every subdomain is allowed; their host begins with the dot.
	below []origin
}

// ParseOrigins reads origins written as `scheme://host` or `scheme://host:port`. A host `*.example.org` stands for
// every name below example.org, at any depth, and not for example.org itself. Names outside ASCII are compared in
// their IDNA form. An empty list is refused, since it would allow nobody; no list at all is a nil *Origins.
func ParseOrigins(list []string) (*Origins, error) {
	if len(list) == 0 {
		return nil, errors.New("list of allowed origins is empty")
	}
	origins := &Origins{exact: make(map[origin]struct{}, len(list))}
	for _, entry := range list {
		if err := origins.add(entry); err != nil {
			return nil, fmt.Errorf("origin %q %w", entry, err)
		}
	}
	return origins, nil
}

func (o *Origins) add(entry string) error {
	switch entry {
	case "":
		return errors.New("is empty")
	case "*":
		return errors.New("stands for any: name the origins, or leave the list out to allow any")
	case "null":
		return errors.New("names no site: any sandboxed page could send it")
	}
	scheme, rest, ok := strings.Cut(entry, "://")
	if !ok {
		return fmt.Errorf("has no scheme: write https://%s", entry)
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return fmt.Errorf("has a path or query: write %s://%s", scheme, rest[:i])
	}
	if strings.Contains(rest, "@") {
		return errors.New("has a user name: write scheme://host[:port]")
	}
	name, wildcard := strings.CutPrefix(rest, "*.")
	if strings.Contains(name, "*") {
		return errors.New("may have `*.` in front of a whole name only, as in https://*.example.org")
	}
	name, err := asciiHost(name)
	if err != nil {
		return err
	}
	parsed, err := parseOrigin(scheme, name)
	if err != nil {
		return err
	}
	if strings.HasSuffix(parsed.host, ".") {
		return errors.New("has a host that ends with a dot")
	}
	if !wildcard {
		o.exact[parsed] = struct{}{}
		return nil
	}
	if _, err := netip.ParseAddr(strings.Trim(parsed.host, "[]")); err == nil {
		return errors.New("has `*.` in front of an address")
	}
	parsed.host = "." + parsed.host
	o.below = append(o.below, parsed)
	return nil
}

// asciiHost gives the IDNA form of a configured host (with or without a port) that is not ASCII.
func asciiHost(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	host, port, hasPort := strings.Cut(name, ":")
	host, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", fmt.Errorf("has an invalid host: %w", err)
	}
	if hasPort {
		host += ":" + port
	}
	return host, nil
}

func (o *Origins) allow(header http.Header) bool {
	name := "Origin"
	values := header[name]
	if len(values) == 0 {
		name = "Referer"
		values = header[name]
	}
	if len(values) != 1 {
		return false
	}
	scheme, authority, ok := strings.Cut(values[0], "://")
	if !ok {
		return false
	}
	if name == "Referer" {
		if i := strings.IndexAny(authority, "/?#"); i >= 0 {
			authority = authority[:i]
		}
	}
	from, err := parseOrigin(scheme, authority)
	if err != nil {
		return false
	}
	return o.contains(from)
}

func (o *Origins) contains(from origin) bool {
	if _, ok := o.exact[from]; ok {
		return true
	}
	for _, parent := range o.below {
		if from.scheme == parent.scheme && from.port == parent.port && strings.HasSuffix(from.host, parent.host) {
			return true
		}
	}
	return false
}
