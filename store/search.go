package store

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/krosyn/gateway/event"
)

// Matcher decides whether an event has a text in its payload or errors, whatever the case of either. The payload is
// searched as it was received and, because JSON can spell a character in several ways, in its decoded strings too.
type Matcher struct {
	text []byte
	// spelled tells that JSON may spell the text otherwise than it is.
	spelled bool
}

// NewMatcher makes the matcher of a text; an empty one matches every event.
func NewMatcher(text string) *Matcher {
	m := &Matcher{text: []byte(strings.ToLower(text))}
	// Besides quotes, backslashes and control characters, encoders escape all that is not ASCII, what HTML reserves,
	// and the slash.
	for _, c := range m.text {
		if c < ' ' || c > '~' || strings.IndexByte(`"\/<>&`, c) >= 0 {
			m.spelled = true
		}
	}
	return m
}

// MayMatch tells whether the event whose JSON this is can match. It is cheap, where Match needs the decoded event.
func (m *Matcher) MayMatch(encoded []byte) bool {
	return m.contains(encoded) || bytes.IndexByte(encoded, '\\') >= 0 || m.spelled
}

// Match tells whether e has the text.
func (m *Matcher) Match(e *event.Event) bool {
	return m.contains(e.Payload) || m.inStrings(e.Payload) || m.inErrors(e)
}

func (m *Matcher) contains(text []byte) bool {
	return len(m.text) == 0 || bytes.Contains(bytes.ToLower(text), m.text)
}

func (m *Matcher) inErrors(e *event.Event) bool {
	if e.Error != nil && (m.contains([]byte(e.Error.Message)) || m.contains([]byte(e.Error.Detail))) {
		return true
	}
	if e.Lookup != nil && m.contains([]byte(e.Lookup.Error)) {
		return true
	}
	for _, attempt := range e.Attempts {
		if attempt.Error != nil && m.contains([]byte(*attempt.Error)) {
			return true
		}
	}
	return false
}

// inStrings searches the decoded strings of a payload that has escapes; without any they are in its bytes.
func (m *Matcher) inStrings(payload []byte) bool {
	if bytes.IndexByte(payload, '\\') < 0 {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		if s, ok := token.(string); ok && m.contains([]byte(s)) {
			return true
		}
	}
}
