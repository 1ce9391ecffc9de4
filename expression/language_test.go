package expression

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/krosyn/gateway/expression/value"
)

// shop is the context of most tests: an order with everything that the language has to cope with.
func shop(tb testing.TB) *Context {
	tb.Helper()
	document := func(text string) *value.Document {
		d, err := value.NewDocument([]byte(text))
		if err != nil {
			tb.Fatal(err)
		}
		return d
	}
	ctx := &Context{
		Payload: document(`{"id": 12345678901234567890, "small": 5, "half": 0.50, "text": "Jane", "zero": "0", "five": "5",
			"email": "Jane.Doe@Example.COM", "yes": true, "nothing": null, "none": [], "tags": ["vip", "new"],
			"user": {"z": 1, "a": {"lowercase": "a real field", "in": 2}, "e-mail": "j@x.org"},
			"items": [{"sku": "A", "price": 5, "qty": 2}, {"sku": "B", "price": 15.5, "qty": 1}]}`),
		Lookup:   document(`{"plan":"gold"}`),
		Response: document(`{"status":200,"headers":{},"body":{"ok":true}}`),
		Secrets:  map[string]string{"TOKEN": "s3cr3t-value"},
		Request: Request{
			Method: "POST", Path: "/in", RemoteIP: "192.0.2.7",
			Query:   url.Values{"q": {"one", "two"}, "date": {"today"}},
			Headers: http.Header{"X-Shop-Delivery": {"d-1"}, "X-List": {"a", "b"}},
		},
		Event: Event{
			ID:         "0199f0c4-0000-7000-8000-000000000000",
			ReceivedAt: time.Date(2026, 11, 22, 10, 0, 0, 123e6, time.UTC),
		},
		Connector: "orders",
		Processed: &Object{},
	}
	if err := ctx.Processed.Set("full_name", "Jane Doe", nil); err != nil {
		tb.Fatal(err)
	}
	return ctx
}

var shopCompiler = NewCompiler([]string{"TOKEN"})

// check evaluates an expression and compares its JSON.
func check(t *testing.T, source, want string) {
	t.Helper()
	program, err := shopCompiler.Expression(source, ScopeResponse)
	if err != nil {
		t.Errorf("%s\n\tdoes not compile: %v", source, err)
		return
	}
	got, err := program.AppendJSON(nil, shop(t))
	switch {
	case err != nil:
		t.Errorf("%s\n\tfails: %v", source, err)
	case string(got) != want:
		t.Errorf("%s\n\tgave %s\n\twant %s", source, got, want)
	}
}

func TestPaths(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`$payload.text`, `"Jane"`},
		{`$payload.items[0].sku`, `"A"`},
		{`$payload.items[-1].sku`, `"B"`},
		{`$payload.items[2].sku`, `null`},
		{`$payload.items[-3]`, `null`},
		{`$payload["user"]['e-mail']`, `"j@x.org"`},
		{`$payload.user["e-mail"]`, `"j@x.org"`},
		{`$payload.user.a.in`, `2`},
		{`$payload.missing.deep[3].er`, `null`},
		{`$payload.text.deep`, `null`},
		{`$payload.nothing.deep`, `null`},
		{`$payload?.missing?.deep`, `null`},
		{`null.a`, `null`},
		{`$payload.items[$payload.small - 4].sku`, `"B"`},
		{`$payload[$payload.text.lowercase]`, `null`},
		{`$payload.user[concat("e", "-mail")]`, `"j@x.org"`},
		{`$payload.user[null]`, `null`},
		{`$payload.tags["vip"]`, `null`},
		{`{"5": "five"}[$payload.small]`, `"five"`},
		{`{"5": "five"}[5]`, `"five"`},
		{`$payload.tags[1:]`, `["new"]`},
		{`$payload.tags[:-1]`, `["vip"]`},
		{`$payload.tags[5:9]`, `[]`},
		{`$payload.tags[1:0]`, `[]`},
		{`$payload.missing[1:]`, `null`},
		{`$payload.text[1:3]`, `"an"`},
		{`"größe"[2]`, `"ö"`},
		{`"größe"[-1]`, `"e"`},
		{`"größe"[9]`, `null`},
		{`"größe"[-9]`, `null`},
		{`[[1, 2], [3]][0][1]`, `2`},
		{`{"a": {"b": 1}}.a.b`, `1`},
	} {
		check(t, test.source, test.want)
	}
}

func TestAccessors(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`$payload.email.lowercase`, `"jane.doe@example.com"`},
		{`$payload.email.lowercase.length`, `20`},
		{`$payload.user.a.lowercase`, `"a real field"`},
		{`$payload.tags.first`, `"vip"`},
		{`$payload.items.last.sku.lowercase`, `"b"`},
		{`$payload.user.a.jsonEncode`, `"{\"in\":2,\"lowercase\":\"a real field\"}"`},
		{`$payload.missing.isEmpty`, `true`},
		{`$payload.missing.lowercase`, `null`},
		// In brackets a name is a field and nothing else.
		{`$payload.email["lowercase"]`, `null`},
		{`$payload.email['lowercase']`, `null`},
		// An object that lacks the field is not an argument for a function of text.
		{`$payload.user.lowercase`, `null`},
		{`$payload.date`, `null`},
		{`concat($payload.text, "!").uppercase`, `"JANE!"`},
	} {
		check(t, test.source, test.want)
	}
}

