package expression

import (
	"testing"

	"github.com/krosyn/gateway/expression/value"
)

func TestObject(t *testing.T) {
	var object *Object
	if got := string(object.JSON()); got != "{}" {
		t.Errorf("no object is %s", got)
	}
	if got := object.Value(); got == nil || len(got) != 0 {
		t.Errorf("no object has the value %v", got)
	}
	object = new(Object)
	for _, set := range []struct {
		name string
		v    any
		raw  string
	}{
		{"z", int64(1), "1"}, {`quo"te`, "x", ""}, {"a", 1.5, "1.50"}, {"z", map[string]any{"n": 0.5}, `{"n": 0.50}`},
	} {
		raw := []byte(set.raw)
		if set.raw == "" {
			raw = nil
		}
		if err := object.Set(set.name, set.v, raw); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(object.JSON()), `{"z":{"n": 0.50},"quo\"te":"x","a":1.50}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := object.Set("bad", struct{}{}, nil); err == nil || len(object.Value()) != 3 {
		t.Errorf("what has no JSON was set: %v, %v", err, object.Value())
	}
	for _, find := range []struct {
		path []value.Step
		want string
	}{
		{nil, `{"z":{"n": 0.50},"quo\"te":"x","a":1.50}`},
		{[]value.Step{{Key: "z"}}, `{"n": 0.50}`},
		{[]value.Step{{Key: "z"}, {Key: "n"}}, `0.50`},
		{[]value.Step{{Key: "z"}, {Key: "m"}}, ``},
		{[]value.Step{{Key: "m"}}, ``},
		{[]value.Step{{IsIndex: true}}, ``},
	} {
		got, ok := object.find(find.path)
		if string(got) != find.want || ok != (find.want != "") {
			t.Errorf("%v: got %s, %t, want %s", find.path, got, ok, find.want)
		}
	}
}

// A value that was taken from the object stays as it was, so no object can come to contain itself.
func TestObjectValueDoesNotChange(t *testing.T) {
	object := new(Object)
	if err := object.Set("a", int64(1), nil); err != nil {
		t.Fatal(err)
	}
	taken := object.Value()
	if err := object.Set("self", taken, nil); err != nil {
		t.Fatal(err)
	}
	if len(taken) != 1 || string(object.JSON()) != `{"a":1,"self":{"a":1}}` {
		t.Errorf("taken %v, now %s", taken, object.JSON())
	}
}

func TestSource(t *testing.T) {
	for _, source := range []string{"= 1 + 1", "text $payload.a", "$payload.a"} {
		if got := mustValue(t, source).Source(); got != source {
			t.Errorf("got %q, want %q", got, source)
		}
	}
}
