package event

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// kept are the fields that are the gateway's own words.
var kept = map[string]bool{
	"Event.Connector": true, "Event.Endpoint": true, "Event.Status": true, "Event.Config": true,
	"Event.Claim":      true,
	"Event.Error.Step": true, "Event.Error.Code": true,
	"Event.Lookup.Request.Encoding": true, "Event.Lookup.Response.Encoding": true, "Event.Outbound.Encoding": true,
	"Event.Response.Encoding": true,
}

// A secret in every field of an event, those to come too, is in none of them afterwards.
func TestRedactEvent(t *testing.T) {
	var e Event
	plant(t, reflect.ValueOf(&e).Elem(), "Event")
	if n := strings.Count(string(e.AppendJSON(nil)), token); n < 30 {
		t.Fatalf("the secret is in %d fields only", n)
	}
	NewRedactor(map[string]string{"TOKEN": token}, nil).Event(&e)
	redacted := e.AppendJSON(nil)
	if !json.Valid(redacted) || strings.Contains(string(redacted), token) {
		t.Errorf("redacted to %s", redacted)
	}
}

// plant puts the secret wherever there is room for text.
func plant(t *testing.T, v reflect.Value, path string) {
	if kept[path] {
		v.SetString("kept")
		return
	}
	switch target := v.Addr().Interface().(type) {
	case *json.RawMessage:
		*target = json.RawMessage(`{"a":"` + token + `"}`)
		return
	case *http.Header:
		*target = http.Header{"X-Planted": {"a " + token}}
		return
	case *Time, *ID:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("in " + token)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plant(t, v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			plant(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			plant(t, v.Index(i), path)
		}
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
	default:
		t.Fatalf("%s has the type %s, in which the test cannot plant a secret", path, v.Type())
	}
}

func TestRedactEventLeavesTheRest(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	clean, want := sample(), sample()
	r.Event(clean)
	if diff := cmp.Diff(want, clean); diff != "" {
		t.Error(diff)
	}
	empty := &Event{ID: FirstIDAt(time.UnixMilli(1)), Lookup: &Lookup{}, Attempts: []Attempt{{}}}
	before := string(empty.AppendJSON(nil))
	r.Event(empty)
	if after := string(empty.AppendJSON(nil)); after != before {
		t.Errorf("an empty event is redacted to %s", after)
	}
}

// What an event shares with whoever made it is not written to.
func TestRedactEventShares(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, nil)
	headers := http.Header{"X-A": {token}, "Authorization": {"x"}}
	payload := json.RawMessage(`"` + token + `"`)
	failure := PerformFailed(1, token)
	attempt := token
	e := &Event{
		Error: failure, Payload: payload, Request: &Request{Headers: headers}, Attempts: []Attempt{{Error: &attempt}},
		Outbound: &Outbound{Headers: headers, Body: payload},
	}
	r.Event(e)
	if headers.Get("X-A") != token || headers.Get("Authorization") != "x" || string(payload) != `"`+token+`"` ||
		failure.Detail != token || attempt != token {
		t.Errorf("changed: %v %s %v %s", headers, payload, failure, attempt)
	}
	if text := string(e.AppendJSON(nil)); strings.Contains(text, token) || strings.Count(text, Redacted) != 8 {
		t.Errorf("redacted to %s", text)
	}
}
