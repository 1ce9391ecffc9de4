package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krosyn/gateway/app"
	"github.com/krosyn/gateway/event"
)

// checked runs the check of a connector that is its perform and some expectations.
func checked(t *testing.T, more, expect string) *app.Check {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "store")
	gateway, err := provision(t, folder, map[string]any{
		"secret": map[string]any{"KEY": map[string]any{"value": "the-secret-key"}}, "capture_body": 0,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := register(t, gateway, fmt.Sprintf(`{"name":"a","endpoint":[{"auth":"none"}],
		"example":"{\"name\":\"Jane\",\"age\":42,\"tags\":[\"x\",\"y\"],\"huge\":12345678901234567890,\"key\":\"the-secret-key\"}",
		%s,"expect":[%s]}`, more, expect))
	check, err := c.Check(t.Context(), json.RawMessage(`{"level":"gold"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the check has opened the store: %v", err)
	}
	return check
}

const (
	building = `"trigger":"$payload.age > 18","process":{"lookup":{"url":"https://a.example/$payload.name"},
		"set":[{"name":"who","value":"$payload.name"},{"name":"n","value":"= $payload.age + 1"}]},
		"perform":{"method":"POST","url":"https://b.example/in/$secret.KEY?n=$payload.name","header":{"x-two":["a","b"]},
		"field":[{"name":"text","value":"Hi $processed.who"},{"name":"meta.n","value":"$processed.n"},{"name":"tags","value":"$payload.tags"},
		{"name":"items[0].huge","value":"$payload.huge"},{"name":"text_n","value":"'42'"},{"name":"level","value":"$lookup.level"},
		{"name":"nothing","value":"null"}]}`
	skipping = `"trigger":"false","perform":{"method":"POST","url":"https://b.example"}`
	failing  = `"process":{"set":[{"name":"early","value":"1"},{"name":"x","value":"= jsonDecode('{')"},{"name":"late","value":"1"}]},
		"perform":{"method":"POST","url":"https://b.example"}`
	passing = `"perform":{"method":"POST","url":"https://b.example"}`
	form    = `"perform":{"method":"POST","url":"https://b.example","form":[{"name":"who","value":"$payload.name & co"}]}`
)

// TestCheck compares each kind of expectation. A row holds where got is "", otherwise got is what was found, or why
// nothing was.
func TestCheck(t *testing.T) {
	for _, row := range []struct{ connector, of, name, value, got string }{
		{building, "trigger", "", `true`, ""},
		{building, "trigger", "", `"true"`, ""},
		{building, "trigger", "", `"false"`, `true`},
		{building, "set", "who", `"Jane"`, ""},
		{building, "set", "n", `"43"`, ""},
		{building, "set", "n", `43.0`, ""},
		{building, "set", "n", `"44"`, `43`},
		{building, "set", "n", `"forty-three"`, `43`},
		{building, "set", "m", `1`, "process sets no such field"},
		{building, "field", "text", `"Hi Jane"`, ""},
		{building, "field", "text", `"\"Hi Jane\""`, `"Hi Jane"`},
		{building, "field", "meta.n", `"43"`, ""},
		{building, "field", "meta", `"{\"n\": 43}"`, ""},
		{building, "field", "meta", `{"n": "43"}`, `{"n":43}`},
		{building, "field", "tags", `"[\"x\", \"y\"]"`, ""},
		{building, "field", "tags", `["x"]`, `["x","y"]`},
		{building, "field", "items[0].huge", `"12345678901234567890"`, ""},
		{building, "field", "items[0].huge", `"12345678901234567891"`, `12345678901234567890`},
		{building, "field", "items[1].huge", `1`, "the body has no such field"},
		{building, "field", "items[", `1`, "a field's name is"},
		{building, "field", "text_n", `"42"`, ""},
		{building, "field", "text_n", `42`, ""},
		{building, "field", "level", `"gold"`, ""},
		{building, "field", "nothing", `"null"`, ""},
		{building, "field", "nothing", `""`, `null`},
		{building, "field", "missing", `null`, "the body has no such field"},
		{building, "url", "", `"https://b.example/in/[REDACTED]?n=Jane"`, ""},
		{building, "url", "", `"https://b.example/in/the-secret-key?n=Jane"`, `"https://b.example/in/[REDACTED]?n=Jane"`},
		{building, "header", "X-Two", `"b"`, ""},
		{building, "header", "x-two", `"c"`, `"a"`},
		{building, "header", "Content-Type", `"application/json"`, ""},
		{building, "header", "X-None", `""`, "no such header is sent"},
		{building, "error", "", `"Any"`, "nothing failed"},
		{skipping, "trigger", "", `false`, ""},
		{skipping, "url", "", `"https://b.example"`, "the trigger is false, so nothing is sent"},
		{skipping, "set", "x", `1`, "the trigger is false, so nothing is sent"},
		{failing, "trigger", "", `true`, ""},
		{failing, "set", "early", `1`, ""},
		{failing, "set", "late", `1`, "unexpected end of JSON input"},
		{failing, "body", "", `1`, "unexpected end of JSON input"},
		{passing, "field", "tags[1]", `"y"`, ""},
		{passing, "field", "key", `"[REDACTED]"`, ""},
		{passing, "set", "x", `1`, "process sets nothing"},
		{form, "field", "who", `"Jane & co"`, ""},
		{form, "field", "whom", `"Jane"`, "the form has no such field"},
		{form, "body", "", `"who=Jane+%26+co"`, ""},
	} {
		check := checked(t, row.connector, fmt.Sprintf(`{"of":%q,"name":%q,"value":%s}`, row.of, row.name, row.value))
		f := check.Expect[0]
		if f.OK != (row.got == "") {
			t.Errorf("expect %s %s %s: %t, got %s%s", row.of, row.name, row.value, f.OK, f.Got, f.Reason)
		}
		if row.got != "" && (f.Got == nil || string(f.Got) != row.got) && (f.Reason == "" || !strings.Contains(f.Reason, row.got)) {
			t.Errorf("expect %s %s %s: got %s, reason %q, want %s", row.of, row.name, row.value, f.Got, f.Reason, row.got)
		}
		if text, err := json.Marshal(check); err != nil || strings.Contains(string(text), `the-secret-key"}`) {
			t.Errorf("a secret is shown, %v: %s", err, text)
		}
	}
}

// TestCheckFailure has a failure be one of the check, unless it was expected.
func TestCheckFailure(t *testing.T) {
	const message = "unexpected end of JSON input"
	unexpected := checked(t, failing, `{"of":"set","name":"early","value":"1"}`)
	if unexpected.OK || unexpected.Error == nil || unexpected.Status != event.Failed {
		t.Errorf("%+v", unexpected)
	}
	whole, _ := json.Marshal(unexpected.Error.Error())
	for value, ok := range map[string]bool{
		fmt.Sprintf("%q", unexpected.Error.Message): true, string(whole): true, `"another"`: false,
	} {
		if check := checked(t, failing, `{"of":"error","value":`+value+`}`); check.OK != ok {
			t.Errorf("%s: %t, %+v", value, check.OK, check.Expect)
		}
	}
	if !strings.Contains(unexpected.Error.Error(), message) {
		t.Errorf("%v", unexpected.Error)
	}
	if check := checked(t, skipping, ""); !check.OK || check.Status != event.Skipped || check.Outbound != nil {
		t.Errorf("%+v", check)
	}
}

// TestExpectationFaults are those that a configuration is refused for.
func TestExpectationFaults(t *testing.T) {
	gateway, err := provision(t, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for expect, want := range map[string]string{
		`{"of":"colour","value":"x"}`:            `expect colour: "colour" is none of trigger, set`,
		`{"of":"field","value":"x"}`:             "expect field: the name of the field is missing",
		`{"of":"url","name":"x","value":"x"}`:    "expect url x: url has no name",
		`{"of":"url"}`:                           "expect url: the value is missing",
		`{"of":"trigger","value":"perhaps"}`:     "expect trigger: perhaps is neither true nor false",
		`{"of":"set","name":"a","value":"none"}`: "there is no example to check",
	} {
		example := `"example":"{}",`
		if strings.Contains(expect, "none") {
			example = ""
		}
		c := new(app.Connector)
		definition := fmt.Sprintf(`{"name":"a","endpoint":[{"auth":"none"}],%s"expect":[%s],%s}`, example, expect, passing)
		if err := json.Unmarshal([]byte(definition), c); err != nil {
			t.Fatal(err)
		}
		if err := gateway.Register(c, "/x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}

// TestExpectationsAreNoDefinition has events keep the same hash when only what is expected changes.
func TestExpectationsAreNoDefinition(t *testing.T) {
	hashes := make(map[string]bool)
	for _, expect := range []string{"", `{"of":"trigger","value":true,"at":"Caddyfile:7"}`, `{"of":"trigger","value":true,"at":"Caddyfile:8"}`} {
		gateway, err := provision(t, t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		hashes[register(t, gateway, `{"name":"a","endpoint":[{"auth":"none"}],"example":"{}","expect":[`+expect+`],`+passing+`}`).Hash()] = true
	}
	if len(hashes) != 1 {
		t.Errorf("%v", hashes)
	}
}
