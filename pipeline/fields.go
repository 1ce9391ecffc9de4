package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
)

// object is the JSON object that `field` directives build. Its shape is known when it is compiled, so an execution
// only fills in values. Members stand in the order in which they were first named.
type object struct {
	members []member
}

type member struct {
	name string
	// key is the name as a JSON string with its colon.
	key string
	// field is the path as declared, for errors.
	field   string
	program *expression.Program
	object  *object
}

// add puts a field at a path of names joined by dots.
func (o *object) add(path string, program *expression.Program) error {
	names := strings.Split(path, ".")
	if slices.Contains(names, "") {
		return errors.New("a field's name is names joined by single dots, such as meta.total")
	}
	if strings.ContainsAny(path, "[]") {
		return errors.New("brackets cannot stand in a field's name: use a field whose value is an array")
	}
	for i, name := range names {
		last := i == len(names)-1
		at := slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
		switch {
		case at < 0:
			key, err := value.AppendJSON(nil, name)
			if err != nil {
				return err
			}
			m := member{name: name, key: string(key) + ":", field: path}
			if last {
				m.program = program
			} else {
				m.object = new(object)
			}
			o.members = append(o.members, m)
			at = len(o.members) - 1
		case last && o.members[at].program != nil:
			return errors.New("the field is declared twice")
		case last:
			return fmt.Errorf("the field has fields of its own, such as %s", o.members[at].field)
		case o.members[at].program != nil:
			return fmt.Errorf("field %s has a value, so it cannot have fields of its own", o.members[at].field)
		}
		o = o.members[at].object
	}
	return nil
}

// appendJSON builds the object with the values of one execution.
func (o *object) appendJSON(dst []byte, ctx *expression.Context) ([]byte, error) {
	dst = append(dst, '{')
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
	return append(dst, '}'), nil
}
