package integration

import (
	"strings"
	"testing"
)

// TestPageSenders signs a request as the page says, for the page's connector.
func TestPageSenders(t *testing.T) {
	to := newTarget(t)
	var connector string
	for _, b := range blocksOf(t, "docs/senders.md") {
		if strings.HasPrefix(b.text, "connector own {") {
			connector = strings.ReplaceAll(b.text, "https://app.example.net", to.URL)
		}
	}
	g := start(t, asyncConfig(connector), "OWN_SECRET=a-secret-of-many-letters")
	r := newReader(t, g, map[string]conduct{
		`body='{"hello":"world"}'`: {prints: `{"event_id":"0199f0c4-…","status":"completed"}`},
	})
	r.read("docs/senders.md")
	if got := to.last(t, "/events").body; got != `{"hello":"world"}` {
		t.Errorf("the target got %s", got)
	}
}

// TestPageRecipes runs what the page has for a crontab.
func TestPageRecipes(t *testing.T) {
	to := newTarget(t)
	g := start(t, asyncConfig("connector morning-report {\nbearer_token {env.TIMER_TOKEN}\nperform POST "+to.URL+"\n}"),
		"TIMER_TOKEN="+callers)
	r := newReader(t, g, nil)
	r.read("docs/recipes.md")
	if n := to.count("/"); n != 1 {
		t.Errorf("the target got %d requests", n)
	}
}
