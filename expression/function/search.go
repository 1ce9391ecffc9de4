package function

import (
	"strings"
	"unicode/utf8"

	"github.com/krosyn/gateway/expression/value"
)

var searchFunctions = []*Function{
	{
		Name:        "startsWith",
		Description: "Whether the text starts with `prefix`, letter case included. False where either is null.",
		Parameters:  []Parameter{required("value", text), required("prefix", text)},
		Examples:    []Example{{Source: `startsWith("ORD-12345", "ORD-")`, Result: `true`}},
		run:         func(c *call) any { return c.affix(strings.HasPrefix) },
	},
	{
		Name:        "endsWith",
		Description: "Whether the text ends with `suffix`, letter case included. False where either is null.",
		Parameters:  []Parameter{required("value", text), required("suffix", text)},
		Examples:    []Example{{Source: `endsWith("invoice.pdf", ".pdf")`, Result: `true`}},
		run:         func(c *call) any { return c.affix(strings.HasSuffix) },
	},
	{
		Name: "contains",
		Description: "Whether a text has `needle` in it, letter case included, or an array has an element that " +
			"`equals` it. False where the text, the array or the text to look for is null.",
		Parameters: []Parameter{required("haystack", text|array), required("needle", anything)},
		Examples: []Example{
			{Source: `contains("New order", "order")`, Result: `true`},
			{Source: `contains(["red", "blue"], "green")`, Result: `false`},
		},
		run: func(c *call) any {
			if elements, ok := c.args[0].([]any); ok {
				return c.position(elements, c.args[1]) >= 0
			}
			return c.affix(strings.Contains)
		},
	},
	{
		Name: "indexOf",
		Description: "Where `needle` is first found: the index of a character in a text or of an element in an " +
			"array, the first being 0; -1 where it is not found.",
		Parameters: []Parameter{subject("haystack", text|array), required("needle", anything)},
		Examples: []Example{
			{Source: `indexOf("jane@example.com", "@")`, Result: `4`},
			{Source: `indexOf(["red", "blue"], "blue")`, Result: `1`},
			{Source: `indexOf("abc", "x")`, Result: `-1`},
		},
		run: func(c *call) any {
			if elements, ok := c.args[0].([]any); ok {
				return int64(c.position(elements, c.args[1]))
			}
			haystack := c.text(0)
			if c.args[1] == nil {
				return int64(-1)
			}
			at := strings.Index(haystack, c.needle())
			if at < 0 {
				return int64(-1)
			}
			return int64(utf8.RuneCountInString(haystack[:at]))
		},
	},
	{
		Name: "replace",
		Description: "The subject with every `search` in it replaced. A null replacement is empty text; " +
			"an empty `search` is nowhere.",
		Parameters: []Parameter{required("search", text), required("replacement", text), subject("subject", text)},
		Examples:   []Example{{Source: `replace("-", "/", "2026-11-22")`, Result: `"2026/11/22"`}},
		run: func(c *call) any {
			search, replacement, s := c.text(0), c.textOr(1, ""), c.text(2)
			if search == "" {
				return s
			}
			found := strings.Count(s, search)
			if growth := len(replacement) - len(search); growth > 0 && found > (maxText-min(len(s), maxText))/growth {
				return c.check(nil, errTextTooLong)
			}
			return strings.ReplaceAll(s, search, replacement)
		},
	},
	{
		Name: "split",
		Description: "The parts of the text between the separators, as an array. " +
			"An empty separator splits the text into characters.",
		Parameters: []Parameter{required("separator", text), subject("value", text)},
		Examples: []Example{
			{Source: `split(",", "red,green,blue")`, Result: `["red","green","blue"]`},
			{Source: `split("", "abc")`, Result: `["a","b","c"]`},
		},
		run: func(c *call) any {
			parts := strings.SplitN(c.text(1), c.text(0), maxElements+1)
			if len(parts) > maxElements {
				return c.check(nil, errTooManyValues)
			}
			array := make([]any, len(parts))
			for i, part := range parts {
				array[i] = part
			}
			return array
		},
	},
	{
		Name:        "join",
		Description: "The elements of the array as one text, with the separator between them. Null is empty text.",
		Parameters:  []Parameter{required("separator", text), subject("array", array)},
		Examples:    []Example{{Source: `join(", ", ["red", "green", 3])`, Result: `"red, green, 3"`}},
		run: func(c *call) any {
			separator, elements := c.text(0), c.array(1)
			parts, length := make([]string, len(elements)), 0
			for i, element := range elements {
				var err error
				if parts[i], err = boundedText(element); err != nil {
					return c.check(nil, err)
				}
				if length += len(parts[i]) + len(separator); length > maxText+len(separator) {
					return c.check(nil, errTextTooLong)
				}
			}
			return strings.Join(parts, separator)
		},
	},
}

// affix asks a question about two texts; with null the answer is no, as for a comparison.
func (c *call) affix(holds func(s, part string) bool) any {
	if c.args[0] == nil || c.args[1] == nil {
		return false
	}
	return holds(c.text(0), c.needle())
}

// needle is the second argument as text, where the table allows anything because the first may be an array.
func (c *call) needle() string {
	switch c.args[1].(type) {
	case []any, map[string]any:
		c.fail("%s must be of type %s, got %s", c.parameter(1).Name, text, value.TypeOf(c.args[1]))
		return ""
	}
	return c.text(1)
}

// position is the index of the first element that equals v, -1 if there is none.
func (c *call) position(elements []any, v any) int {
	if !canSearch(elements, v) {
		c.check(nil, errTooLarge)
		return -1
	}
	for i, element := range elements {
		if value.Equal(element, v) {
			return i
		}
	}
	return -1
}
