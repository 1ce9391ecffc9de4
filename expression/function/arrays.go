package function

import (
	"slices"
	"unicode/utf8"

	"github.com/krosyn/gateway/expression/value"
)

var arrayFunctions = []*Function{
	{
		Name:        "first",
		Description: "The first element of the array, null if it has none.",
		Parameters:  []Parameter{subject("array", array)},
		Examples: []Example{
			{Source: `first([3, 1, 2])`, Result: `3`},
			{Source: `first([])`, Result: `null`},
		},
		run: func(c *call) any {
			if elements := c.array(0); len(elements) > 0 {
				return elements[0]
			}
			return nil
		},
	},
	{
		Name:        "last",
		Description: "The last element of the array, null if it has none.",
		Parameters:  []Parameter{subject("array", array)},
		Examples: []Example{
			{Source: `last([3, 1, 2])`, Result: `2`},
			{Source: `$payload.items.last.sku`, Payload: `{"items":[{"sku":"A"},{"sku":"B"}]}`, Result: `"B"`},
		},
		run: func(c *call) any {
			if elements := c.array(0); len(elements) > 0 {
				return elements[len(elements)-1]
			}
			return nil
		},
	},
	{
		Name: "slice",
		Description: "A part of the array: from the element at `start`, the first being 0, and at most `length` " +
			"elements. A negative `start` counts from the end; a negative `length` leaves out so many at the end.",
		Parameters: []Parameter{subject("array", array), required("start", integer), optional("length", integer)},
		Examples: []Example{
			{Source: `slice([1, 2, 3, 4], 1, 2)`, Result: `[2,3]`},
			{Source: `slice([1, 2, 3, 4], -2)`, Result: `[3,4]`},
		},
		run: func(c *call) any {
			elements := c.array(0)
			from, to := window(c.integer(1), c.integerOr(2, toTheEnd), len(elements))
			return elements[from:to:to]
		},
	},
	{
		Name:        "reverse",
		Description: "The array or the text backwards.",
		Parameters:  []Parameter{subject("value", text|array)},
		Examples: []Example{
			{Source: `reverse([1, 2, 3])`, Result: `[3,2,1]`},
			{Source: `reverse("abc")`, Result: `"cba"`},
		},
		run: func(c *call) any {
			if elements, ok := c.args[0].([]any); ok {
				reversed := slices.Clone(elements)
				slices.Reverse(reversed)
				return reversed
			}
			return reverseText(c.text(0))
		},
	},
	{
		Name: "sort",
		Description: "The elements in ascending order, or `\"desc\"`: as numbers where all are numbers or numeric " +
			"text, by code point where all are text. Nulls come last.",
		Parameters: []Parameter{subject("array", array), optional("order", text)},
		Examples: []Example{
			{Source: `sort([10, "9", 1.5])`, Result: `[1.5,"9",10]`},
			{Source: `sort(["b", "c", "a"], "desc")`, Result: `["c","b","a"]`},
		},
		run: func(c *call) any {
			elements := c.array(0)
			return c.sorted(elements, elements, 1)
		},
	},
	{
		Name: "sortBy",
		Description: "The elements in the order of what each has at `key`, a field's name or a path, compared as by " +
			"`sort`. Elements without it come last, equal ones keep their order. A predicate can take the place of the key.",
		Parameters: []Parameter{
			subject("array", array), {Name: "key", Kind: text, Predicate: true}, optional("order", text),
		},
		Examples: []Example{
			{
				Source:  `sortBy($payload.items, "price")`,
				Payload: `{"items":[{"price":9,"sku":"A"},{"price":5,"sku":"B"}]}`,
				Result:  `[{"price":5,"sku":"B"},{"price":9,"sku":"A"}]`,
			},
			{
				Source:  `pluck(sortBy($payload.items, "price", "desc"), "sku")`,
				Payload: `{"items":[{"price":5,"sku":"B"},{"price":9,"sku":"A"}]}`,
				Result:  `["A","B"]`,
			},
		},
		Builtin: true,
		run: func(c *call) any {
			elements, path := c.array(0), c.path(1)
			keys := make([]any, len(elements))
			for i, element := range elements {
				keys[i], _ = follow(element, path)
			}
			return c.sorted(elements, keys, 2)
		},
	},
	{
		Name:        "unique",
		Description: "The elements without repetitions; of the same ones the first stays. `1` and `\"1\"` are not the same.",
		Parameters:  []Parameter{subject("array", array)},
		Examples:    []Example{{Source: `unique([2, 1, 2, "1", 1.0])`, Result: `[2,1,"1"]`}},
		run:         func(c *call) any { return c.unique(c.array(0)) },
	},
	{
		Name: "flatten",
		Description: "The array with the elements of the arrays in it in their place, at every level, " +
			"or down to so many levels.",
		Parameters: []Parameter{subject("array", array), optional("depth", integer)},
		Examples: []Example{
			{Source: `flatten([1, [2, [3]]])`, Result: `[1,2,3]`},
			{Source: `flatten([1, [2, [3]]], 1)`, Result: `[1,2,[3]]`},
		},
		run: func(c *call) any {
			f := flattening{call: c, flat: []any{}}
			f.add(c.array(0), c.integerOr(1, value.MaxDepth))
			return f.flat
		},
	},
	{
		Name: "pluck",
		Description: "What each element of the array has at `key`, a field's name or a path; " +
			"null for an element without it.",
		Parameters: []Parameter{subject("array", array), required("key", text)},
		Examples: []Example{
			{
				Source:  `pluck($payload.items, "sku")`,
				Payload: `{"items":[{"sku":"A"},{"sku":"B"},{}]}`,
				Result:  `["A","B",null]`,
			},
		},
		run: func(c *call) any {
			elements, path := c.array(0), c.path(1)
			plucked := make([]any, len(elements))
			for i, element := range elements {
				plucked[i], _ = follow(element, path)
			}
			return plucked
		},
	},
}