func TestVariables(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`$lookup.plan`, `"gold"`},
		{`$response.body.ok`, `true`},
		{`$processed.full_name`, `"Jane Doe"`},
		{`$processed`, `{"full_name":"Jane Doe"}`},
		{`$secret.TOKEN`, `"s3cr3t-value"`},
		{`$secret["TOKEN"].length`, `12`},
		{`$connector.name`, `"orders"`},
		{`$event`, `{"id":"0199f0c4-0000-7000-8000-000000000000","received_at":"2026-11-22T10:00:00.123Z"}`},
		{`$event.received_at`, `"2026-11-22T10:00:00.123Z"`},
		{`$request.method`, `"POST"`},
		{`$request.path.length`, `3`},
		{`$request.remote_ip`, `"192.0.2.7"`},
		{`$request.headers["x-shop-delivery"]`, `"d-1"`},
		{`$request.headers["X-Shop-Delivery"]`, `null`},
		{`$request.headers["x-list"]`, `"a, b"`},
		{`$request.headers["x-none"]`, `null`},
		{`$request.headers`, `{"x-list":"a, b","x-shop-delivery":"d-1"}`},
		{`$request["headers"].keys.length`, `2`},
		{`$request.query.q`, `"one"`},
		{`$request.query.none`, `null`},
		{`$request.query.date`, `"today"`},
		{`$request.query[concat("q", "")]`, `"one"`},
		{`let price = $payload.items[0].price; price * 2`, `10`},
		{`let a = 1; let b = a + 1; let a = 10; [a, b]`, `[10,2]`},
		{`map([1, 2], {let x = # * 10; x + 1})`, `[11,21]`},
		{`1; 2`, `2`},
	} {
		check(t, test.source, test.want)
	}
}

func TestQuotedStrings(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`"Hello $payload.text!"`, `"Hello Jane!"`},
		{`'Hello $payload.text!'`, `"Hello $payload.text!"`},
		{"`Hello $payload.text!`", `"Hello $payload.text!"`},
		{`"$payload.small"`, `"5"`},
		{`"a $payload.missing b"`, `"a  b"`},
		{`"costs $50, $ 1 and $"`, `"costs $50, $ 1 and $"`},
		{`"$payloads $payload_x $other.name"`, `"$payloads $payload_x $other.name"`},
		{`"\x24payload.text \$"`, `!invalid char escape`},
		{`"\x24payload.text"`, `"$payload.text"`},
		{`"sum: $( $payload.small + 1 )"`, `"sum: 6"`},
		{`"nested: $( concat('(', \"$payload.text\", ')') )"`, `"nested: (Jane)"`},
		{`"tab\tquote\" \u{1F600} \u00e9"`, `"tab\tquote\" 😀 é"`},
		{`"\xff"`, `"ÿ"`},
		{`'\xff'`, `"ÿ"`},
		{`"$payload.tags[0] $payload.items[-1].sku $payload.user['e-mail']"`, `"vip B j@x.org"`},
		{`"$payload.user.a"`, `"{\"in\":2,\"lowercase\":\"a real field\"}"`},
		{`"$payload.text."`, `"Jane."`},
		{`map($payload.items, "$(.qty) x $(.sku) for $payload.text")`, `["2 x A for Jane","1 x B for Jane"]`},
		{`map($payload.items, "$(#index): $( #.sku // the sku` + "\n" + `)")`, `!literal not terminated`},
		{`let n = 2; "n is $(n)"`, `"n is 2"`},
		{`{"$payload.text": 1}`, `{"Jane":1}`},
	} {
		if want, isError := cutError(test.want); isError {
			checkError(t, test.source, want)
			continue
		}
		check(t, test.source, test.want)
	}
}

