package function

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

func decoded(t testing.TB, text string) any {
	t.Helper()
	v, err := value.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPathsOfGetAndHas(t *testing.T) {
	object := decoded(t, `{"a":{"b":[1,{"c":null}]},"x.y":"dotted","0":"zero","":"empty","q\"":"quote","é":2}`)
	for path, want := range map[string]any{
		"a.b.0": int64(1), "a.b[0]": int64(1), "a.b[-2]": int64(1), `a["b"][0]`: int64(1), "['a'].b.-2": int64(1),
		`["x.y"]`: "dotted", "0": "zero", "[0]": "zero", `[""]`: "empty", `["q""]`: "quote", "é": int64(2),
	} {
		if got := mustApply(t, "get", object, path); got != want {
			t.Errorf("get %s = %v, want %v", path, got, want)
		}
		if got := mustApply(t, "has", object, path); got != true {
			t.Errorf("has %s = %v", path, got)
		}
	}
	for _, path := range []string{"b", "a.c", "a.b.2", "a.b[-3]", "a.b.x", "a.b.0.c", "x.y", "a.b[1].c.d", "a.b.1e0"} {
		if got := mustApply(t, "get", object, path, "none"); got != "none" {
			t.Errorf("get %s = %v", path, got)
		}
		if got := mustApply(t, "has", object, path); got != false {
			t.Errorf("has %s = %v", path, got)
		}
	}
	for _, path := range []string{"", ".", ".a", "a.", "a..b", "a[", "a[]", "a[0", `a["b]`, "a[0]b", "[0].", `["a"`} {
		if _, err := apply(t, "get", object, path); err == nil {
			t.Errorf("get takes the path %q", path)
		}
	}
}

func TestObjects(t *testing.T) {
	object := decoded(t, `{"b":1,"a":{"c":null}}`)
	for _, test := range []struct {
		name string
		args []any
		want string
	}{
		{"get", []any{object, "a.c", "x"}, `"x"`},
		{"get", []any{object, "a.c"}, `null`},
		{"get", []any{nil, "a", int64(1)}, `1`},
		{"get", []any{[]any{int64(5)}, int64(0)}, `5`},
		{"has", []any{object, "a.c"}, `true`},
		{"has", []any{nil, "a"}, `false`},
		{"keys", []any{map[string]any{}}, `[]`},
		{"values", []any{object}, `[{"c":null},1]`},
		{"pick", []any{object, "b", "missing"}, `{"b":1}`},
		{"pick", []any{object, []any{"a"}, "b"}, `{"a":{"c":null},"b":1}`},
		{"pick", []any{object, []any{}}, `{}`},
		{"omit", []any{object, []any{"a", "missing"}}, `{"b":1}`},
		{"omit", []any{object, "a.c"}, `{"a":{"c":null},"b":1}`},
		{"merge", []any{object, nil, map[string]any{"a": int64(2)}}, `{"a":2,"b":1}`},
		{"count", []any{object}, `2`},
		{"length", []any{object}, `2`},
	} {
		encoded, _ := value.AppendJSON(nil, mustApply(t, test.name, test.args...))
		if string(encoded) != test.want {
			t.Errorf("%s%v = %s, want %s", test.name, test.args, encoded, test.want)
		}
	}
	for name, args := range map[string][]any{
		"merge": {object, []any{}}, "pick": {object, []any{int64(1)}}, "keys": {[]any{}}, "has": {"a", "a"},
	} {
		if got, err := apply(t, name, args...); err == nil {
			t.Errorf("%s%v = %v", name, args, got)
		}
	}
}

func TestPickAndOmitArePartsOfTheWhole(t *testing.T) {
	names := rapid.SliceOfN(rapid.SampledFrom([]any{"a", "b", "c", "d"}), 0, 4)
	objects := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), anyValue(), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		object, keys := objects.Draw(t, "object"), names.Draw(t, "keys")
		picked, omitted := mustCall("pick", object, keys), mustCall("omit", object, keys)
		if diff := cmp.Diff(any(object), mustCall("merge", picked, omitted)); diff != "" {
			t.Fatal(diff)
		}
		if n := len(picked.(map[string]any)) + len(omitted.(map[string]any)); n != len(object) {
			t.Fatalf("%d fields of %d", n, len(object))
		}
	})
}

func TestValuesAreThoseOfKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(rapid.String(), anyValue()).Draw(t, "object")
		keys, values := mustCall("keys", object).([]any), mustCall("values", object).([]any)
		if len(keys) != len(object) || len(values) != len(object) {
			t.Fatal("not one of each")
		}
		for i, key := range keys {
			if diff := cmp.Diff(object[key.(string)], values[i]); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// FuzzPath checks that a path that is read leads to the field that its last step names.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"a.b", "a[0].b", `["a.b"]`, "['x']", "a.-1", "[", "a..b", "é.\x00", `[""]["]"]`} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, source string) {
		steps, err := parsePath(source)
		if err != nil {
			return
		}
		var nested any = "found"
		for _, step := range slices.Backward(steps) {
			nested = map[string]any{step: nested}
		}
		if got := mustApply(t, "get", nested, source); got != "found" {
			t.Errorf("%q, read as %q, leads to %v", source, steps, got)
		}
	})
}