func reverseText(s string) string {
	reversed := make([]byte, 0, len(s))
	for len(s) > 0 {
		_, size := utf8.DecodeLastRuneInString(s)
		reversed = append(reversed, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return string(reversed)
}

// unique tells elements apart by a key for the map: scalars are their own, arrays and objects go by their JSON.
func (c *call) unique(elements []any) any {
	seen := make(map[any]struct{}, min(len(elements), maxElements))
	distinct := []any{}
	var e extent
	for _, element := range elements {
		if !e.add(element, maxNodes, maxHandled) {
			return c.check(nil, errTooLarge)
		}
		key, err := identity(element)
		if err != nil {
			return c.check(nil, err)
		}
		if _, repeated := seen[key]; !repeated {
			seen[key] = struct{}{}
			distinct = append(distinct, element)
		}
	}
	return distinct
}

// identity is the same for numbers of the same value, whatever Go type they have.
func identity(v any) (any, error) {
	type jsonText string
	switch v := v.(type) {
	case float64:
		if n, ok := value.ToInteger(v); ok {
			return n, nil
		}
		return value.Number(value.Text(v)), nil
	case []any, map[string]any:
		encoded, err := value.AppendJSON(nil, v)
		return jsonText(encoded), err
	}
	return v, nil
}

// flattening counts the arrays it enters, too, since an array of nothing but empty arrays gives no elements.
type flattening struct {
	call   *call
	flat   []any
	visits int
}

func (f *flattening) add(elements []any, depth int) {
	for _, element := range elements {
		if f.visits++; f.visits > maxNodes || len(f.flat) > maxElements {
			f.call.check(nil, errTooManyValues)
			return
		}
		if nested, ok := element.([]any); ok && depth > 0 {
			f.add(nested, depth-1)
			continue
		}
		f.flat = append(f.flat, element)
	}
}
