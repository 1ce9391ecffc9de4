package expression

import (
	"fmt"
	"maps"

	"github.com/krosyn/gateway/expression/value"
)

// Object is a JSON object that keeps the order in which its names were first set and the JSON of each value.
// The zero value, and a nil *Object, is empty.
type Object struct {
	names   []string
	raw     map[string][]byte
	members map[string]any
}

// Set keeps v under name; raw is its JSON, made from v where it is nil. It fails when v has no JSON.
func (o *Object) Set(name string, v any, raw []byte) error {
	if raw == nil {
		var err error
		if raw, err = value.AppendJSON(nil, v); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	// A value that was taken from the object must not change, and not come to contain itself.
	members := maps.Clone(o.members)
	if members == nil {
		members, o.raw = map[string]any{}, map[string][]byte{}
	}
	if _, ok := members[name]; !ok {
		o.names = append(o.names, name)
	}
	members[name], o.raw[name] = v, raw
	o.members = members
	return nil
}

// Value is the object as expressions see it; a later Set does not change it.
func (o *Object) Value() map[string]any {
	if o == nil || o.members == nil {
		return map[string]any{}
	}
	return o.members
}

// JSON is the object's JSON text.
func (o *Object) JSON() []byte {
	text := []byte{'{'}
	if o != nil {
		for i, name := range o.names {
			if i > 0 {
				text = append(text, ',')
			}
			text, _ = value.AppendJSON(text, name)
			text = append(append(text, ':'), o.raw[name]...)
		}
	}
	return append(text, '}')
}

// find is the JSON at a path within the object.
func (o *Object) find(path []value.Step) ([]byte, bool) {
	if len(path) == 0 {
		return o.JSON(), true
	}
	if o == nil || path[0].IsIndex {
		return nil, false
	}
	raw, ok := o.raw[path[0].Key]
	if !ok || len(path) == 1 {
		return raw, ok
	}
	document, err := value.NewDocument(raw)
	if err != nil {
		return nil, false
	}
	return document.Find(path[1:])
}
