package value

import (
	"bytes"
	"unicode/utf8"
)

// find follows path through raw, which is well-formed JSON, without decoding it. What it reads of objects it leaves in
// the index, and does not read again.
func find(raw []byte, path []Step, root **index) ([]byte, bool) {
	s := scanner{raw: raw}
	s.skipSpace()
	for at := root; at != nil && len(path) > 0 && !path[0].IsIndex && raw[s.pos] == '{'; path = path[1:] {
		if *at == nil {
			start := s.pos
			*at = newIndex(&s)
			s.pos = start
		}
		if (*at).long {
			break
		}
		m := (*at).member(raw, path[0].Key)
		if m == nil {
			return nil, false
		}
		s.pos, at = int(m.value), &m.inner
	}
	for _, step := range path {
		found := false
		switch {
		case step.IsIndex && raw[s.pos] == '[':
			found = s.element(step.Index)
		case !step.IsIndex && raw[s.pos] == '{':
			found = s.member(step.Key)
		}
		if !found {
			return nil, false
		}
	}
	start := s.pos
	s.skipValue()
	return raw[start:s.pos], true
}

// scanner walks over well-formed JSON.
type scanner struct {
	raw []byte
	pos int
}

// member goes from the beginning of an object to the beginning of the member that key names last.
func (s *scanner) member(key string) bool {
	last := -1
	s.pos++
	s.skipSpace()
	for s.raw[s.pos] != '}' {
		start := s.pos
		s.skipString()
		matches := keyEquals(s.raw[start+1:s.pos-1], key)
		s.skipSpace()
		s.pos++ // the colon
		s.skipSpace()
		if matches {
			last = s.pos
		}
		s.skipValue()
		s.nextItem()
	}
	if last < 0 {
		return false
	}
	s.pos = last
	return true
}

// element goes from the beginning of an array to the beginning of an element.
func (s *scanner) element(index int) bool {
	if index < 0 {
		start := s.pos
		index += s.count()
		s.pos = start
	}
	if index < 0 {
		return false
	}
	s.pos++
	s.skipSpace()
	for ; s.raw[s.pos] != ']'; index-- {
		if index == 0 {
			return true
		}
		s.skipValue()
		s.nextItem()
	}
	return false
}

func (s *scanner) count() (elements int) {
	s.pos++
	s.skipSpace()
	for ; s.raw[s.pos] != ']'; elements++ {
		s.skipValue()
		s.nextItem()
	}
	return elements
}

// nextItem goes from the end of a member or element to the beginning of the next, or to the closing bracket.
func (s *scanner) nextItem() {
	s.skipSpace()
	if s.raw[s.pos] == ',' {
		s.pos++
		s.skipSpace()
	}
}

func (s *scanner) skipValue() {
	switch s.raw[s.pos] {
	case '"':
		s.skipString()
	case '{', '[':
		s.skipNested()
	default:
		for s.pos < len(s.raw) && !endsScalar[s.raw[s.pos]] {
			s.pos++
		}
	}
}

func (s *scanner) skipNested() {
	i := s.pos
	for depth := 0; ; i++ {
		switch s.raw[i] {
		case '"':
			i = endOfString(s.raw, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.pos = i + 1
				return
			}
		}
	}
}

func (s *scanner) skipString() { s.pos = endOfString(s.raw, s.pos) }

// endOfString is the index after the string that begins at the quote at i.
func endOfString(raw []byte, i int) int {
	for i++; ; i++ {
		i = skipPlain(raw, i)
		switch raw[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.raw) && isSpace(s.raw[s.pos]) {
		s.pos++
	}
}

// endsScalar has the bytes that can follow a number or literal.
var endsScalar = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, ',': true, ']': true, '}': true}

// keyEquals compares the inside of a JSON string with a key.
func keyEquals(raw []byte, key string) bool {
	if string(raw) == key && bytes.IndexByte(raw, '\\') < 0 && utf8.ValidString(key) {
		return true
	}
	for _, c := range raw {
		if !plain[c] {
			var short [64]byte
			return string(appendUnescaped(short[:0], string(raw))) == key
		}
	}
	return false
}
