package function

import (
	"maps"
	"slices"

	"github.com/krosyn/gateway/expression/value"
)

var objectFunctions = []*Function{
	{
		Name:        "keys",
		Description: "The names of the object's fields, sorted.",
		Parameters:  []Parameter{subject("object", object)},
		Examples:    []Example{{Source: `keys($payload)`, Payload: `{"b":1,"a":2}`, Result: `["a","b"]`}},
		run: func(c *call) any {
			names := sortedNames(c.object(0))
			keys := make([]any, len(names))
			for i, name := range names {
				keys[i] = name
			}
			return keys
		},
	},
	{
		Name:        "values",
		Description: "The values of the object's fields, in the order of `keys`.",
		Parameters:  []Parameter{subject("object", object)},
		Examples:    []Example{{Source: `values($payload)`, Payload: `{"b":1,"a":2}`, Result: `[2,1]`}},
		run: func(c *call) any {
			o := c.object(0)
			values := make([]any, 0, len(o))
			for _, name := range sortedNames(o) {
				values = append(values, o[name])
			}
			return values
		},
	},
	{
		Name: "get",
		Description: "What the path leads to in the object or array, as in `customer.name`, `items[0].sku` or " +
			"`items[-1]`; a name with dots stands in `[\"…\"]`. `default`, or null, where it leads to nothing or to null.",
		Parameters: []Parameter{
			required("object", object|array), required("path", text), optional("default", anything),
		},
		Examples: []Example{
			{Source: `get($payload, "items[0].sku")`, Payload: `{"items":[{"sku":"A"}]}`, Result: `"A"`},
			{Source: `get($payload, "items[1].sku", "none")`, Payload: `{"items":[{"sku":"A"}]}`, Result: `"none"`},
			{Source: `get($payload, '["a.b"]')`, Payload: `{"a.b":1}`, Result: `1`},
		},
		run: func(c *call) any {
			if found, _ := c.followed(); found != nil || len(c.args) < 3 {
				return found
			}
			return c.args[2]
		},
	},
	{
		Name: "has",
		Description: "Whether the path leads to something in the object or array, be it null. " +
			"Paths are those of `get`. False where the object is null.",
		Parameters: []Parameter{required("object", object|array), required("path", text)},
		Examples: []Example{
			{Source: `has($payload, "customer.email")`, Payload: `{"customer":{"email":null}}`, Result: `true`},
			{Source: `has($payload, "customer.phone")`, Payload: `{"customer":{"email":null}}`, Result: `false`},
		},
		run: func(c *call) any {
			_, ok := c.followed()
			return ok
		},
	},
	{
		Name:        "pick",
		Description: "The object with these fields only. The names can also be one array.",
		Parameters:  []Parameter{subject("object", object), variadic("key", text|array)},
		Examples: []Example{
			{
				Source:  `pick($payload, "id", "name")`,
				Payload: `{"id":1,"name":"Jane","age":30}`,
				Result:  `{"id":1,"name":"Jane"}`,
			},
			{Source: `pick($payload, ["id"])`, Payload: `{"id":1,"name":"Jane"}`, Result: `{"id":1}`},
		},
		run: func(c *call) any {
			o := c.object(0)
			picked := map[string]any{}
			for _, name := range c.names(1) {
				if field, ok := o[name]; ok {
					picked[name] = field
				}
			}
			return picked
		},
	},
	{
		Name:        "omit",
		Description: "The object without these fields. The names can also be one array.",
		Parameters:  []Parameter{subject("object", object), variadic("key", text|array)},
		Examples: []Example{
			{Source: `omit($payload, "card")`, Payload: `{"id":1,"card":"4242"}`, Result: `{"id":1}`},
		},
		run: func(c *call) any {
			kept := maps.Clone(c.object(0))
			for _, name := range c.names(1) {
				delete(kept, name)
			}
			return kept
		},
	},
	{
		Name: "merge",
		Description: "The fields of all objects in one, the later ones taking the place of fields with the same name; " +
			"or the elements of all arrays in one. Nulls are left out.",
		Parameters: []Parameter{required("a", array|object), variadic("b", array|object)},
		Examples: []Example{
			{
				Source:  `merge($payload.defaults, $payload.given)`,
				Payload: `{"defaults":{"size":"M","color":"red"},"given":{"color":"blue"}}`,
				Result:  `{"color":"blue","size":"M"}`,
			},
			{Source: `merge([1, 2], [3])`, Result: `[1,2,3]`},
		},
		run: merge,
	},
}

func sortedNames(o map[string]any) []string { return slices.Sorted(maps.Keys(o)) }

// followed applies the path of the second argument to the first; null leads nowhere.
func (c *call) followed() (any, bool) {
	path := c.path(1)
	switch c.args[0].(type) {
	case nil, []any, map[string]any:
		return follow(c.args[0], path)
	}
	c.mismatch(0)
	return nil, false
}

// names are the arguments from i on, and the elements of the arrays among them, as text.
func (c *call) names(i int) []string {
	var names []string
	for ; i < len(c.args); i++ {
		elements, ok := c.args[i].([]any)
		if !ok {
			names = append(names, c.text(i))
			continue
		}
		for _, element := range elements {
			name, ok := element.(string)
			if !ok {
				c.fail("%s must hold strings only, got %s", c.parameter(i).Name, value.TypeOf(element))
				return nil
			}
			names = append(names, name)
		}
	}
	return names
}

func merge(c *call) any {
	var elements []any
	var fields map[string]any
	for i, arg := range c.args {
		switch arg := arg.(type) {
		case nil:
		case []any:
			if len(arg) > maxElements-len(elements) {
				return c.check(nil, errTooManyValues)
			}
			if elements == nil {
				elements = make([]any, 0, len(arg))
			}
			elements = append(elements, arg...)
		case map[string]any:
			if fields == nil {
				fields = make(map[string]any, len(arg))
			}
			maps.Copy(fields, arg)
		default:
			c.mismatch(i)
		}
	}
	switch {
	case elements != nil && fields != nil:
		return c.fail("arrays and objects cannot be merged with each other")
	case elements != nil:
		return elements
	case fields != nil:
		return fields
	}
	return nil
}
