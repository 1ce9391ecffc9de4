package caddyfile

import (
	"slices"
	"strings"

	"github.com/krosyn/gateway/app"
)

// parseNotify reads `notify WHAT via CONNECTOR [every TIME]`.
func parseNotify(l *line, a *app.App) error {
	if err := l.count(3, 5); err != nil {
		return err
	}
	n := app.Notify{Of: l.words[0], Via: l.words[2]}
	if !slices.Contains(app.Notifications, n.Of) {
		return l.errf("notify cannot be %q; allowed: %s", n.Of, strings.Join(app.Notifications, ", "))
	}
	if l.words[1] != "via" {
		return l.errf("notify: %q stands where via belongs, expected: notify %s", l.words[1], l.usage)
	}
	if err := l.checkName(n.Via); err != nil {
		return err
	}
	switch len(l.words) {
	case 4:
		return l.errf("notify lacks a word, expected: notify %s", l.usage)
	case 5:
		if l.words[3] != "every" {
			return l.errf("notify: %q stands where every belongs, expected: notify %s", l.words[3], l.usage)
		}
		if err := l.duration(&n.Every, l.words[4]); err != nil {
			return err
		}
	}
	for _, other := range a.Notify {
		if other.Of == n.Of && other.Via == n.Via {
			return l.errf("notify %s via %s is declared twice", n.Of, n.Via)
		}
	}
	a.Notify = append(a.Notify, n)
	return nil
}
