package pipeline

import (
	"net/url"
	"strings"

	"github.com/krosyn/gateway/expression"
)

// LeadsTo tells to which of the gateway's own paths the perform leads, "" for none, as far as its URL is known before
// data arrives: isOwn judges the host and port, and a path segment with data in it counts as any segment. It is for a
// warning: such a connector may be meant, and a loop is stopped by depth.
func (c *Connector) LeadsTo(isOwn func(host, port string) bool, paths []string) string {
	if c.perform == nil || c.perform.target == nil {
		return ""
	}
	target, err := url.Parse(c.perform.target.outline(c.env.Secrets))
	if err != nil {
		return ""
	}
	port := target.Port()
	switch {
	case port != "":
	case target.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	if !isOwn(strings.ToLower(target.Hostname()), port) {
		return ""
	}
	segments := strings.Split(target.EscapedPath(), "/")
	for _, path := range paths {
		if matches(segments, strings.Split(path, "/")) {
			return path
		}
	}
	return ""
}

// anything is what stands for data in an outline: no URL has it otherwise.
const anything = "%00"

// outline is the URL without its data. A host that comes from data is "".
func (t *target) outline(secrets map[string]string) string {
	var b strings.Builder
	for i := range t.pieces {
		switch p := &t.pieces[i]; {
		case p.program == nil:
			b.WriteString(p.literal)
		case p.place == placeNone:
			// It was evaluated with the same secrets when it was compiled.
			secret, _ := p.program.Text(&expression.Context{Secrets: secrets})
			b.WriteString(secret)
		case p.place != placeHost:
			b.WriteString(anything)
		}
	}
	return b.String()
}

func matches(segments, path []string) bool {
	if len(segments) != len(path) {
		return false
	}
	for i := range path {
		if segments[i] != path[i] && !strings.Contains(segments[i], anything) {
			return false
		}
	}
	return true
}
