package value

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFind(t *testing.T) {
	const text = ` { "b" : 1.50 , "a":[ 10, {"x y":"z"} ,[ ] , null], "a\/b":true, "":0, ` +
		`"dup":1,"du\u0070":{"z":1,"y":2e0}, "é":"e", "n":{"b":{"c":"}]\""}} }`
	document, err := NewDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	key := func(k string) Step { return Step{Key: k} }
	at := func(i int) Step { return Step{Index: i, IsIndex: true} }
	for _, test := range []struct {
		path []Step
		want string
	}{
		{nil, strings.TrimSpace(text)},
		{[]Step{key("b")}, `1.50`},
		{[]Step{key("a")}, `[ 10, {"x y":"z"} ,[ ] , null]`},
		{[]Step{key("a"), at(0)}, `10`},
		{[]Step{key("a"), at(1), key("x y")}, `"z"`},
		{[]Step{key("a"), at(2)}, `[ ]`},
		{[]Step{key("a"), at(-1)}, `null`},
		{[]Step{key("a"), at(-4)}, `10`},
		{[]Step{key("a/b")}, `true`},
		{[]Step{key("")}, `0`},
		{[]Step{key("dup")}, `{"z":1,"y":2e0}`},
		{[]Step{key("dup"), key("y")}, `2e0`},
		{[]Step{key("é")}, `"e"`},
		{[]Step{key("n"), key("b"), key("c")}, `"}]\""`},
		{[]Step{key("a"), at(4)}, ``},
		{[]Step{key("a"), at(-5)}, ``},
		{[]Step{key("a"), at(2), at(0)}, ``},
		{[]Step{key("a"), at(2), at(-1)}, ``},
		{[]Step{key("a"), key("0")}, ``},
		{[]Step{at(0)}, ``},
		{[]Step{key("missing")}, ``},
		{[]Step{key("a\\/b")}, ``},
		{[]Step{key("b"), key("c")}, ``},
		{[]Step{key("a"), at(3), key("c")}, ``},
	} {
		got, ok := document.Find(test.path)
		if string(got) != test.want || ok != (test.want != "") {
			t.Errorf("Find(%v) = %s, %t, want %s", test.path, got, ok, test.want)
		}
	}
}

