package caddyfile

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/outbound"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("krosyn", parseGlobal)
}

// globalBlock has the subdirectives of the global option:
//
//	krosyn {
//		store         <engine> { … }
//		secret        <name> <value> ["description"]
//		max_depth     <count>
//		max_body      <size>
//		capture_body  <size>
//		redact_header <name…>
//		egress {
//			allow <network, address or host…>
//			deny  <network, address or host…>
//		}
//		workers       <count>
//		queue_limit   <count>
//		notify        <what> via <connector> [every <time>]
//	}
var globalBlock = newBlock("the global krosyn block", []directive[*app.App]{
	{name: "store", usage: "ENGINE { … }", parse: parseStore},
	{name: "secret", usage: `NAME VALUE ["DESCRIPTION"]`, repeat: true, parse: parseSecret},
	{name: "max_depth", usage: "COUNT", parse: func(l *line, a *app.App) error {
		if err := l.count(1, 1); err != nil {
			return err
		}
		return l.number(&a.MaxDepth, l.words[0])
	}},
	{name: "max_body", usage: "SIZE", parse: func(l *line, a *app.App) error {
		return l.size(&a.MaxBody, 1)
	}},
	{name: "capture_body", usage: "SIZE", parse: func(l *line, a *app.App) error {
		a.CaptureBody = new(int64)
		return l.size(a.CaptureBody, 0)
	}},
	{name: "redact_header", usage: "NAME…", repeat: true, parse: parseRedactHeader},
	{name: "egress", usage: "{ … }", repeat: true, parse: parseEgress},
	{name: "workers", usage: "COUNT", parse: func(l *line, a *app.App) error {
		if err := l.count(1, 1); err != nil {
			return err
		}
		return l.number(&a.Workers, l.words[0])
	}},
	{name: "queue_limit", usage: "COUNT", parse: func(l *line, a *app.App) error {
		if err := l.count(1, 1); err != nil {
			return err
		}
		return l.number(&a.QueueLimit, l.words[0])
	}},
	{name: "notify", usage: "WHAT via CONNECTOR [every TIME]", repeat: true, parse: parseNotify},
})

var egressBlock = newBlock("egress", []directive[*app.Egress]{
	{name: "allow", usage: "HOST…", repeat: true, parse: func(l *line, e *app.Egress) error {
		return l.hosts(&e.Allow, l.words, nil)
	}},
	{name: "deny", usage: "HOST…", repeat: true, parse: func(l *line, e *app.Egress) error {
		return l.hosts(&e.Deny, nil, l.words)
	}},
})

// parseGlobal reads one global block. A further one continues the first, whose JSON is what Caddy hands over as
// existing: its names are those of the directives.
func parseGlobal(d *caddyfile.Dispenser, existing any) (any, error) {
	gateway := new(app.App)
	var set []string
	if first, ok := existing.(httpcaddyfile.App); ok {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(first.Value, &fields); err != nil {
			return nil, d.WrapErr(err)
		}
		if err := json.Unmarshal(first.Value, gateway); err != nil {
			return nil, d.WrapErr(err)
		}
		set = slices.Collect(maps.Keys(fields))
	}
	if !d.Next() {
		return nil, d.EOFErr()
	}
	l := readLine(d, "{ … }")
	if err := l.count(0, 0); err != nil {
		return nil, err
	}
	if err := globalBlock.parse(d, gateway, set...); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "krosyn", Value: caddyconfig.JSON(gateway, nil)}, nil
}

// parseStore leaves the block to the store's own module.
func parseStore(l *line, a *app.App) error {
	raw, err := l.guest("krosyn.stores", "engine")
	a.StoreRaw = raw
	return err
}

var validSecretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseSecret(l *line, a *app.App) error {
	if err := l.count(2, 3); err != nil {
		return err
	}
	name := l.words[0]
	if !validSecretName.MatchString(name) {
		return l.errf("secret: %q is not a name: letters, digits and _, not beginning with a digit", name)
	}
	if _, ok := a.Secrets[name]; ok {
		return l.errf("secret %s is declared twice", name)
	}
	secret := app.Secret{Value: l.words[1]}
	if secret.Value == "" {
		return l.errf("secret %s is empty", name)
	}
	if err := l.checkPlaceholder(secret.Value); err != nil {
		return err
	}
	if len(l.words) == 3 {
		secret.Description = l.words[2]
	}
	if a.Secrets == nil {
		a.Secrets = make(map[string]app.Secret)
	}
	a.Secrets[name] = secret
	return nil
}

func parseRedactHeader(l *line, a *app.App) error {
	for _, name := range l.words {
		if err := l.checkHeader(name); err != nil {
			return err
		}
	}
	a.RedactHeaders = append(a.RedactHeaders, l.words...)
	return l.count(1, anyNumber)
}

func parseEgress(l *line, a *app.App) error {
	if err := l.count(0, 0); err != nil {
		return err
	}
	if a.Egress == nil {
		a.Egress = new(app.Egress)
	}
	return nested(l, egressBlock, a.Egress)
}

// hosts reads a line of networks, addresses and host names, which a guard must be able to allow or deny, and appends
// them to dst.
func (l *line) hosts(dst *[]string, allow, deny []string) error {
	if err := l.count(1, anyNumber); err != nil {
		return err
	}
	if _, err := outbound.NewGuard(allow, deny); err != nil {
		return l.d.WrapErr(err)
	}
	*dst = append(*dst, l.words...)
	return nil
}
