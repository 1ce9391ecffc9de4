package value

// wellFormed tells of most texts that Decode reads without knowing their value: it costs a fifth, and allocates
// nothing. It is false where it is not sure: for what is no JSON, for numbers that may be too large, for deep nesting.
func wellFormed(raw []byte) bool {
	c := checker{raw: raw}
	c.skipSpace()
	if !c.value(deepest) {
		return false
	}
	c.skipSpace()
	return c.pos == len(raw)
}

const (
	// deepest is how deep the checker follows; hardly anybody nests deeper.
	deepest = 32
	// longestNumber is the length of a number without exponent that float64 surely holds.
	longestNumber = 300
)

type checker struct {
	raw []byte
	pos int
}

// next is the byte at the position, 0 at the end.
func (c *checker) next() byte {
	if c.pos < len(c.raw) {
		return c.raw[c.pos]
	}
	return 0
}

func (c *checker) skipSpace() {
	for c.pos < len(c.raw) {
		switch c.raw[c.pos] {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return
		}
	}
}

func (c *checker) value(depth int) bool {
	switch b := c.next(); b {
	case '"':
		return c.string()
	case '{':
		return depth > 0 && c.items('}', func() bool { return c.member(depth - 1) })
	case '[':
		return depth > 0 && c.items(']', func() bool { return c.value(depth - 1) })
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// items reads from an opening bracket to the closing one.
func (c *checker) items(closing byte, item func() bool) bool {
	c.pos++
	c.skipSpace()
	if c.next() == closing {
		c.pos++
		return true
	}
	for item() {
		c.skipSpace()
		switch c.next() {
		case ',':
			c.pos++
			c.skipSpace()
		case closing:
			c.pos++
			return true
		default:
			return false
		}
	}
	return false
}

func (c *checker) member(depth int) bool {
	if c.next() != '"' || !c.string() {
		return false
	}
	c.skipSpace()
	if c.next() != ':' {
		return false
	}
	c.pos++
	c.skipSpace()
	return c.value(depth)
}

func (c *checker) string() bool {
	for c.pos++; c.pos < len(c.raw); c.pos++ {
		switch b := c.raw[c.pos]; {
		case b == '"':
			c.pos++
			return true
		case b == '\\':
			if c.pos++; !c.escape() {
				return false
			}
		case b < ' ':
			return false
		}
	}
	return false
}

// escape reads what follows a backslash, up to its last byte.
func (c *checker) escape() bool {
	switch c.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			c.pos++
			if b := c.next(); (b < '0' || b > '9') && (b < 'a' || b > 'f') && (b < 'A' || b > 'F') {
				return false
			}
		}
		return true
	}
	return false
}

func (c *checker) word(w string) bool {
	if len(c.raw)-c.pos < len(w) || string(c.raw[c.pos:c.pos+len(w)]) != w {
		return false
	}
	c.pos += len(w)
	return true
}

// number reads a number without exponent.
func (c *checker) number() bool {
	start := c.pos
	if c.next() == '-' {
		c.pos++
	}
	if c.next() == '0' {
		c.pos++
	} else if !c.digits() {
		return false
	}
	if c.next() == '.' {
		if c.pos++; !c.digits() {
			return false
		}
	}
	b := c.next()
	return b != 'e' && b != 'E' && c.pos-start <= longestNumber
}

func (c *checker) digits() bool {
	start := c.pos
	for b := c.next(); b >= '0' && b <= '9'; b = c.next() {
		c.pos++
	}
	return c.pos > start
}
