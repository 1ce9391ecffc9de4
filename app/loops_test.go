package app

import (
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func TestSites(t *testing.T) {
	hosts := caddyhttp.MatchHost{"hooks.example.com", "*.Shop.example.com"}
	s, err := newSites(map[string]*caddyhttp.Server{
		"named": {
			Listen: []string{":443"},
			Routes: caddyhttp.RouteList{{MatcherSets: caddyhttp.MatcherSets{{&hosts}}}},
		},
		"local": {Listen: []string{"127.0.0.2:8080"}},
		"any":   {Listen: []string{"0.0.0.0:9000-9002", "unix//run/x.sock", "nonsense:::"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host, port string
		own        bool
	}{
		{"hooks.example.com", "443", true}, {"hooks.example.com", "80", false}, {"a.shop.example.com", "443", true},
		{"shop.example.com", "443", false}, {"a.b.shop.example.com", "443", false}, {"elsewhere.example.com", "443", false},
		{"127.0.0.1", "443", true}, {"localhost", "443", true}, {"::1", "443", true}, {"203.0.113.1", "443", false},
		{"127.0.0.2", "8080", true}, {"127.0.0.1", "8080", false}, {"localhost", "9001", true}, {"localhost", "9003", false},
	} {
		if got := s.serve(test.host, test.port); got != test.own {
			t.Errorf("%s:%s is own: %v", test.host, test.port, got)
		}
	}
}
