package event

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The struct tags say what the JSON is; the encoder must not drift from them.
func TestAppendJSONLikeEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e Event
		fill(t, reflect.ValueOf(&e).Elem(), "event")
		if e.RetriedBy == nil {
			e.RetriedBy = []ID{}
		}
		type plain Event
		compareJSON(t, encodingJSON(t, (*plain)(&e)), e.AppendJSON(nil))

		var s Summary
		fill(t, reflect.ValueOf(&s).Elem(), "summary")
		compareJSON(t, encodingJSON(t, s), s.AppendJSON(nil))
	})
}

func compareJSON(t rapid.TB, want, got []byte) {
	t.Helper()
	if string(got) != string(want) {
		t.Fatalf("appended\n%s\nencoding/json has\n%s", got, want)
	}
}

func encodingJSON(t rapid.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// The claim is kept, and not shown.
func TestClaimIsNotShown(t *testing.T) {
	e := sample()
	want := string(e.AppendJSON(nil))
	e.Claim = "9f86d081884c7d65"
	for name, v := range map[string]any{"an event": *e, "a pointer": e} {
		if diff := cmp.Diff(want, string(encodingJSON(t, v))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if back, err := Decode(e.AppendJSON(nil)); err != nil || back.Claim != e.Claim {
		t.Errorf("read back %+v, %v", back, err)
	}
}

// What is appended is read back as the same event.
func TestDecodeReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e Event
		fill(t, reflect.ValueOf(&e).Elem(), "event")
		data := e.AppendJSON(nil)
		back, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		again := back.AppendJSON(nil)
		if string(again) != string(data) {
			t.Fatalf("written\n%s\nand again\n%s", data, again)
		}
		if string(back.Payload) != string(e.Payload) {
			t.Fatalf("the payload %q is read back as %q", e.Payload, back.Payload)
		}
	})
}

// fill draws a value for everything in v.
func fill(t *rapid.T, v reflect.Value, name string) {
	switch target := v.Addr().Interface().(type) {
	case *Time:
		*target = At(time.UnixMilli(rapid.Int64Range(0, 1<<41).Draw(t, name)))
		return
	case *json.RawMessage:
		if rapid.Bool().Draw(t, "no "+name) {
			return
		}
		*target = json.RawMessage(rapid.SampledFrom([]string{
			"null", "0", `"a\u2028<b>"`, `{"b":1.0,"a":[1,{}]}`, `"}],\"payload\":{"`, `12345678901234567890`,
		}).Draw(t, name))
		return
	case *ID:
		copy(target[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
		return
	case *string:
		*target = rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{"<a href=\"x\">\\&", "\u2028\u2029", "\x00\x1f\x7f\b\f\n\r\t", "payload"}),
		).Draw(t, name)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).Draw(t, name))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "has "+name) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t, "length of "+name); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i), name)
			}
		}
	case reflect.Map:
		if n := rapid.IntRange(-1, 3).Draw(t, "size of "+name); n >= 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, element := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				key.SetString(rapid.StringMatching(`[A-Za-z-]{1,9}<?"?`).Draw(t, "key of "+name))
				fill(t, element, name)
				v.SetMapIndex(key, element)
			}
		}
	default:
		t.Fatalf("%s has the type %s, which the test cannot fill", name, v.Type())
	}
}

