package caddyfile

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/dustin/go-humanize"
	"golang.org/x/net/http/httpguts"

	"github.com/krosyn/gateway/verify"
)

// text reads a line of one value into dst. An empty one is refused: it would count as none.
func (l *line) text(dst *string) error {
	if err := l.value(1); err != nil {
		return err
	}
	if l.words[0] == "" {
		return l.errf("%s: the value is empty", l.name)
	}
	*dst = l.words[0]
	return nil
}

// oneOf reads a line of one word that must be one of the allowed ones.
func (l *line) oneOf(dst *string, allowed ...string) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	if !slices.Contains(allowed, l.words[0]) {
		return l.errf("%s cannot be %q; allowed: %s", l.name, l.words[0], strings.Join(allowed, ", "))
	}
	*dst = l.words[0]
	return nil
}

// flag reads a line that is true by being there.
func (l *line) flag(dst *bool) error {
	*dst = true
	return l.count(0, 0)
}

// number reads word, a whole number of at least 1.
func (l *line) number(dst *int, word string) error {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 {
		return l.errf("%s: %q is not a whole number of at least 1", l.name, word)
	}
	*dst = n
	return nil
}

// duration reads word, a duration above zero.
func (l *line) duration(dst *caddy.Duration, word string) error {
	parsed, err := caddy.ParseDuration(word)
	if err != nil || parsed <= 0 {
		return l.errf("%s: %q is not a duration above zero, such as 500ms, 30s, 5m or 1d", l.name, word)
	}
	*dst = caddy.Duration(parsed)
	return nil
}

// timeout reads a line of one duration.
func (l *line) timeout(dst *caddy.Duration) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	return l.duration(dst, l.words[0])
}

// size reads a line of one number of bytes, which must be at least least.
func (l *line) size(dst *int64, least uint64) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	bytes, err := humanize.ParseBytes(l.words[0])
	if err != nil || bytes > math.MaxInt64 {
		return l.errf("%s: %q is not a size, such as 64KiB, 1MiB or 10GiB", l.name, l.words[0])
	}
	if bytes < least {
		return l.errf("%s must be at least %d byte", l.name, least)
	}
	*dst = int64(bytes)
	return nil
}

// path reads a line of one absolute URL path.
func (l *line) path(dst *string) error {
	if err := l.count(1, 1); err != nil {
		return err
	}
	if !strings.HasPrefix(l.words[0], "/") || strings.ContainsAny(l.words[0], "?#") {
		return l.errf("%s: %q is not a path, which begins with / and has no query", l.name, l.words[0])
	}
	*dst = l.words[0]
	return nil
}

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// checkName refuses what is no name of a connector or endpoint.
func (l *line) checkName(word string) error {
	if !validName.MatchString(word) {
		return l.errf("%s: %q is not a name: lower-case letters, digits, _ and -, beginning with a letter or digit",
			l.name, word)
	}
	return nil
}

// checkHeader refuses what is no header's name (RFC 9110, section 5.1).
func (l *line) checkHeader(word string) error {
	if !httpguts.ValidHeaderFieldName(word) {
		return l.errf("%s: %q is not a header name", l.name, word)
	}
	return nil
}

// checkPlaceholder refuses a placeholder that has no value when the configuration is loaded. Caddy itself rewrites
// a relative {file.x} in a site to a placeholder of the request.
func (l *line) checkPlaceholder(word string) error {
	if strings.Contains(word, "{http.") {
		return l.errf("%s: %s has no value when the configuration is loaded: write {env.NAME}, or {file./path} with an "+
			"absolute path", l.name, word)
	}
	return nil
}

// checkCredential refuses a token that nobody could ever present.
func (l *line) checkCredential(word string) error {
	if err := l.checkPlaceholder(word); err != nil {
		return err
	}
	if strings.Contains(word, "{") {
		return nil
	}
	if _, err := verify.NewToken(word); err != nil {
		return l.errf("%s: %w", l.name, err)
	}
	return nil
}
