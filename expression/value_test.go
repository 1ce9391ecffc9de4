package expression

import (
	"strings"
	"testing"
)

// checkValue compiles a value and compares its JSON.
func checkValue(t *testing.T, source, want string) {
	t.Helper()
	program, err := shopCompiler.Value(source, ScopeResponse)
	if want, isError := cutError(want); isError {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n\tgave the error %v\n\twant %s", source, err, want)
		}
		return
	}
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

func TestValueRules(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		// 1. After = stands an expression.
		{`= $payload.small * 1.2`, `6`},
		{`=1+1`, `2`},
		{`= {"a": $payload.small}`, `{"a":5}`},
		{`=`, `!the expression is empty (line 1, column 2)`},
		{`= 1 +`, `!unexpected end of expression (line 1, column 6)`},
		// 2. A whole reference, call, array, string or literal keeps its type. Its JSON is as received.
		{`$payload.small`, `5`},
		{`$payload.half`, `0.50`},
		{`$payload.id`, `12345678901234567890`},
		{`$payload.user.a`, `{"lowercase": "a real field", "in": 2}`},
		{`$payload["user"].z`, `1`},
		{`$payload.items[-1].price`, `15.5`},
		{`$payload.items[$payload.small - 5].sku`, `"A"`},
		{`$payload.missing`, `null`},
		{`$payload?.missing`, `null`},
		{`$payload.email.lowercase`, `"jane.doe@example.com"`},
		{`$lookup`, `{"plan":"gold"}`},
		{`$processed`, `{"full_name":"Jane Doe"}`},
		{`$processed.full_name`, `"Jane Doe"`},
		{`$secret.TOKEN`, `"s3cr3t-value"`},
		{`concat($payload.text, "!")`, `"Jane!"`},
		{`and(1, 2)`, `true`},
		{`if($payload.yes, [1], 2)`, `[1]`},
		{`filter($payload.items, .price > 10)[0].sku.lowercase`, `"b"`},
		{`uppercas("a")`, `!Unknown function: uppercas (line 1, column 1): did you mean uppercase?`},
		{`[1, $payload.small, "x"]`, `[1,5,"x"]`},
		{`[]`, `[]`},
		{`"New order $payload.small"`, `"New order 5"`},
		{`'New order $payload.small'`, `"New order $payload.small"`},
		{`42`, `42`},
		{`-1.50`, `-1.50`},
		{`1e3`, `1e3`},
		{`12345678901234567890`, `12345678901234567890`},
		{`true`, `true`},
		{`false`, `false`},
		{`null`, `null`},
		{`$( $payload.small + 1 )`, `6`},
		{`$($payload.items[0])`, `{"sku": "A", "price": 5, "qty": 2}`},
		// 3. Everything else is text.
		{``, `""`},
		{` `, `" "`},
		{`hello`, `"hello"`},
		{`007`, `"007"`},
		{`+5`, `"+5"`},
		{`.5`, `".5"`},
		{`1_000`, `"1_000"`},
		{`0x10`, `"0x10"`},
		{` 42`, `" 42"`},
		{`True`, `"True"`},
		{`nil`, `"nil"`},
		{`$50`, `"$50"`},
		{`$`, `"$"`},
		{`$other.name`, `"$other.name"`},
		{`$env`, `"$env"`},
		{"`x`", "\"`x`\""},
		{`New order $payload.small from $processed.full_name.`, `"New order 5 from Jane Doe."`},
		{`$payload.small$payload.small`, `"55"`},
		{`$payload.small $payload.small`, `"5 5"`},
		{`$payload.small - 1`, `"5 - 1"`},
		{`$payload.user.e-mail`, `"-mail"`},
		{`$payload.id/$payload.half`, `"12345678901234567890/0.5"`},
		{`a $payload.missing b`, `"a  b"`},
		{`tags: $payload.tags`, `"tags: [\"vip\",\"new\"]"`},
		{`sum $( $payload.small + 1 )!`, `"sum 6!"`},
		{`$(1)$(2)`, `"12"`},
		{`$(1) and $(2)`, `"1 and 2"`},
		{`"a" and "b"`, `"\"a\" and \"b\""`},
		{`'tis the season`, `"'tis the season"`},
		{`[draft] order`, `"[draft] order"`},
		{`order (s)`, `"order (s)"`},
		{`f(x) and g(y)`, `"f(x) and g(y)"`},
		{`{"a": "$payload.text"}`, `"{\"a\": \"Jane\"}"`},
		{`mailto:x@example.com`, `"mailto:x@example.com"`},
		{`Bearer $secret.TOKEN`, `"Bearer s3cr3t-value"`},
		{`€ $payload.small 😀`, `"€ 5 😀"`},
		// What looks like a call or an array but is none is likely a mistake, and is told how to be text.
		{`order(s)`, `!Unknown function: order (line 1, column 1): if this is meant as text, quote it: 'order(s)'`},
		{`[urgent]`, `!Unknown variable: urgent (line 1, column 2)`},
		{`[it's]`, `!literal not terminated`},
		{`concat("a)`, `!literal not terminated`},
		{`text $( nope )`, `!Unknown variable: nope (line 1, column 9)`},
		{`text $(`, `!"(" is not closed (line 1, column 7)`},
		{`text $payload.tags[$payload.small]`, `!in text an index is a number or a name in quotes (line 1, column 19)`},
		{`text $payload.tags[`, `!"[" is not closed`},
		{`text $payload.tags []`, `"text [\"vip\",\"new\"] []"`},
		{"two\nlines $( nope )", `!Unknown variable: nope (line 2, column 10)`},
	} {
		checkValue(t, test.source, test.want)
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{`$payload.small`, "5"},
		{`$payload.half`, "0.5"},
		{`$payload.id`, "12345678901234567890"},
		{`= 1e21`, "1000000000000000000000"},
		{`= 0.0000001`, "0.0000001"},
		{`$payload.missing`, ""},
		{`$payload.yes`, "true"},
		{`$payload.tags`, `["vip","new"]`},
		{`$payload.text`, "Jane"},
	} {
		got, err := mustValue(t, test.source).Text(shop(t))
		if err != nil || got != test.want {
			t.Errorf("%s gave %q, %v, want %q", test.source, got, err, test.want)
		}
	}
}

