package pipeline

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// urlReader follows a URL from left to right as it is put together, so as to know where in it data stands.
// It reads what RFC 3986 calls scheme, authority, path and query.
type urlReader struct {
	state state
	// shown is the URL with neutral text in place of data and secrets, for errors; whole has the secrets.
	shown, whole strings.Builder
	authority    strings.Builder
	dataHost     bool
}

type state int

const (
	stateScheme state = iota
	stateAuthority
	statePath
	stateQueryKey
	stateQueryValue
)

// text reads literal text.
func (u *urlReader) text(s string) error {
	u.shown.WriteString(s)
	return u.read(s)
}

// secret reads the value of a secret, which stands in the URL as it is.
func (u *urlReader) secret(value string) error {
	u.shown.WriteString("secret")
	return u.read(value)
}

// data notes a piece of data, here called by its source, and says where it stands.
func (u *urlReader) data(source string) (place, error) {
	u.shown.WriteString("data")
	u.whole.WriteString("data")
	switch u.state {
	case stateScheme:
		return placeNone, fmt.Errorf("%s stands where the URL's scheme belongs: begin the URL with http:// or https://", source)
	case stateAuthority:
		if u.authority.Len() > 0 {
			return placeNone, fmt.Errorf("%s stands in a part of the host: only the whole host can come from data", source)
		}
		u.dataHost = true
		u.authority.WriteString("data")
		return placeHost, nil
	case statePath:
		return placeSegment, nil
	case stateQueryKey:
		return placeNone, fmt.Errorf("%s stands in the name of a query parameter: only its value can come from data", source)
	case stateQueryValue:
		return placeQuery, nil
	}
	return placeNone, errors.New("unknown place in a URL")
}

func (u *urlReader) read(s string) error {
	for s != "" {
		var end int
		switch u.state {
		case stateScheme:
			whole := u.whole.String() + s
			i := strings.Index(whole, "://")
			if i < 0 {
				u.whole.WriteString(s)
				return nil
			}
			end = i + len("://") - u.whole.Len()
			u.enter(stateAuthority, s[:end])
		case stateAuthority:
			if end = strings.IndexAny(s, "/?#\\"); end < 0 {
				end = len(s)
			}
			if u.dataHost && end > 0 {
				return errors.New("only the whole host can come from data, with nothing beside it")
			}
			u.authority.WriteString(s[:end])
			u.whole.WriteString(s[:end])
			if end < len(s) {
				u.state = statePath
			}
		case statePath:
			if end = strings.IndexByte(s, '?') + 1; end == 0 {
				end = len(s)
				u.whole.WriteString(s)
			} else {
				u.enter(stateQueryKey, s[:end])
			}
		case stateQueryKey:
			end = u.until(s, '=', stateQueryValue)
		case stateQueryValue:
			end = u.until(s, '&', stateQueryKey)
		}
		s = s[end:]
	}
	return nil
}

// until reads up to and with a separator, after which the next state begins.
func (u *urlReader) until(s string, separator byte, next state) int {
	end := strings.IndexByte(s, separator) + 1
	if end == 0 {
		u.whole.WriteString(s)
		return len(s)
	}
	u.enter(next, s[:end])
	return end
}

func (u *urlReader) enter(next state, read string) {
	u.whole.WriteString(read)
	u.state = next
}

// finish judges the whole URL. Its errors never show a secret.
func (u *urlReader) finish() error {
	shown := u.shown.String()
	if shown == "" {
		return errors.New("the URL is empty")
	}
	if u.state == stateScheme {
		return fmt.Errorf("%q is no absolute URL: begin it with http:// or https://", shown)
	}
	parsed, err := url.Parse(u.whole.String())
	if err != nil {
		if _, err := url.Parse(shown); err != nil {
			return fmt.Errorf("%q is not a URL: %w", shown, errors.Unwrap(err))
		}
		return fmt.Errorf("with the value of its secrets, %q is not a URL", shown)
	}
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return fmt.Errorf("%q must begin with http:// or https://", shown)
	case parsed.User != nil:
		return fmt.Errorf("%q has a user in its host: send credentials in a header", shown)
	case parsed.Hostname() == "":
		return fmt.Errorf("%q has no host", shown)
	case !validPort(parsed.Port()):
		return fmt.Errorf("%q has a port that is no number from 1 to 65535", shown)
	case strings.Contains(u.whole.String(), "#"):
		return fmt.Errorf("%q has a fragment, which is never sent", shown)
	}
	return nil
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
