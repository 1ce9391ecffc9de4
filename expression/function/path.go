package function

import (
	"errors"
	"strconv"
	"strings"
)

var errPath = errors.New(`the path must be like "customer.name", "items[0].sku" or "[\"a.b\"]"`)

// path reads the argument that leads into objects and arrays.
func (c *call) path(i int) []string {
	source := c.text(i)
	if c.err != nil {
		return nil
	}
	path, err := parsePath(source)
	if err != nil {
		c.check(nil, err)
	}
	return path
}

// parsePath takes a path apart: names and indexes between dots, as in `items.0.sku`, or between brackets, as in
// `items[0]["sku"]`. Whether a step is an index depends on what it is applied to.
func parsePath(source string) ([]string, error) {
	var steps []string
	rest := source
	for first := true; first || rest != ""; first = false {
		var step string
		var ok bool
		switch {
		case strings.HasPrefix(rest, "["):
			step, rest, ok = bracket(rest[1:])
		case first:
			step, rest, ok = dotted(rest)
		case rest[0] == '.':
			step, rest, ok = dotted(rest[1:])
		}
		if !ok {
			return nil, errPath
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func dotted(source string) (step, rest string, ok bool) {
	end := strings.IndexAny(source, ".[")
	if end < 0 {
		end = len(source)
	}
	return source[:end], source[end:], end > 0
}

func bracket(source string) (step, rest string, ok bool) {
	if source != "" && (source[0] == '"' || source[0] == '\'') {
		quote := source[:1]
		step, rest, ok = strings.Cut(source[1:], quote+"]")
		return step, rest, ok
	}
	step, rest, ok = strings.Cut(source, "]")
	return step, rest, ok && step != ""
}

// follow is what path leads to from v, and whether it leads anywhere. A negative index counts from the end.
func follow(v any, path []string) (any, bool) {
	for _, step := range path {
		switch container := v.(type) {
		case map[string]any:
			field, ok := container[step]
			if !ok {
				return nil, false
			}
			v = field
		case []any:
			index, err := strconv.Atoi(step)
			if index < 0 {
				index += len(container)
			}
			if err != nil || index < 0 || index >= len(container) {
				return nil, false
			}
			v = container[index]
		default:
			return nil, false
		}
	}
	return v, true
}
