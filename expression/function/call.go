package function

import (
	"fmt"

	"github.com/krosyn/gateway/expression/value"
)

// call is one application of a function: its arguments, read by position in the kinds that the table declares. The
// first argument that does not fit is the error of the call; reading goes on with zero values, so that a function
// reads all it needs before anyone asks.
type call struct {
	function *Function
	args     []any
	err      error
}

// bind makes Call from run or direct: the count of the arguments, null for null and the bounds of the result are
// checked here, for every function alike.
func (f *Function) bind() {
	apply := f.direct
	if f.run != nil {
		apply = func(args []any) (any, error) {
			c := call{function: f, args: args}
			result := f.run(&c)
			if c.err != nil {
				return nil, c.err
			}
			return result, nil
		}
	}
	if apply == nil {
		return
	}
	least, most, subjects := f.MinArgs(), f.MaxArgs(), f.subjects()
	f.Call = func(args []any) (any, error) {
		if len(args) < least || most >= 0 && len(args) > most {
			return nil, f.CheckCount(len(args))
		}
		for _, i := range subjects {
			if args[i] == nil {
				return nil, nil
			}
		}
		result, err := apply(args)
		if err == nil {
			err = checkSize(result)
		}
		if err != nil {
			return nil, f.named(err)
		}
		return result, nil
	}
}

// subjects are the places of the parameters for which null in means null out. They are never optional.
func (f *Function) subjects() []int {
	var places []int
	for i, p := range f.Parameters {
		if p.Subject {
			places = append(places, i)
		}
	}
	return places
}

func (f *Function) named(err error) error { return fmt.Errorf("%s: %w", f.Name, err) }

// given tells whether the argument is there. Null for an optional parameter is as good as leaving it out.
func (c *call) given(i int) bool { return i < len(c.args) && c.args[i] != nil }

// fail makes the call an error, unless it is one already.
func (c *call) fail(format string, args ...any) any {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
	return nil
}

// check passes on the result of package value, or its error.
func (c *call) check(result any, err error) any {
	if err != nil && c.err == nil {
		c.err = err
	}
	return result
}

// mismatch reports an argument by its type only: the value may be a secret.
func (c *call) mismatch(i int) {
	p := c.parameter(i)
	c.fail("%s must be of type %s, got %s", p.Name, p.Kind, value.TypeOf(c.args[i]))
}

func (c *call) parameter(i int) Parameter {
	return c.function.Parameters[min(i, len(c.function.Parameters)-1)]
}

func (c *call) text(i int) string {
	switch v := c.args[i].(type) {
	case string:
		return v
	case bool, int64, float64, value.Number:
		return value.Text(v)
	}
	c.mismatch(i)
	return ""
}

func (c *call) textOr(i int, fallback string) string {
	if !c.given(i) {
		return fallback
	}
	return c.text(i)
}

func (c *call) number(i int) any {
	n, ok := value.ToNumber(c.args[i])
	if !ok {
		c.mismatch(i)
		return int64(0)
	}
	return n
}

// integer is within ±2^31, so that it can be an index or a count on every platform.
func (c *call) integer(i int) int {
	n, ok := value.ToInteger(c.args[i])
	switch {
	case !ok:
		c.mismatch(i)
	case n < -1<<31 || n >= 1<<31:
		c.fail("%s is out of range", c.parameter(i).Name)
	default:
		return int(n)
	}
	return 0
}

func (c *call) integerOr(i, fallback int) int {
	if !c.given(i) {
		return fallback
	}
	return c.integer(i)
}

func (c *call) array(i int) []any {
	a, ok := c.args[i].([]any)
	if !ok {
		c.mismatch(i)
	}
	return a
}

func (c *call) object(i int) map[string]any {
	o, ok := c.args[i].(map[string]any)
	if !ok {
		c.mismatch(i)
	}
	return o
}
