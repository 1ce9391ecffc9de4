package caddyfile

import (
	"encoding/json"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// guest reads a line whose first word names a module of a namespace, and leaves the rest of it and its block to that
// module. It gives the module's JSON, in which key has the module's name.
func (l *line) guest(namespace, key string) (json.RawMessage, error) {
	if len(l.words) == 0 {
		return nil, l.count(1, 1)
	}
	for range len(l.words) - 1 {
		l.d.Prev()
	}
	name := l.words[0]
	if _, err := caddy.GetModule(namespace + "." + name); err != nil {
		var known []string
		for _, info := range caddy.GetModules(namespace) {
			known = append(known, info.ID.Name())
		}
		return nil, l.errf("unknown %s %q; this build has: %s", l.name, name, strings.Join(known, ", "))
	}
	l.blockRead = true
	module, err := caddyfile.UnmarshalModule(l.d, namespace+"."+name)
	if err != nil {
		return nil, err
	}
	return caddyconfig.JSONModuleObject(module, key, name, nil), nil
}
