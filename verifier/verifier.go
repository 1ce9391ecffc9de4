package verifier

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/krosyn/gateway/verify/signature"
)

// Verifier is the guest module `krosyn.verifiers.<scheme>`: stub, the fields follow.
type Verifier struct{ scheme string }

func (v *Verifier) Verifier() signature.Verifier                 { return nil }
func (v *Verifier) Handshake() signature.Handshake               { return nil }
func (v *Verifier) Secrets() []string                            { return nil }
func (v *Verifier) CaddyModule() caddy.ModuleInfo                { return caddy.ModuleInfo{} }
func (v *Verifier) UnmarshalCaddyfile(d *caddyfile.Dispenser) error { return nil }
