package function

var patternFunctions = []*Function{
	{
		Name: "matches",
		Description: "Whether a regular expression (RE2 syntax) matches somewhere in the text; " +
			"`^` and `$` tie it to the ends. False where either is null.",
		Parameters: []Parameter{required("value", text), required("pattern", text)},
		Examples: []Example{
			{Source: `matches("ORD-12345", "^ORD-[0-9]+$")`, Result: `true`},
			{Source: `matches("order", "(?i)ORDER")`, Result: `true`},
		},
		run: func(c *call) any {
			if c.args[0] == nil || c.args[1] == nil {
				return false
			}
			return c.search(1, 0, func(p *Pattern, s string) (any, error) { return p.Match(s) })
		},
	},
	{
		Name: "replaceRegex",
		Description: "The text with every match of the regular expression replaced. In the replacement `$1` or " +
			"`${1}` is the first group, `${name}` a named one, `$0` the whole match and `$$` a dollar sign.",
		Parameters: []Parameter{required("pattern", text), required("replacement", text), subject("value", text)},
		Examples: []Example{
			{Source: `replaceRegex("[^0-9]+", "", "+49 (30) 1234")`, Result: `"49301234"`},
			{Source: `replaceRegex("(\\w+)@(\\w+)", "$2 at $1", "jane@shop")`, Result: `"shop at jane"`},
		},
		run: func(c *call) any {
			replacement := c.textOr(1, "")
			return c.search(0, 2, func(p *Pattern, s string) (any, error) { return p.replace(s, replacement) })
		},
	},
	{
		Name: "extract",
		Description: "What the regular expression finds in the text: its first group, or the whole match where it " +
			"has no group. Null where nothing is found.",
		Parameters: []Parameter{required("pattern", text), subject("value", text)},
		Examples: []Example{
			{Source: `extract("#([0-9]+)", "Order #12345 paid")`, Result: `"12345"`},
			{Source: `extract("[0-9]+", "Order #12345 paid")`, Result: `"12345"`},
			{Source: `extract("[0-9]+", "no number")`, Result: `null`},
		},
		run: func(c *call) any {
			return c.search(0, 1, (*Pattern).extract)
		},
	},
}

// search applies the regular expression of one argument to the text of another.
func (c *call) search(pattern, subject int, find func(p *Pattern, s string) (any, error)) any {
	s, source := c.text(subject), c.text(pattern)
	if c.err != nil {
		return nil
	}
	p, err := Regexp(source)
	if err != nil {
		return c.check(nil, err)
	}
	return c.check(find(p, s))
}