func TestCalls(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`and(true, 1, "x")`, `true`},
		{`and(true, $payload.zero)`, `false`},
		{`or(null, $payload.none)`, `false`},
		{`not($payload.none)`, `true`},
		{`not(not($payload.none))`, `false`},
		{`in("vip", $payload.tags)`, `true`},
		{`contains($payload.email, "@")`, `true`},
		{`startsWith("abc", "ab") and endsWith("abc", "bc")`, `true`},
		{`matches($payload.email, "^Jane")`, `true`},
		{`if($payload.yes, "y", "n")`, `"y"`},
		{`if ($payload.yes) { "y" } else { "n" }`, `"y"`},
		{`if $payload.small > 9 { 1 } else if $payload.small > 4 { 2 } else { 3 }`, `2`},
		{`1 + if(true, 1, 2)`, `2`},
		{`[and(true, true), or(false, false)]`, `[true,false]`},
		{`(in(1, [1]))`, `true`},
		{`true and not(false)`, `true`},
		{`1 in [1] and in(1, [1])`, `true`},
		{`2 not in [1]`, `true`},
		{`not in(2, [1])`, `true`},
		{`2 not in ([1])`, `true`},
		{`$payload.user.a.in in [2]`, `true`},
		// Krosyn's order of arguments counts where expr-lang has a function of that name.
		{`split(",", "a,b")`, `["a","b"]`},
		{`replace("a", "b", "banana")`, `"bbnbnb"`},
		{`join("-", ["a", "b"])`, `"a-b"`},
		{`concat("a", 1, null, true)`, `"a1true"`},
		// A pipe fills the parameter that the function is about.
		{`"a,b" | split(",")`, `["a","b"]`},
		{`"banana" | replace("a", "b")`, `"bbnbnb"`},
		{`["a", "b"] | join("-")`, `"a-b"`},
		{`$payload.email | lowercase() | split("@") | last()`, `"example.com"`},
		{`$payload.items | filter(.price > 10) | map(.sku)`, `["B"]`},
		{`"x" | contains("x")`, `true`},
		// What does not count is not evaluated.
		{`if(true, 1, 1 / 0)`, `1`},
		{`and(false, 1 / 0)`, `false`},
		{`or(true, 1 / 0)`, `true`},
		{`coalesce(null, "a", 1 / 0)`, `"a"`},
		{`default("a", 1 / 0)`, `"a"`},
		{`default("", "b")`, `"b"`},
		{`coalesce(null, null)`, `null`},
		{`if(false, 1)`, `null`},
		{`$payload.text ?? (1 / 0)`, `"Jane"`},
	} {
		check(t, test.source, test.want)
	}
}

func TestPredicates(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`filter($payload.items, .price > 10)`, `[{"price":15.5,"qty":1,"sku":"B"}]`},
		{`filter($payload.items, #.price > 10)[0].sku`, `"B"`},
		{`map($payload.items, .price * .qty)`, `[10,15.5]`},
		{`map([1, 2], #index)`, `[0,1]`},
		{`map($payload.items, {"id": .sku, ("n$(#index)"): {b: 1}})`, `[{"id":"A","n0":{"b":1}},{"id":"B","n1":{"b":1}}]`},
		{`map($payload.items, {})`, `[{},{}]`},
		{`map($payload.items, {.sku})`, `["A","B"]`},
		{`$payload.items | map({id: .sku}) | last()`, `{"id":"B"}`},
		{`map([1], "$( {\"a\": #}.a )")`, `["1"]`},
		{`all($payload.items, .price > 1)`, `true`},
		{`any($payload.items, .price > 100)`, `false`},
		{`none($payload.items, .price > 100)`, `true`},
		{`one($payload.items, .price > 10)`, `true`},
		{`find($payload.items, .price > 1).sku`, `"A"`},
		{`find($payload.items, .price > 100)`, `null`},
		{`findLast($payload.items, .price > 1).sku`, `"B"`},
		{`findIndex($payload.items, .sku == "B")`, `1`},
		{`findIndex($payload.items, .sku == "C")`, `null`},
		{`findLastIndex([1, 2, 1], # == 1)`, `2`},
		{`count($payload.items)`, `2`},
		{`count($payload.items, .price > 10)`, `1`},
		{`sum($payload.items, .price)`, `20.5`},
		{`sum([1, 2])`, `3`},
		{`sum(1, 2, 3)`, `6`},
		{`groupBy([1, 2, 3], # % 2)`, `{"0":[2],"1":[1,3]}`},
		{`map(sortBy($payload.items, -.price), .sku)`, `["B","A"]`},
		{`map(sortBy($payload.items, .price, "desc"), .sku)`, `["B","A"]`},
		{`map(sortBy($payload.items, "price", "desc"), .sku)`, `["B","A"]`},
		{`reduce([1, 2, 3], #acc + #, 10)`, `16`},
		{`reduce([1, 2, 3], #acc + #)`, `6`},
		{`reduce([], #acc + #)`, `null`},
		{`reduce([1, 2], #acc + #, sum(map([5], #)))`, `8`},
		{`map([[1, 2], [3]], sum(#, # * 2))`, `[6,6]`},
		{`map([1, 2], count([1, 2, 3], # > 2))`, `[1,1]`},
		// A missing field is null and compares to false; a missing array is null, or has no elements to speak of.
		{`filter($payload.items, .missing > 1)`, `[]`},
		{`filter($payload.items, .missing)`, `[]`},
		{`filter($payload.missing, .price > 1)`, `null`},
		{`map($payload.missing, #)`, `null`},
		{`count($payload.missing, # > 1)`, `null`},
		{`sum($payload.missing, .price)`, `null`},
		{`all($payload.missing, # > 1)`, `true`},
		{`any($payload.missing, # > 1)`, `false`},
		{`find($payload.missing, # > 1)`, `null`},
	} {
		check(t, test.source, test.want)
	}
}
