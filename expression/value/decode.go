package value

import (
	"fmt"
	"sync"
)

// MaxDepth is how deeply arrays and objects may be nested. encoding/json stops at 10000; stopping earlier leaves
// room for the record that a payload is wrapped in, which encoding/json reads.
const MaxDepth = 1000

// SyntaxError says where and why a text is not JSON.
type SyntaxError struct {
	// Offset is the number of bytes before the fault.
	Offset int
	// Message is the fault without its place.
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.Message, e.Offset)
}

// Decode reads one JSON text (RFC 8259). It accepts and rejects what encoding/json does when that reads into an any,
// but for MaxDepth: of equal keys the last one counts, what is not UTF-8 and half a surrogate pair become U+FFFD, a
// number that overflows float64 is an error. Every error is a *SyntaxError.
//
// Strings of the result share one copy of data, so data may be changed afterwards.
func Decode(data []byte) (any, error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	d.text, d.pos = string(data), 0
	d.skipSpace()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.skipSpace()
	if d.pos < len(d.text) {
		return nil, d.unexpected("after the end of the value")
	}
	return v, nil
}

// decoder reads text from pos. Elements and members of all arrays and objects that are still open lie on the stacks
// keys and values, so that each slice and map is made once, in its final size.
type decoder struct {
	text   string
	pos    int
	keys   []string
	values []any
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// release lets go of the text and of all values, and of stacks that an unusual text has made large.
func (d *decoder) release() {
	const most = 256
	d.text = ""
	if cap(d.values) > most || cap(d.keys) > most {
		d.keys, d.values = nil, nil
	}
	clear(d.keys[:cap(d.keys)])
	clear(d.values[:cap(d.values)])
	d.keys, d.values = d.keys[:0], d.values[:0]
	decoders.Put(d)
}

func (d *decoder) value(depth int) (any, error) {
	if d.pos == len(d.text) {
		return nil, d.fail("unexpected end of JSON input")
	}
	switch c := d.text[d.pos]; c {
	case '"':
		return d.stringValue()
	case '{':
		return d.object(depth + 1)
	case '[':
		return d.array(depth + 1)
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return d.number()
	}
	return nil, d.unexpected("where a value should begin")
}

func (d *decoder) stringValue() (any, error) {
	s, err := d.string()
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (d *decoder) object(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, d.tooDeep()
	}
	firstKey, firstValue := len(d.keys), len(d.values)
	d.pos++
	d.skipSpace()
	if d.consume('}') {
		return map[string]any{}, nil
	}
	for {
		if d.peek() != '"' {
			return nil, d.unexpected("where a key in double quotes should begin")
		}
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		d.skipSpace()
		if !d.consume(':') {
			return nil, d.unexpected("where a colon should follow a key")
		}
		d.skipSpace()
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		d.keys, d.values = append(d.keys, key), append(d.values, v)
		d.skipSpace()
		if d.consume('}') {
			break
		}
		if !d.consume(',') {
			return nil, d.unexpected("where a comma or } should follow a member")
		}
		d.skipSpace()
	}
	members := make(map[string]any, len(d.keys)-firstKey)
	for i, key := range d.keys[firstKey:] {
		members[key] = d.values[firstValue+i]
	}
	d.keys, d.values = d.keys[:firstKey], d.values[:firstValue]
	return members, nil
}

func (d *decoder) array(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, d.tooDeep()
	}
	first := len(d.values)
	d.pos++
	d.skipSpace()
	if d.consume(']') {
		return []any{}, nil
	}
	for {
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		d.values = append(d.values, v)
		d.skipSpace()
		if d.consume(']') {
			break
		}
		if !d.consume(',') {
			return nil, d.unexpected("where a comma or ] should follow an element")
		}
		d.skipSpace()
	}
	elements := make([]any, len(d.values)-first)
	copy(elements, d.values[first:])
	d.values = d.values[:first]
	return elements, nil
}

func (d *decoder) literal(word string) error {
	for i := range len(word) {
		if d.peek() != word[i] {
			return d.unexpected("in the literal " + word)
		}
		d.pos++
	}
	return nil
}

func (d *decoder) number() (any, error) {
	start := d.pos
	end, integer, ok := scanNumber(d.text, start)
	d.pos = end
	if !ok {
		return nil, d.unexpected("in a number")
	}
	n, ok := parseLiteral(d.text[start:end], integer)
	if !ok {
		return nil, &SyntaxError{Offset: start, Message: "number " + clip(d.text[start:end]) + " is out of range"}
	}
	return n.value(), nil
}

func (d *decoder) skipSpace() {
	for d.pos < len(d.text) && isSpace(d.text[d.pos]) {
		d.pos++
	}
}

func isSpace(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r')
}

// peek is the next byte, or 0 at the end; no JSON token begins with 0.
func (d *decoder) peek() byte {
	if d.pos < len(d.text) {
		return d.text[d.pos]
	}
	return 0
}

func (d *decoder) consume(c byte) bool {
	if d.pos < len(d.text) && d.text[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) fail(message string) error {
	return &SyntaxError{Offset: d.pos, Message: message}
}

func (d *decoder) unexpected(where string) error {
	if d.pos >= len(d.text) {
		return d.fail("unexpected end of JSON input")
	}
	return d.fail(fmt.Sprintf("unexpected character %q %s", d.text[d.pos], where))
}

func (d *decoder) tooDeep() error {
	return d.fail(fmt.Sprintf("arrays and objects nested more than %d deep", MaxDepth))
}

// clip keeps a message readable when the text it quotes is hostile.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
