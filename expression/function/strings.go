package function

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var stringFunctions = []*Function{
	{
		Name:        "uppercase",
		Description: "The text in capital letters.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `uppercase("order é-1")`, Result: `"ORDER É-1"`}},
		run:         func(c *call) any { return strings.ToUpper(c.text(0)) },
	},
	{
		Name:        "lowercase",
		Description: "The text in small letters.",
		Parameters:  []Parameter{subject("value", text)},
		Examples: []Example{
			{Source: `lowercase("Jane@Example.COM")`, Result: `"jane@example.com"`},
			{Source: `$payload.email.lowercase`, Payload: `{"email":"Jane@Example.COM"}`, Result: `"jane@example.com"`},
		},
		run: func(c *call) any { return strings.ToLower(c.text(0)) },
	},
	{
		Name:        "capitalize",
		Description: "The text with its first letter as a capital; the others stay as they are.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `capitalize("new order from DE")`, Result: `"New order from DE"`}},
		run:         func(c *call) any { return capitalize(c.text(0)) },
	},
	{
		Name: "trim",
		Description: "The text without blanks at both ends; blanks are spaces, tabs and line breaks. " +
			"With `characters`, every character of that text is taken off instead.",
		Parameters: []Parameter{subject("value", text), optional("characters", text)},
		Examples: []Example{
			{Source: `trim("  Jane ")`, Result: `"Jane"`},
			{Source: `trim("#order#", "#")`, Result: `"order"`},
		},
		run: func(c *call) any {
			if c.given(1) {
				return strings.Trim(c.text(0), c.text(1))
			}
			return strings.TrimSpace(c.text(0))
		},
	},
	{
		Name: "concat",
		Description: "The values as text, one after the other. Null is nothing, numbers have no exponent, " +
			"arrays and objects are JSON.",
		Parameters: []Parameter{variadic("value", anything)},
		Examples: []Example{
			{Source: `concat("Jane", " ", "Doe")`, Result: `"Jane Doe"`},
			{Source: `concat("#", 42, null, [1, 2])`, Result: `"#42[1,2]"`},
		},
		Accessor: NoAccessor,
		direct:   concat,
	},
	{
		Name: "length",
		Description: "The number of characters of a text, of elements of an array, or of fields of an object. " +
			"A character is a Unicode code point.",
		Parameters: []Parameter{subject("value", text|array|object)},
		Examples: []Example{
			{Source: `length("Zoë")`, Result: `3`},
			{Source: `length([10, 20])`, Result: `2`},
			{Source: `$payload.name.length`, Payload: `{"name":"Jane"}`, Result: `4`},
		},
		run: func(c *call) any {
			switch v := c.args[0].(type) {
			case []any:
				return int64(len(v))
			case map[string]any:
				return int64(len(v))
			}
			return int64(utf8.RuneCountInString(c.text(0)))
		},
	},
	{
		Name: "substring",
		Description: "A part of the text: from the character at `start`, the first being 0, and at most `length` " +
			"characters. A negative `start` counts from the end; a negative `length` leaves out so many at the end.",
		Parameters: []Parameter{subject("value", text), required("start", integer), optional("length", integer)},
		Examples: []Example{
			{Source: `substring("ORD-12345", 4)`, Result: `"12345"`},
			{Source: `substring("ORD-12345", 0, 3)`, Result: `"ORD"`},
			{Source: `substring("ORD-12345", -2)`, Result: `"45"`},
		},
		run: func(c *call) any {
			s := c.text(0)
			start, end := window(c.integer(1), c.integerOr(2, toTheEnd), utf8.RuneCountInString(s))
			return characters(s, start, end)
		},
	},
	{
		Name:        "padLeft",
		Description: "The text filled up at its start with `pad`, a space by default, until it has `length` characters.",
		Parameters:  []Parameter{subject("value", text), required("length", integer), optional("pad", text)},
		Examples:    []Example{{Source: `padLeft(42, 6, "0")`, Result: `"000042"`}},
		run: func(c *call) any {
			s := c.text(0)
			return padding(c, s) + s
		},
	},
	{
		Name:        "padRight",
		Description: "The text filled up at its end with `pad`, a space by default, until it has `length` characters.",
		Parameters:  []Parameter{subject("value", text), required("length", integer), optional("pad", text)},
		Examples:    []Example{{Source: `padRight("ab", 5, ".")`, Result: `"ab..."`}},
		run: func(c *call) any {
			s := c.text(0)
			return s + padding(c, s)
		},
	},
	{
		Name: "slug",
		Description: "The text as a part of an address: small letters and digits, accents removed, " +
			"everything between them one hyphen.",
		Parameters: []Parameter{subject("value", text)},
		Examples:   []Example{{Source: `slug("Café Größe: 50 % off!")`, Result: `"cafe-grosse-50-off"`}},
		run:        func(c *call) any { return slug(c.text(0)) },
	},
	{
		Name: "truncate",
		Description: "The text cut to at most `length` characters. What was cut ends in `suffix`, `…` by default, " +
			"which is counted, without a blank before it.",
		Parameters: []Parameter{subject("value", text), required("length", integer), optional("suffix", text)},
		Examples: []Example{
			{Source: `truncate("New order from Jane", 10)`, Result: `"New order…"`},
			{Source: `truncate("New order from Jane", 12, "...")`, Result: `"New order..."`},
			{Source: `truncate("Jane", 10)`, Result: `"Jane"`},
		},
		run: func(c *call) any { return truncate(c, c.text(0), c.integer(1), c.textOr(2, "…")) },
	},
	{
		Name:        "repeat",
		Description: "The text so many times in a row.",
		Parameters:  []Parameter{subject("value", text), required("times", integer)},
		Examples:    []Example{{Source: `repeat("ab", 3)`, Result: `"ababab"`}},
		run: func(c *call) any {
			s, times := c.text(0), c.integer(1)
			if times < 0 {
				return c.fail("times must not be negative")
			}
			if len(s) > 0 && times > maxText/len(s) {
				return c.check(nil, errTextTooLong)
			}
			return strings.Repeat(s, times)
		},
	},
}