func TestEventJSON(t *testing.T) {
	e := &Event{
		ID: FirstIDAt(time.UnixMilli(1)), Connector: "ping", Endpoint: "default", Status: Failed, Error: NotConfigured(),
		ReceivedAt: At(time.UnixMilli(1)), DurationMS: 1.5,
	}
	want := `{"id":"00000000-0001-0000-0000-000000000000","connector":"ping","endpoint":"default","status":"failed",` +
		`"error":{"step":"perform","code":"not_configured","message":"Perform API URL is not configured"},` +
		`"received_at":"1970-01-01T00:00:00.001Z","duration_ms":1.5,"depth":0,"retry_of":null,"retried_by":[],` +
		`"next_attempt_at":null}`
	if got := string(e.AppendJSON([]byte("before "))); got != "before "+want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, v := range map[string]any{"an event": *e, "a pointer to it": e} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%s is marshalled as %s, %v", name, got, err)
		}
	}
	want = `{"id":"00000000-0001-0000-0000-000000000000","connector":"ping","endpoint":"default","status":"failed",` +
		`"error":{"step":"perform","code":"not_configured","message":"Perform API URL is not configured"},` +
		`"received_at":"1970-01-01T00:00:00.001Z","duration_ms":1.5,"response_status":502,"retry_of":null}`
	e.Response = &Response{Status: 502}
	s := e.Summary()
	if got := string(s.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendJSONOfWhatHasNoJSON(t *testing.T) {
	e := Event{
		DurationMS: math.NaN(), Lookup: &Lookup{DurationMS: math.Inf(1)},
		Trigger: &Trigger{Explain: []Explanation{{Expression: "x"}}},
	}
	if data := e.AppendJSON(nil); !json.Valid(data) || !strings.Contains(string(data), `{"expression":"x","value":null}`) {
		t.Errorf("appended %s", data)
	}
}

// A retry sends what was received, so not even a blank may be lost on the way.
func TestDecodeKeepsThePayload(t *testing.T) {
	for _, payload := range []string{
		"{\"b\": 1.0,\n \"a\" : [ ] }", " \r\n{\"payload\":{\"payload\":1}}\n", "\tnull ", " \"}],\\\"\" ",
		"[1, 2 , [3]]\n", `"payload"`, "-0.0 ",
	} {
		e := &Event{
			ID: NewID(), Connector: "payload", Endpoint: `"payload":1`, Config: "payload", Payload: json.RawMessage(payload),
			Request:  &Request{Headers: http.Header{"payload": {`"payload":`}}, Body: `{"payload":2}`},
			Response: &Response{Body: json.RawMessage(`{"payload":3}`)},
		}
		back, err := Decode(e.AppendJSON(nil))
		if err != nil || string(back.Payload) != payload {
			t.Errorf("the payload %q is read back as %q, %v", payload, back.Payload, err)
		}
		compact, err := json.Marshal(e)
		if err != nil || bytes.ContainsAny(compact, "\n\r\t") {
			t.Errorf("marshalled %s, %v, want one line", compact, err)
		}
		if back, err = Decode(compact); err != nil || string(back.Payload) != strings.Join(strings.Fields(payload), "") {
			t.Errorf("the payload %q is read from one line as %q, %v", payload, back.Payload, err)
		}
	}
}

func TestDecodeOtherJSON(t *testing.T) {
	e := sample()
	pretty, err := json.MarshalIndent(e, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(append(pretty, '\n'))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(e.AppendJSON(nil)), string(compact(t, back.AppendJSON(nil)))); diff != "" {
		t.Error(diff)
	}
	for _, data := range []string{
		"", "[]", `"payload"`, `{"id":"x"}`, `{"received_at":5}`, `{"payload":{}`, `{"status":1}`,
	} {
		if e, err := Decode([]byte(data)); err == nil {
			t.Errorf("%s is read as %+v", data, e)
		}
	}
}

func compact(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().AppendJSON(nil))
	f.Add([]byte(`{"id":"0199f0c4-9d7b-7abc-8def-0123456789ab","payload": [1, {"payload":2}] ,"x":"\"payload\":"}`))
	f.Add([]byte(`{"payload":1,"payload":2}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		again := e.AppendJSON(nil)
		back, err := Decode(again)
		if err != nil || !json.Valid(again) {
			t.Fatalf("%q is written as %q: %v", data, again, err)
		}
		if third := back.AppendJSON(nil); string(third) != string(again) {
			t.Fatalf("%q is written as\n%s\nand then as\n%s", data, again, third)
		}
	})
}

func TestMilliseconds(t *testing.T) {
	if got := Milliseconds(41*time.Millisecond + 725*time.Microsecond + 999); got != 41.725 {
		t.Errorf("got %g", got)
	}
}
