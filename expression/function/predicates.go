package function

// predicate makes the parameter for a condition or a value about each element: `.price > 10`, `# * 2`.
func predicate() Parameter { return Parameter{Name: "predicate", Kind: anything, Predicate: true} }

const aboutPredicates = " In a predicate `#` is the element and `.name` its field."

var predicateFunctions = []*Function{
	{
		Name:        "filter",
		Description: "The elements for which the predicate is true." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples: []Example{
			{
				Source:  `filter($payload.items, .price > 10)`,
				Payload: `{"items":[{"price":5},{"price":15}]}`,
				Result:  `[{"price":15}]`,
			},
			{Source: `filter([1, 2, 3], # > 1)`, Result: `[2,3]`},
		},
		Builtin: true,
	},
	{
		Name:        "map",
		Description: "What the predicate gives for each element, as an array." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples: []Example{
			{
				Source:  `map($payload.items, uppercase(.sku))`,
				Payload: `{"items":[{"sku":"a"},{"sku":"b"}]}`,
				Result:  `["A","B"]`,
			},
			{Source: `map([1, 2], # * 10)`, Result: `[10,20]`},
		},
		Builtin: true,
	},
	{
		Name: "count",
		Description: "The number of elements of an array or of fields of an object. With a predicate, of the elements " +
			"for which it is true.",
		Parameters: []Parameter{
			subject("array", array|object), {Name: "predicate", Kind: anything, Optional: true, Predicate: true},
		},
		Examples: []Example{
			{Source: `count([1, 2, 3])`, Result: `3`},
			{Source: `count($payload.items, .price > 10)`, Payload: `{"items":[{"price":5},{"price":15}]}`, Result: `1`},
		},
		Builtin: true,
		run:     count,
	},
	{
		Name:        "all",
		Description: "Whether the predicate is true for all elements." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples:    []Example{{Source: `all([1, 2, 3], # > 0)`, Result: `true`}},
		Builtin:     true,
	},
	{
		Name:        "any",
		Description: "Whether the predicate is true for at least one element." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples:    []Example{{Source: `any([1, 2, 3], # > 2)`, Result: `true`}},
		Builtin:     true,
	},
	{
		Name:        "none",
		Description: "Whether the predicate is true for no element." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples:    []Example{{Source: `none([1, 2, 3], # > 3)`, Result: `true`}},
		Builtin:     true,
	},
	{
		Name:        "one",
		Description: "Whether the predicate is true for exactly one element." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples:    []Example{{Source: `one([1, 2, 3], # > 2)`, Result: `true`}},
		Builtin:     true,
	},
	{
		Name:        "find",
		Description: "The first element for which the predicate is true, null if there is none." + aboutPredicates,
		Parameters:  []Parameter{required("array", array), predicate()},
		Examples: []Example{
			{
				Source:  `find($payload.items, .sku == "B").price`,
				Payload: `{"items":[{"sku":"A","price":5},{"sku":"B","price":15}]}`,
				Result:  `15`,
			},
		},
		Builtin: true,
	},
	{
		Name: "groupBy",
		Description: "An object with the elements in arrays, by the text that the predicate gives for each." +
			aboutPredicates,
		Parameters: []Parameter{required("array", array), predicate()},
		Examples: []Example{
			{
				Source:  `groupBy($payload.items, .kind)`,
				Payload: `{"items":[{"id":1,"kind":"a"},{"id":2,"kind":"b"},{"id":3,"kind":"a"}]}`,
				Result:  `{"a":[{"id":1,"kind":"a"},{"id":3,"kind":"a"}],"b":[{"id":2,"kind":"b"}]}`,
			},
		},
		Builtin: true,
	},
	{
		Name: "reduce",
		Description: "One value made of all elements: the predicate is applied to each in turn, with `#acc` as what " +
			"it gave for the one before, `start` for the first." + aboutPredicates,
		Parameters: []Parameter{required("array", array), predicate(), optional("start", anything)},
		Examples:   []Example{{Source: `reduce([1, 2, 3], #acc + #, 0)`, Result: `6`}},
		Builtin:    true,
	},
}

func count(c *call) any {
	if len(c.args) > 1 {
		return c.fail("predicate must be a predicate, such as .price > 10")
	}
	if fields, ok := c.args[0].(map[string]any); ok {
		return int64(len(fields))
	}
	return int64(len(c.array(0)))
}