func capitalize(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if capital := unicode.ToTitle(first); size > 0 && capital != first {
		return string(capital) + s[size:]
	}
	return s
}

func concat(args []any) (any, error) {
	if length, all := lengthOf(args); all && length <= maxText {
		var joined strings.Builder
		joined.Grow(length)
		for _, arg := range args {
			s, _ := arg.(string)
			joined.WriteString(s)
		}
		return joined.String(), nil
	}
	parts, length := make([]string, 0, len(args)), 0
	for _, arg := range args {
		part, err := boundedText(arg)
		if err != nil {
			return nil, err
		}
		if length += len(part); length > maxText {
			return nil, errTextTooLong
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ""), nil
}

// lengthOf is how long texts are together; all tells whether there is nothing else among them, as is most frequent.
func lengthOf(args []any) (length int, all bool) {
	for _, arg := range args {
		s, ok := arg.(string)
		if !ok {
			return 0, false
		}
		length += len(s)
	}
	return length, true
}

// padding is what s lacks to the length that the second argument asks for.
func padding(c *call, s string) string {
	length, pad := c.integer(1), c.textOr(2, " ")
	missing := length - utf8.RuneCountInString(s)
	if missing <= 0 {
		return ""
	}
	if pad == "" {
		c.fail("pad must not be empty")
		return ""
	}
	if missing > maxText || missing*len(pad) > maxText*utf8.UTFMax {
		c.check(nil, errTextTooLong)
		return ""
	}
	perPad := utf8.RuneCountInString(pad)
	return characters(strings.Repeat(pad, missing/perPad+1), 0, missing)
}

// slug decomposes letters (Unicode NFKD) and leaves out their accents, after replacing the few Latin letters that
// cannot be decomposed. Letters of other scripts stay.
func slug(s string) string {
	var b strings.Builder
	separate := false
	for _, r := range norm.NFKD.String(latin.Replace(strings.ToLower(s))) {
		switch {
		case unicode.Is(accents, r) || r == '\'' || r == '’':
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if separate && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			separate = false
		default:
			separate = true
		}
	}
	return norm.NFC.String(b.String())
}

var (
	latin = strings.NewReplacer(
		"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i",
	)
	// accents are the combining diacritical marks; those of other blocks are the vowels of their scripts.
	accents = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x300, Hi: 0x36f, Stride: 1}}}
)

func truncate(c *call, s string, length int, suffix string) any {
	if length < 0 {
		return c.fail("length must not be negative")
	}
	if utf8.RuneCountInString(s) <= length {
		return s
	}
	kept := length - utf8.RuneCountInString(suffix)
	if kept < 0 {
		return characters(s, 0, length)
	}
	return strings.TrimRightFunc(characters(s, 0, kept), unicode.IsSpace) + suffix
}
