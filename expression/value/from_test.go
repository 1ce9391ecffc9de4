package value

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestFrom(t *testing.T) {
	for _, test := range []struct{ v, want any }{
		{nil, nil},
		{5, int64(5)},
		{int8(-5), int64(-5)},
		{uint64(math.MaxUint64), Number("18446744073709551615")},
		{uint16(7), int64(7)},
		{float32(0.5), 0.5},
		{json.Number("5"), "5"},
		{time.Date(2026, 11, 22, 10, 0, 0, 5e6, time.UTC), "2026-11-22T10:00:00.005Z"},
		{90 * time.Minute, "1h30m0s"},
		{[]int{1, 2}, []any{int64(1), int64(2)}},
		{[2]string{"a", "b"}, []any{"a", "b"}},
		{map[string]bool{"a": true}, map[string]any{"a": true}},
		{[]any{"a", 1, []any{2}}, []any{"a", int64(1), []any{int64(2)}}},
		{map[string]any{"a": []any{map[string]any{"b": 1}}}, map[string]any{"a": []any{map[string]any{"b": int64(1)}}}},
	} {
		got, err := From(test.v)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("From(%#v) = %#v, %v, want %#v", test.v, got, err, test.want)
		}
	}
	for _, v := range []any{
		struct{}{}, math.NaN(), []any{math.Inf(1)}, map[string]any{"a": 1i}, []any{[]func(){nil}}, map[int]int{}, new(int),
	} {
		if got, err := From(v); err == nil {
			t.Errorf("From(%T) = %#v, want an error", v, got)
		}
	}
}

func TestFromKeepsWhatIsAValue(t *testing.T) {
	inner := []any{"x", int64(1), map[string]any{"a": nil}}
	got, err := From(inner)
	if err != nil || &got.([]any)[0] != &inner[0] {
		t.Errorf("From copied an array of values: %v", err)
	}
	mixed := map[string]any{"plain": inner, "length": 3}
	if _, err := From(mixed); err != nil {
		t.Fatal(err)
	}
	if mixed["length"] != 3 {
		t.Error("From changed the map that it was given")
	}
}
