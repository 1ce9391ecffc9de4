package integration

import "testing"

// TestPageTokens makes, replaces and revokes tokens of a connector that has none.
func TestPageTokens(t *testing.T) {
	to := newTarget(t)
	g := start(t, asyncConfig("connector orders {\nauth tokens\nperform POST "+to.URL+"\n}"))
	r := newReader(t, g, nil)
	r.read("docs/tokens.md")
}
