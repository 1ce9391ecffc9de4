// Command caddy is Caddy with its standard modules and the Krosyn gateway.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "time/tzdata"

	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/krosyn/gateway"
)

func main() {
	caddycmd.Main()
}
