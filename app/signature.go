package app

import (
	"errors"
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/verify"
	"github.com/krosyn/gateway/verify/signature"
)

// provisionSignature loads the signature scheme and the handshakes.
func (e *Endpoint) provisionSignature(ctx caddy.Context, checked *verify.Endpoint) (faults []error) {
	if e.SignatureRaw != nil {
		if err := e.loadSignature(ctx, checked); err != nil {
			faults = append(faults, fmt.Errorf("signature: %w", err))
		}
	}
	for _, name := range e.Handshakes {
		handshake, err := signature.NewHandshake(name, checked.Signature)
		if err != nil {
			faults = append(faults, fmt.Errorf("handshake: %w", err))
			continue
		}
		checked.Handshakes = append(checked.Handshakes, handshake)
	}
	return faults
}

func (e *Endpoint) loadSignature(ctx caddy.Context, checked *verify.Endpoint) error {
	if e.Auth == authNone {
		return errors.New("`auth none` and a signature exclude each other")
	}
	module, err := ctx.LoadModule(e, "SignatureRaw")
	if err != nil {
		return err
	}
	provider, ok := module.(signature.Provider)
	if !ok {
		return fmt.Errorf("module %T is no signature scheme", module)
	}
	checked.Signature = provider.Verifier()
	if handshake := provider.Handshake(); handshake != nil {
		checked.Handshakes = append(checked.Handshakes, handshake)
	}
	e.credentials = append(e.credentials, provider.Credentials()...)
	return nil
}
