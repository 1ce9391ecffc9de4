package event

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Redacted stands where a secret was.
const Redacted = "[REDACTED]"

// shortestSecret is the number of characters from which on a secret is looked for: a shorter one would be found in
// texts that have nothing to do with it.
const shortestSecret = 8

// Redactor keeps secrets out of what is stored, logged and shown. It replaces the value of each secret, in plain
// text, as it is escaped in JSON and URLs, and inside base64, by Redacted; of headers that are made to carry
// credentials it replaces the whole value. Texts in which there is nothing to replace are given back as they are,
// without an allocation. A Redactor is safe for concurrent use.
//
// Blanks around a secret are not taken for a part of it, since senders trim them. What an expression makes of a
// secret (its upper case, its hash, a part of it) is not recognised.
type Redactor struct {
	matcher *matcher
	headers headerNames
	short   []string
}

// NewRedactor makes the redactor of secrets, which are given by name, and of credential headers beside those that
// are known to be.
func NewRedactor(secrets map[string]string, headers []string) *Redactor {
	r := &Redactor{headers: newHeaderNames(headers)}
	var patterns []pattern
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		value := strings.TrimSpace(secrets[name])
		if utf8.RuneCountInString(value) < shortestSecret || strings.Contains(Redacted, value) {
			r.short = append(r.short, name)
			continue
		}
		patterns = append(patterns, patternsOf(value)...)
	}
	r.matcher = newMatcher(patterns)
	return r
}

// Short lists the secrets that are not looked for because they are too short, by name.
func (r *Redactor) Short() []string { return r.short }

// String redacts a text that is not JSON.
func (r *Redactor) String(s string) string {
	var few [4]span
	spans := appendSpans(few[:0], r.matcher, s)
	if len(spans) == 0 {
		return s
	}
	return string(appendRedacted(nil, s, spans))
}

// Bytes is String for bytes. It does not change them: the result is either text itself or a copy.
func (r *Redactor) Bytes(text []byte) []byte {
	var few [4]span
	spans := appendSpans(few[:0], r.matcher, text)
	if len(spans) == 0 {
		return text
	}
	return appendRedacted(nil, text, spans)
}

// Error redacts what an error says. It does not change the error: the result is either err itself or a copy.
func (r *Redactor) Error(err *Error) *Error {
	if err == nil {
		return nil
	}
	message, detail := r.String(err.Message), r.String(err.Detail)
	if message == err.Message && detail == err.Detail {
		return err
	}
	return &Error{Step: err.Step, Code: err.Code, Message: message, Detail: detail}
}

func appendRedacted[text string | []byte](dst []byte, s text, spans []span) []byte {
	from := 0
	for _, found := range spans {
		dst = append(dst, s[from:found.start]...)
		dst = append(dst, Redacted...)
		from = found.end
	}
	return append(dst, s[from:]...)
}
