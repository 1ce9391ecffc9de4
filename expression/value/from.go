package value

import (
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"time"
)

// From makes a value of what Go code gave: integers and floats of any size, slices, maps with string keys; a time
// becomes RFC 3339 text, a duration text such as 1h30m0s. A slice or map that holds nothing but values is given back
// as it is. Anything else is an error.
func From(v any) (any, error) {
	converted, _, err := from(v)
	return converted, err
}

// from also tells whether the result is something else than v.
func from(v any) (converted any, changed bool, err error) {
	switch v := v.(type) {
	case nil, bool, int64, Number, string:
		return v, false, nil
	case int:
		return int64(v), true, nil
	case float64:
		_, err := floatResult(v)
		return v, false, err
	case []any:
		return fromArray(v)
	case map[string]any:
		return fromObject(v)
	case time.Time:
		return v.Format(time.RFC3339Nano), true, nil
	case time.Duration:
		return v.String(), true, nil
	}
	converted, err = fromReflected(reflect.ValueOf(v))
	return converted, true, err
}

func fromArray(elements []any) (converted any, changed bool, err error) {
	result := elements
	for i, element := range elements {
		value, elementChanged, err := from(element)
		if err != nil {
			return nil, false, err
		}
		if elementChanged {
			if !changed {
				result, changed = slices.Clone(elements), true
			}
			result[i] = value
		}
	}
	return result, changed, nil
}

func fromObject(members map[string]any) (converted any, changed bool, err error) {
	result := members
	for key, member := range members {
		value, memberChanged, err := from(member)
		if err != nil {
			return nil, false, err
		}
		if memberChanged {
			if !changed {
				result, changed = maps.Clone(members), true
			}
			result[key] = value
		}
	}
	return result, changed, nil
}

func fromReflected(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return integerResult(new(big.Int).SetUint64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return floatResult(v.Float())
	case reflect.Slice, reflect.Array:
		elements := make([]any, v.Len())
		for i := range elements {
			element, err := From(v.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			elements[i] = element
		}
		return elements, nil
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			return fromReflectedMap(v)
		}
	}
	return nil, fmt.Errorf("a %s is no value of the language", v.Type())
}

func fromReflectedMap(v reflect.Value) (any, error) {
	members := make(map[string]any, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		member, err := From(iter.Value().Interface())
		if err != nil {
			return nil, err
		}
		members[iter.Key().String()] = member
	}
	return members, nil
}
