package value

import (
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the string that begins at the quote at pos.
func (d *decoder) string() (string, error) {
	start := d.pos + 1
	i := skipPlain(d.text, start)
	if i < len(d.text) && d.text[i] == '"' {
		d.pos = i + 1
		return d.text[start:i], nil
	}
	ascii := true
	for i < len(d.text) {
		switch c := d.text[i]; {
		case c == '"':
			d.pos = i + 1
			raw := d.text[start:i]
			if ascii || utf8.ValidString(raw) {
				return raw, nil
			}
			return string(appendUnescaped(make([]byte, 0, len(raw)+2*utf8.UTFMax), raw)), nil
		case c == '\\':
			return d.escapedString(start, i)
		case c < ' ':
			d.pos = i
			return "", d.unexpected("in a string: control characters must be escaped")
		case c >= utf8.RuneSelf:
			ascii = false
		}
		i++
	}
	d.pos = i
	return "", d.fail("unexpected end of JSON input")
}

// escapedString checks the string of which the first escape stands at i, and decodes it.
func (d *decoder) escapedString(start, i int) (string, error) {
	for i < len(d.text) {
		switch c := d.text[i]; {
		case c == '"':
			d.pos = i + 1
			raw := d.text[start:i]
			return string(appendUnescaped(make([]byte, 0, len(raw)+2*utf8.UTFMax), raw)), nil
		case c == '\\':
			width := escapeWidth(d.text[i:])
			if width < 0 {
				d.pos = i - width
				return "", d.unexpected("in an escape sequence")
			}
			i += width
		case c < ' ':
			d.pos = i
			return "", d.unexpected("in a string: control characters must be escaped")
		default:
			i++
		}
	}
	d.pos = i
	return "", d.fail("unexpected end of JSON input")
}

// escapeWidth is the length of the escape sequence that s begins with. Where it is malformed, it is minus the number
// of bytes before the fault.
func escapeWidth(s string) int {
	if len(s) < 2 {
		return -1
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if i >= len(s) || hexDigit(s[i]) < 0 {
				return -i
			}
		}
		return 6
	}
	return -1
}

// appendUnescaped appends what the inside of a well-formed JSON string says. It is valid UTF-8 in any case.
func appendUnescaped(dst []byte, raw string) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '\\' && raw[i+1] == 'u':
			r := escapedRune(raw[i:])
			i += 6
			if utf16.IsSurrogate(r) {
				if low := escapedRune(raw[i:]); utf16.DecodeRune(r, low) != utf8.RuneError {
					r = utf16.DecodeRune(r, low)
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			dst = utf8.AppendRune(dst, r)
		case c == '\\':
			dst = append(dst, unescaped(raw[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, size := utf8.DecodeRuneInString(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
		}
	}
	return dst
}

// escapedRune is the code unit of the \uXXXX that s begins with, or -1.
func escapedRune(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for i := 2; i < 6; i++ {
		r = r<<4 | hexDigit(s[i])
	}
	return r
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}
