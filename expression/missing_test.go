package expression

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/expression/value"
)

func TestMissing(t *testing.T) {
	example, err := value.NewDocument([]byte(
		`{"order": {"id": 1, "customer_name": "x", "email": "y", "items": [{"price": 1}], "none": [], "note": null}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		source string
		want   []*Error
	}{
		{`$payload.order.id and $payload.order.email.lowercase and $payload.order.items[3].price`, nil},
		{`$payload.order.note.deep ?? $payload.order.none[0].deep`, nil},
		{`$payload.order.items.length ?? $payload.order.jsonEncode`, nil},
		{`$lookup.nothing ?? $payload.order[$payload.order.email]`, nil},
		{"1 +\n$payload.order.emial", []*Error{
			{"the example has no field emial in $payload.order", "did you mean email?", Position{2, 1}},
		}},
		{`"$payload.order.customerName and $payload.ordr"`, []*Error{
			{"the example has no field customerName in $payload.order", "did you mean customer_name?", Position{1, 2}},
			{"the example has no field ordr in $payload", "did you mean order?", Position{1, 34}},
		}},
		{`$payload.order.items[0].amount`, []*Error{
			{"the example has no field amount in $payload.order.items[0]", "", Position{1, 1}},
		}},
	} {
		got := mustExpression(t, test.source).Missing(example)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.source, diff)
		}
	}
	if got := mustExpression(t, `$payload.a`).Missing(nil); got != nil {
		t.Errorf("without an example: %v", got)
	}
}

func TestReferences(t *testing.T) {
	program := mustExpression(t, `concat($payload.a[0]["b c"], "x $processed.y", $payload.list[$lookup.n].z) + $event.id`)
	got := program.References()
	want := []Reference{
		{"$payload", []value.Step{{Key: "a"}, {IsIndex: true}, {Key: "b c"}}, Position{1, 8}},
		{"$processed", []value.Step{{Key: "y"}}, Position{1, 33}},
		{"$payload", []value.Step{{Key: "list"}}, Position{1, 48}},
		{"$lookup", []value.Step{{Key: "n"}}, Position{1, 62}},
		{"$event", []value.Step{{Key: "id"}}, Position{1, 78}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
