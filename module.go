// Package krosyn is the Krosyn gateway, a plugin for Caddy that turns webhooks and API calls into reliable actions:
// a request reaches a connector, its trigger decides, process looks data up and sets fields, perform sends the
// outbound request, and every execution is an event that can be listed, explained and retried.
//
// Importing this package plugs every module in; it holds nothing else. Build a Caddy with it by
//
//	xcaddy build --with github.com/krosyn/gateway
package krosyn

import (
	_ "github.com/krosyn/gateway/admin"
	_ "github.com/krosyn/gateway/app"
	_ "github.com/krosyn/gateway/caddyfile"
	_ "github.com/krosyn/gateway/command"
	_ "github.com/krosyn/gateway/handler"
	_ "github.com/krosyn/gateway/store/badger"
	_ "github.com/krosyn/gateway/verifier"
)
