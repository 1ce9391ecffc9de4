package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
)

// object is the JSON object that `field` directives build. Its shape is known when it is compiled, so an execution
// only fills in values. Members stand in the order in which they were first named, elements of arrays in their own.
type object struct {
	// isArray makes it an array: the keys of its members are indexes.
	isArray bool
	members []member
}

type member struct {
	name string
	// key is the name as a JSON string with its colon; an element of an array has none.
	key string
	// field is the path as declared, for errors.
	field string
	// program gives the value, or object has the members of its own.
	program *expression.Program
	object  *object
}

// maxIndex bounds the arrays that fields build.
const maxIndex = 999

// step is one name or index of a path.
type step struct {
	name    string
	isIndex bool
}

// add puts a field at a path of names joined by dots, with indexes in brackets: items[0].sku.
func (o *object) add(path string, program *expression.Program) error {
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	for i, step := range steps {
		last := i == len(steps)-1
		at := slices.IndexFunc(o.members, func(m member) bool { return m.name == step.name })
		switch {
		case at < 0:
			m := member{name: step.name, field: path}
			if !step.isIndex {
				key, err := value.AppendJSON(nil, step.name)
				if err != nil {
					return err
				}
				m.key = string(key) + ":"
			}
			if last {
				m.program = program
			} else {
				m.object = &object{isArray: steps[i+1].isIndex}
			}
			o.members = append(o.members, m)
			at = len(o.members) - 1
		case last && o.members[at].object == nil:
			return errors.New("the field is declared twice")
		case last:
			return fmt.Errorf("the field has fields of its own, such as %s", o.members[at].field)
		case o.members[at].object == nil:
			return fmt.Errorf("field %s has a value, so it cannot have fields of its own", o.members[at].field)
		case o.members[at].object.isArray != steps[i+1].isIndex:
			return fmt.Errorf("it cannot be an array and an object: see field %s", o.members[at].field)
		}
		o = o.members[at].object
	}
	return nil
}

var errPath = errors.New(
	"a field's name is names joined by single dots, with indexes in brackets: meta.total, items[0].sku")

func parsePath(path string) ([]step, error) {
	var steps []step
	for part := range strings.SplitSeq(path, ".") {
		end := strings.IndexByte(part, '[')
		if end < 0 {
			end = len(part)
		}
		name, indexes := part[:end], part[end:]
		if name == "" || strings.ContainsRune(name, ']') {
			return nil, errPath
		}
		steps = append(steps, step{name: name})
		for indexes != "" {
			digits, behind, closed := strings.Cut(strings.TrimPrefix(indexes, "["), "]")
			index, err := strconv.Atoi(digits)
			switch {
			case indexes[0] != '[', !closed, err != nil, index < 0, strconv.Itoa(index) != digits:
				return nil, errPath
			case index > maxIndex:
				return nil, fmt.Errorf("index %d is over %d: use a field whose value is an array", index, maxIndex)
			}
			steps = append(steps, step{digits, true})
			indexes = behind
		}
	}
	return steps, nil
}

// holes puts the elements of arrays in order, and refuses an array in which one is missing.
func (o *object) holes() error {
	if o.isArray {
		slices.SortFunc(o.members, func(a, b member) int { return a.index() - b.index() })
	}
	for i := range o.members {
		m := &o.members[i]
		if o.isArray && m.index() != i {
			return fmt.Errorf("field %s leaves a hole: element %d of the array has no value", m.field, i)
		}
		if m.object != nil {
			if err := m.object.holes(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *member) index() int {
	index, _ := strconv.Atoi(m.name)
	return index
}

// appendJSON builds the object with the values of one execution.
func (o *object) appendJSON(dst []byte, ctx *expression.Context) ([]byte, error) {
	opening, closing := byte('{'), byte('}')
	if o.isArray {
		opening, closing = '[', ']'
	}
	dst = append(dst, opening)
	for i := range o.members {
		m := &o.members[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.key...)
		var err error
		if m.object != nil {
			dst, err = m.object.appendJSON(dst, ctx)
		} else if dst, err = m.program.AppendJSON(dst, ctx); err != nil {
			err = fmt.Errorf("field %s: %w", m.field, err)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(dst, closing), nil
}