func TestTruthy(t *testing.T) {
	for _, test := range []struct {
		source string
		want   bool
	}{
		{`false`, false}, {`null`, false}, {`0`, false}, {`0.0`, false}, {`""`, false}, {`"0"`, false}, {`[]`, false},
		{`{}`, false},
		{`true`, true}, {`1`, true}, {`-1`, true}, {`"false"`, true}, {`" "`, true}, {`"0.0"`, true}, {`[0]`, true},
		{`{"a": null}`, true}, {`12345678901234567890`, true}, {`$payload.missing`, false},
	} {
		got, err := mustExpression(t, test.source).Truthy(shop(t))
		if err != nil || got != test.want {
			t.Errorf("%s gave %t, %v", test.source, got, err)
		}
	}
	if holds, err := mustExpression(t, `1 / 0`).Truthy(shop(t)); err == nil || holds {
		t.Errorf("a condition that fails gave %t, %v", holds, err)
	}
}

// set keeps the JSON as received for later references, at any depth.
func TestSet(t *testing.T) {
	ctx := shop(t)
	for _, line := range []struct{ name, source string }{
		{"user", "$payload.user"}, {"half", "$payload.half"}, {"again", "$processed.half"}, {"inner", "$processed.user.a"},
		{"text", "half of $processed.half"}, {"self", "$processed"}, {"half", "= $processed.half + 1"},
	} {
		if err := mustValue(t, line.source).Set(ctx, line.name); err != nil {
			t.Fatalf("set %s: %v", line.name, err)
		}
	}
	want := `{"full_name":"Jane Doe",` +
		`"user":{"z": 1, "a": {"lowercase": "a real field", "in": 2}, "e-mail": "j@x.org"},` +
		`"half":1.5,"again":0.50,"inner":{"lowercase": "a real field", "in": 2},"text":"half of 0.5","self":`
	if got := string(ctx.Processed.JSON()); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
	var empty Context
	if err := mustValue(t, "x").Set(&empty, "a"); err != nil || string(empty.Processed.JSON()) != `{"a":"x"}` {
		t.Errorf("without an object: %v, %s", err, empty.Processed.JSON())
	}
	if err := mustValue(t, "= 1 / 0").Set(&empty, "b"); err == nil || string(empty.Processed.JSON()) != `{"a":"x"}` {
		t.Errorf("after an error: %v, %s", err, empty.Processed.JSON())
	}
}

func TestTemplate(t *testing.T) {
	template, err := shopCompiler.Template(`https://x.test/$payload.small/$secret.TOKEN?a=$(1 + 1)&$50`, ScopeLookup)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		source, text string
		secret       bool
	}{
		{source: "https://x.test/"},
		{source: "$payload.small", text: "5"},
		{source: "/"},
		{source: "$secret.TOKEN", text: "s3cr3t-value", secret: true},
		{source: "?a="},
		{source: "$(1 + 1)", text: "2"},
		{source: "&$50"},
	}
	if len(template.Parts) != len(want) {
		t.Fatalf("got %d parts, want %d", len(template.Parts), len(want))
	}
	for i, part := range template.Parts {
		if part.Source != want[i].source || part.Secret != want[i].secret {
			t.Errorf("part %d: %+v, want %+v", i, part, want[i])
		}
		if part.Program == nil {
			if part.Literal != part.Source {
				t.Errorf("part %d: literal %q", i, part.Literal)
			}
			continue
		}
		if text, err := part.Program.Text(shop(t)); err != nil || text != want[i].text {
			t.Errorf("part %d: %q, %v, want %q", i, text, err, want[i].text)
		}
	}
	_, err = shopCompiler.Template("https://x.test/\n$( nope )", ScopeLookup)
	if err == nil || !strings.Contains(err.Error(), "Unknown variable: nope (line 2, column 4)") {
		t.Errorf("got %v", err)
	}
	if _, err := shopCompiler.Template("https://$lookup.host/", ScopeLookup); err == nil {
		t.Error("the lookup's URL can use the lookup's answer")
	}
	template, err = shopCompiler.Template(`$secret.TOKEN.length $secret.TOKEN`, ScopeLookup)
	if err != nil || template.Parts[0].Secret {
		t.Errorf("a reference behind a secret passes for the secret: %v", err)
	}
}
