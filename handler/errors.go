package handler

import (
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// errorRoutes are a site's error routes, for one request, and otherwise answers what they do not. Caddy itself answers
// that with the status alone: behind the routes, which is of no concern here, and behind one that is terminal, as the
// Caddyfile makes those of a site with a host. So such a one leads to otherwise here.
func errorRoutes(routes caddyhttp.RouteList, otherwise caddyhttp.Handler) caddyhttp.Handler {
	next := otherwise
	for _, route := range slices.Backward(routes) {
		if route.Terminal {
			entered := &entry{matchers: route.MatcherSets}
			route.Terminal, route.MatcherSets = false, caddyhttp.MatcherSets{{entered}}
			next = fork{entered, otherwise, next}
		}
		next = caddyhttp.RouteList{route}.Compile(next)
	}
	return next
}

// entry matches what a route's own matchers do, and remembers it: a route of a group may be passed by without that.
type entry struct {
	matchers caddyhttp.MatcherSets
	matched  bool
}

// MatchWithError implements caddyhttp.RequestMatcherWithError.
func (e *entry) MatchWithError(r *http.Request) (matched bool, err error) {
	e.matched, err = e.matchers.AnyMatchWithError(r)
	return e.matched, err
}

// fork goes on behind a route by whether the request went through it.
type fork struct {
	entered         *entry
	through, passed caddyhttp.Handler
}

// ServeHTTP implements caddyhttp.Handler.
func (f fork) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	if f.entered.matched {
		return f.through.ServeHTTP(w, r)
	}
	return f.passed.ServeHTTP(w, r)
}

// Interface guards
var (
	_ caddyhttp.RequestMatcherWithError = (*entry)(nil)
	_ caddyhttp.Handler                 = fork{}
)
