package caddyfile

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/krosyn/gateway/handler"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("krosyn", parseSite)
	// After authentication and encode, and before a site's catch-all.
	httpcaddyfile.RegisterDirectiveOrder("krosyn", httpcaddyfile.Before, "handle")
}

// siteBlock has the subdirectives of the directive:
//
//	krosyn [<matcher>] {
//		base_path <path>
//		connector <name> { … }
//	}
var siteBlock = newBlock("a site's krosyn block", []directive[*site]{
	{name: "base_path", usage: "PATH", parse: func(l *line, s *site) error {
		return l.path(&s.BasePath)
	}},
	{name: "connector", usage: "NAME { … }", repeat: true, parse: parseConnector},
})

// site is the handler of one krosyn block, and where the connectors of all blocks are declared.
type site struct {
	*handler.Handler
	declared map[string]string
}

func parseSite(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	if !h.Next() {
		return nil, h.EOFErr()
	}
	l := readLine(h.Dispenser, "{ … }")
	if err := l.count(0, 0); err != nil {
		return nil, err
	}
	const key = "krosyn.connectors"
	declared, ok := h.State[key].(map[string]string)
	if !ok {
		declared = make(map[string]string)
		h.State[key] = declared
	}
	s := &site{Handler: new(handler.Handler), declared: declared}
	if err := siteBlock.parse(h.Dispenser, s); err != nil {
		return nil, err
	}
	return s.Handler, nil
}

// declare refuses a connector's name that another connector has. A snippet that several sites import declares the
// same connector in each of them: whether it is the same indeed, the app finds out.
func (s *site) declare(l *line, name string) error {
	position := l.position()
	first, ok := s.declared[name]
	for _, sibling := range s.Connectors {
		if sibling.Name == name {
			return l.errf("connector %q is declared twice, first at %s", name, first)
		}
	}
	if ok && first != position {
		return l.errf("connector %q is declared twice, first at %s", name, first)
	}
	s.declared[name] = position
	return nil
}
