package event

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnquoted appends what a JSON string says. It makes the best of one that is malformed.
func appendUnquoted(dst, quoted []byte) []byte {
	s := bytes.TrimPrefix(quoted, []byte(`"`))
	for len(s) > 0 && s[0] != '"' {
		switch {
		case s[0] != '\\':
			r, size := utf8.DecodeRune(s)
			dst = utf8.AppendRune(dst, r)
			s = s[size:]
		case len(s) >= 6 && s[1] == 'u':
			r := codeUnit(s)
			s = s[6:]
			if utf16.IsSurrogate(r) {
				if r = utf16.DecodeRune(r, codeUnit(s)); r != utf8.RuneError {
					s = s[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		case len(s) >= 2 && unescaped[s[1]] != 0:
			dst = append(dst, unescaped[s[1]])
			s = s[2:]
		default:
			s = s[1:]
		}
	}
	return dst
}

// unescaped has what the letter after a backslash stands for.
var unescaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// codeUnit is the number in the \uXXXX that s begins with, or -1.
func codeUnit(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var unit rune
	for _, c := range s[2:6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 {
			return -1
		}
		unit = unit<<4 | rune(digit)
	}
	return unit
}
