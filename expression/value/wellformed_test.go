package value

import (
	"strings"
	"testing"
)

func TestWellFormed(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":[1,-2.50,0,"x\"\\\/\b\f\n\r\té",true,false,null,{}],"":[]}`: true,
		" \t\r\n1 ": true,
		`0`:         true,
		`-0.0`:      true,
		"\"\xff\"":  true, // Decode replaces what is no UTF-8
		strings.Repeat("[", 32) + strings.Repeat("]", 32): true,
		// Valid, and left to Decode.
		`1e3`: false, `[1E3]`: false, strings.Repeat("9", 301): false, strings.Repeat("[", 33) + strings.Repeat("]", 33): false,
		// No JSON.
		``: false, ` `: false, `{`: false, `{"a"}`: false, `{"a":}`: false, `{"a":1,}`: false, `[1,]`: false, `[1 2]`: false, `1 2`: false,
		`01`: false, `-`: false, `1.`: false, `.5`: false, `+1`: false, `tru`: false, `truex`: false, `"`: false, `"\x"`: false, `"\u12g4"`: false,
		"\"\n\"": false, `{1:2}`: false, `[}`: false, `"a"b`: false, `"\u12`: false, "1\x00": false, `nul`: false,
	} {
		if got := wellFormed([]byte(text)); got != want {
			t.Errorf("%.60q is well-formed: %v, want %v", text, got, want)
		}
		if _, err := Decode([]byte(text)); err != nil && want {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// FuzzDocument has a document that is decoded when it is needed be the one that is decoded at once.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{`{"a":{"b":[1,"x",null]},"a":2}`, `[1e999]`, `{"a":1e3}`, "\xef\xbb\xbf1", `"\ud800"`, `{"a":[[[]]]} `} {
		f.Add([]byte(text), "a", 1)
	}
	f.Fuzz(func(t *testing.T, raw []byte, key string, index int) {
		if len(raw) == 0 {
			return
		}
		want, wantErr := Decode(raw)
		document, err := NewDocument(raw)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: %v, want %v", raw, err, wantErr)
		}
		if err != nil {
			return
		}
		for _, path := range [][]Step{{{Key: key}}, {{Index: index % 5, IsIndex: true}}, {{Key: key}, {Key: "b"}, {Index: 1, IsIndex: true}}} {
			text, found := document.Find(path)
			part, peeked := document.Peek(path)
			if peeked != (found && !document.decoded.Load()) {
				t.Fatalf("%q at %v: peeked %v, found %v", raw, path, peeked, found)
			}
			if peeked {
				if whole, err := Decode(text); err != nil || !Equal(whole, part) {
					t.Fatalf("%q at %v: %v, want %v (%v)", raw, path, part, whole, err)
				}
			}
		}
		if got := document.Value(); Text(got) != Text(want) {
			t.Fatalf("%q has the value %v, want %v", raw, got, want)
		}
	})
}

func TestPeekGivesUp(t *testing.T) {
	document, err := NewDocument([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	path := []Step{{Key: "a"}}
	for range maxPeeks {
		if v, ok := document.Peek(path); !ok || v != int64(1) {
			t.Errorf("peeked %v %v", v, ok)
		}
	}
	if _, ok := document.Peek(path); ok {
		t.Error("a document that is read again and again is not decoded")
	}
	if _, ok := DocumentOf(map[string]any{"a": int64(1)}).Peek(path); ok {
		t.Error("a document that is decoded is read as text")
	}
	var none *Document
	if _, ok := none.Peek(path); ok {
		t.Error("null has fields")
	}
}

func BenchmarkDocument(b *testing.B) {
	raw := []byte(order)
	paths := [][]Step{{{Key: "event_type"}}, {{Key: "order"}, {Key: "id"}}, {{Key: "order"}, {Key: "customer"}, {Key: "first_name"}}}
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			document, err := NewDocument(raw)
			if err != nil || document.Value() == nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("three paths", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			document, err := NewDocument(raw)
			if err != nil {
				b.Fatal(err)
			}
			for _, path := range paths {
				if _, ok := document.Peek(path); !ok {
					b.Fatal("not found")
				}
			}
		}
	})
}
