package event

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// patternsOf gives every form in which the text of a secret is looked for.
func patternsOf(secret string) []pattern {
	var patterns []pattern
	for _, form := range escapedForms(secret) {
		patterns = append(patterns, pattern{text: form})
	}
	for alignment := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			core, spills := insideBase64(secret, alignment, encoding)
			for _, form := range escapedForms(core) {
				if p := (pattern{form, spills}); !slices.Contains(patterns, p) {
					patterns = append(patterns, p)
				}
			}
		}
	}
	return patterns
}

// insideBase64 is what every base64 text shows of a secret before which alignment bytes, modulo 3, are encoded: the
// characters in which no other byte has a part.
func insideBase64(secret string, alignment int, encoding *base64.Encoding) (core string, spills spill) {
	const byteBits, characterBits = 8, 6
	text := encoding.EncodeToString(append(make([]byte, alignment), secret...))
	first := alignment * byteBits
	end := first + len(secret)*byteBits
	if first%characterBits != 0 {
		spills |= spillsBefore
	}
	if end%characterBits != 0 {
		spills |= spillsAfter
	}
	return text[(first+characterBits-1)/characterBits : end/characterBits], spills
}

// escapedForms gives s as it stands in plain text, in JSON and in URLs, in the spellings that are common there.
func escapedForms(s string) []string {
	const unreserved = "-._~" // RFC 3986, section 2.3
	forms := []string{s}
	if percentEncode(s, "-._") == s {
		return forms // nothing escapes these
	}
	for choice := range everyChoice + 1 {
		forms = append(forms, escapeJSON(s, choice))
	}
	for _, escaped := range []string{
		url.PathEscape(s),
		url.QueryEscape(s),
		(&url.URL{Path: s}).EscapedPath(),
		percentEncode(s, unreserved),
		percentEncode(s, unreserved+"!*'()"),                         // encodeURIComponent of JavaScript
		strings.ReplaceAll(percentEncode(s, "-._*"), "%20", "+"),     // forms of HTML
		strings.ReplaceAll(percentEncode(s, unreserved), "%2F", "/"), // paths elsewhere than in Go
	} {
		forms = append(forms, escaped, lowerHex(escaped))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// jsonChoice is what JSON leaves to the writer: to escape more than quotes, backslashes and control characters.
type jsonChoice uint8

const (
	slashes     jsonChoice = 1 << iota // as PHP does
	markup                             // < > & as Go does
	notASCII                           // as PHP and Python do
	everyChoice = slashes | markup | notASCII
)

func escapeJSON(s string, escape jsonChoice) string {
	const short, names = "\b\f\n\r\t", "bfnrt"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch named := strings.IndexRune(short, r); {
		case named >= 0:
			b.WriteString(`\` + names[named:named+1])
		case r == '"', r == '\\', r == '/' && escape&slashes != 0:
			b.WriteString(`\` + string(r))
		case r < ' ', r >= utf8.RuneSelf && escape&notASCII != 0,
			strings.ContainsRune("<>&\u2028\u2029", r) && escape&markup != 0:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// percentEncode escapes all but letters, digits and what is kept.
func percentEncode(s, kept string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isAlphanumeric(c) || strings.IndexByte(kept, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// lowerHex spells the escapes of a URL with small letters.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := range b {
		if b[i] == '%' && i+2 < len(b) {
			copy(b[i+1:i+3], strings.ToLower(escaped[i+1:i+3]))
		}
	}
	return string(b)
}