// TestFindInLongObject has more members than an index has, around an object that has an index.
func TestFindInLongObject(t *testing.T) {
	text := `{"inner":{"a":1}`
	for i := range 2 * maxMembers {
		text += fmt.Sprintf(`,"m%d":%d`, i, i)
	}
	document, err := NewDocument([]byte(`{"long":` + text + `,"m7":"again"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for path, want := range map[string]string{
			"long.m0": "0", "long.m7": `"again"`, "long.m127": "127", "long.inner.a": "1", "long.m128": "", "long.inner.b": "",
		} {
			var steps []Step
			for key := range strings.SplitSeq(path, ".") {
				steps = append(steps, Step{Key: key})
			}
			if got, ok := document.Find(steps); string(got) != want || ok != (want != "") {
				t.Errorf("Find(%s) = %s, %t, want %s", path, got, ok, want)
			}
		}
	}
}

// Whatever stands at a path of the value is what Find gives for that path, and there is nothing else to find.
func TestFindLikeDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(4).Draw(t, "text")
		document, err := NewDocument([]byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		checkPaths(t, document, nil, document.Value())
	})
}

func FuzzFind(f *testing.F) {
	for _, text := range nasty {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if document, err := NewDocument(data); err == nil {
			checkPaths(t, document, nil, document.Value())
		}
	})
}

func checkPaths(t rapid.TB, document *Document, path []Step, want any) {
	t.Helper()
	raw, ok := document.Find(path)
	if !ok {
		t.Fatalf("Find(%v) in %q finds nothing, want %#v", path, document.Raw(), want)
	}
	got, err := Decode(raw)
	if err != nil || !cmp.Equal(got, want) || strings.TrimSpace(string(raw)) != string(raw) {
		t.Fatalf("Find(%v) in %q = %q, want %#v", path, document.Raw(), raw, want)
	}
	path = slices.Clip(path)
	switch want := want.(type) {
	case []any:
		for i, element := range want {
			checkPaths(t, document, append(path, Step{Index: i, IsIndex: true}), element)
			checkPaths(t, document, append(path, Step{Index: i - len(want), IsIndex: true}), element)
		}
		checkMissing(t, document, append(path, Step{Index: len(want), IsIndex: true}))
		checkMissing(t, document, append(path, Step{Index: -len(want) - 1, IsIndex: true}))
		checkMissing(t, document, append(path, Step{Key: "0"}))
	case map[string]any:
		for key, member := range want {
			checkPaths(t, document, append(path, Step{Key: key}), member)
		}
		checkMissing(t, document, append(path, Step{Key: "no such key"}))
		checkMissing(t, document, append(path, Step{Key: "\xff"})) // what Decode reads of it is valid
		checkMissing(t, document, append(path, Step{IsIndex: true}))
	default:
		checkMissing(t, document, append(path, Step{Key: "a"}))
		checkMissing(t, document, append(path, Step{IsIndex: true}))
	}
}

func checkMissing(t rapid.TB, document *Document, path []Step) {
	t.Helper()
	if raw, ok := document.Find(path); ok {
		t.Fatalf("Find(%v) in %q = %q, want nothing", path, document.Raw(), raw)
	}
}

// jsonText draws JSON with blanks everywhere, equal keys and one key in several spellings.
func jsonText(depth int) *rapid.Generator[string] {
	blank := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r "})
	literal := rapid.SampledFrom([]string{
		"null", "true", "false", "0", "-1", "1.50", "1e2", "12345678901234567890", `""`, `"a"`, `"\"}"`, `"\\"`,
		`"\u00e9é"`, `"[{"`, `"1234567890\n1234567890"`,
	})
	key := rapid.SampledFrom([]string{
		`"a"`, `"\u0061"`, `"b"`, `"é"`, `"\u00e9"`, `""`, `"\\"`, `"\""`, `"\ud800"`, "\"\xff\"",
		`"a long key, longer than a word"`,
	})
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.IntRange(0, 2).Draw(t, "kind")
		if depth == 0 || kind == 0 {
			return blank.Draw(t, "blank") + literal.Draw(t, "literal") + blank.Draw(t, "blank")
		}
		var items []string
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			item := jsonText(depth-1).Draw(t, "item")
			if kind == 1 {
				item = blank.Draw(t, "blank") + key.Draw(t, "key") + blank.Draw(t, "blank") + ":" + item
			}
			items = append(items, item)
		}
		brackets := [2]string{"[", "]"}
		if kind == 1 {
			brackets = [2]string{"{", "}"}
		}
		inside := strings.Join(items, ",")
		if inside == "" {
			inside = blank.Draw(t, "blank")
		}
		return blank.Draw(t, "blank") + brackets[0] + inside + brackets[1] + blank.Draw(t, "blank")
	})
}

func TestDocument(t *testing.T) {
	var missing *Document
	empty, err := NewDocument(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]*Document{"nil": missing, "empty": empty, "of nil": DocumentOf(nil)} {
		if document.Value() != nil || string(document.Raw()) != "null" {
			t.Errorf("%s: %v, %s, want null", name, document.Value(), document.Raw())
		}
		if raw, ok := document.Find(nil); !ok || string(raw) != "null" {
			t.Errorf("%s: Find(nil) = %s, %t", name, raw, ok)
		}
		if raw, ok := document.Find([]Step{{Key: "a"}}); ok {
			t.Errorf("%s: Find(a) = %s", name, raw)
		}
	}
	if _, err := NewDocument([]byte(" ")); err == nil {
		t.Error("blanks alone are accepted")
	}
	received, err := NewDocument([]byte("{\"b\":1.0,\n \"a\":2}"))
	if err != nil || string(received.Raw()) != "{\"b\":1.0,\n \"a\":2}" {
		t.Errorf("Raw() = %s, %v, want the text as received", received.Raw(), err)
	}
	if raw := DocumentOf(map[string]any{"b": 1.0, "a": int64(2)}).Raw(); string(raw) != `{"a":2,"b":1}` {
		t.Errorf("Raw() = %s", raw)
	}
	if raw := DocumentOf(struct{}{}).Raw(); string(raw) != "null" {
		t.Errorf("Raw() of what is no value = %s", raw)
	}
}

func TestDocumentConcurrently(t *testing.T) {
	document := DocumentOf(map[string]any{"a": []any{int64(1), "x"}})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if raw, ok := document.Find([]Step{{Key: "a"}, {Index: 1, IsIndex: true}}); !ok || string(raw) != `"x"` {
				t.Error(fmt.Errorf("found %s", raw))
			}
		})
	}
	readers.Wait()
}
