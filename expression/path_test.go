package expression

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/expression/value"
)

// siblings are paths that have steps in common, or seem to.
var siblings = []string{
	`$payload`, `$payload.a`, `$payload.b`, `$payload.a.a`, `$payload.a.b`, `$payload.b.a`, `$payload.a.a.a`,
	`$payload.a.a.b`, `$payload.a.b.a`, `$payload.a.a.a.a`, `$payload.a.a.a.b`, `$payload.a.a.a.a.b`,
	`$payload["a"].a`, `$payload["a/b"].a`, `$payload[0].a`, `$payload["0"].a`, `$payload[0].b`, `$payload[-1].a`,
	`$payload["-1"].a`, `$payload.a[0].b`, `$payload.a["0"].b`, `$payload.first.a`, `$payload["first"].a`,
	`$payload.a.first.b`, `$payload.a["first"].b`, `$lookup.a`, `$lookup.a.a`, `$lookup.a.b`, `$lookup.a.a.a`,
	`$lookup[0].a`, `$processed.a.a`, `$processed.a.b`, `concat($payload.a.a, $lookup.a.a, $payload.a.b)`,
	`"$payload.a.b$payload.a.a$lookup.a.b$payload.b.a"`,
}

// Whatever has been read before, in whatever document, a program has the result that it has alone.
func TestPathsKeepApart(t *testing.T) {
	programs := make([]*Program, len(siblings))
	for i, source := range siblings {
		programs[i] = mustExpression(t, source)
	}
	process := mustExpression(t, `{"a": $payload.a, "b": 1}`)
	var data func(depth int) *rapid.Generator[any]
	data = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			kind := rapid.IntRange(0, 5).Draw(t, "kind")
			switch {
			case depth == 0 || kind == 5:
				return rapid.SampledFrom([]any{nil, "text", int64(7), int64(8)}).Draw(t, "scalar")
			case kind >= 3:
				return rapid.SliceOfN(data(depth-1), 0, 2).Draw(t, "array")
			}
			key := rapid.SampledFrom([]string{"a", "a", "b", "0", "-1", "first", "a/b"})
			return rapid.MapOfN(key, data(depth-1), 1, 4).Draw(t, "object")
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		document := func(label string) *value.Document {
			v := data(4).Draw(t, label)
			if rapid.Bool().Draw(t, "decoded") {
				return value.DocumentOf(v)
			}
			raw, err := value.AppendJSON(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			received, err := value.NewDocument(raw)
			if err != nil {
				t.Fatal(err)
			}
			return received
		}
		list := value.DocumentOf([]any{map[string]any{"a": data(2).Draw(t, "first"), "b": "x"}})
		payloads := []*value.Document{document("payload"), document("other payload"), list, nil}
		lookup := document("lookup")
		shared := &Context{Payload: payloads[0], Lookup: lookup}
		for _, program := range rapid.Permutation(append(programs, programs...)).Draw(t, "programs") {
			switch rapid.IntRange(0, 15).Draw(t, "change") {
			case 0:
				shared.Payload = rapid.SampledFrom(payloads).Draw(t, "next payload")
			case 1:
				if err := process.Set(shared, "a"); err != nil {
					t.Fatal(err)
				}
			}
			got, err := program.Eval(shared)
			alone := &Context{Payload: shared.Payload, Lookup: lookup, Processed: shared.Processed}
			want, wantErr := program.Eval(alone)
			if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("%s gave %v, %v after others, %v, %v alone", program.Source(), got, err, want, wantErr)
			}
		}
	})
}
