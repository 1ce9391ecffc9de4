package store

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/event"
)

func TestMatcher(t *testing.T) {
	refused := "Connection refused"
	e := &event.Event{
		Connector: "orders", TraceID: "trace",
		Payload:  json.RawMessage(`{"name":"J\u00fcrgen","n":1.50,"deep":[{"a\tb":"x"}],"plain":"Straße"}`),
		Error:    &event.Error{Message: "Perform failed", Detail: "dial tcp"},
		Lookup:   &event.Lookup{Error: "status 404"},
		Attempts: []event.Attempt{{}, {Error: &refused}},
	}
	encoded := e.AppendJSON(nil)
	for text, want := range map[string]bool{
		"": true, "jürgen": true, "JÜRGEN": true, `j\u00fcrgen`: true, "1.50": true, "a\tb": true, "straße": true,
		"perform": true, "DIAL": true, "404": true, "refused": true, `"name"`: true,
		"orders": false, "trace": false, "juergen": false, "1.500": false, "nam e": false,
	} {
		m := NewMatcher(text)
		if got := m.Match(e); got != want {
			t.Errorf("%q matches: %t", text, got)
		}
		if want && !m.MayMatch(encoded) {
			t.Errorf("%q matches and may not", text)
		}
	}
	if NewMatcher("nowhere").MayMatch([]byte(`{"payload":"plain"}`)) {
		t.Error("what is not in an event without escapes may match")
	}
	if NewMatcher("x").Match(new(event.Event)) {
		t.Error("an empty event matches")
	}
}

// TestMayMatch: whatever matches may match, or a search that asks MayMatch first would not find it.
func TestMayMatch(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("aAé\"\\/<&\t\u2028K")))
	rapid.Check(t, func(t *rapid.T) {
		payload, err := json.Marshal(map[string]string{text.Draw(t, "key"): text.Draw(t, "value")})
		if err != nil {
			t.Fatal(err)
		}
		e := &event.Event{Payload: payload, Error: &event.Error{Message: text.Draw(t, "message")}}
		m := NewMatcher(text.Draw(t, "text"))
		if m.Match(e) && !m.MayMatch(e.AppendJSON(nil)) {
			t.Fatalf("%s matches and may not", payload)
		}
	})
}

func FuzzMatcher(f *testing.F) {
	f.Add("a", []byte(`{"a":"\u0061"}`))
	f.Add("\\", []byte(`"\\`))
	f.Add("é", []byte("[\"\\ud800\", \xff]"))
	f.Fuzz(func(t *testing.T, text string, payload []byte) {
		m := NewMatcher(text)
		e := &event.Event{Payload: payload}
		if strings.Contains(strings.ToLower(string(payload)), strings.ToLower(text)) && !m.Match(e) {
			t.Errorf("%q is in %q and does not match", text, payload)
		}
	})
}

func BenchmarkMayMatch(b *testing.B) {
	m := NewMatcher("nowhere to be found")
	encoded := []byte(`{"payload":"` + strings.Repeat("Some words. ", 170) + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(encoded)))
	for b.Loop() {
		if m.MayMatch(encoded) {
			b.Fatal("it is not there")
		}
	}
}
