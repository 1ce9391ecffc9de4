package app

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
)

// inputOf makes an input of a payload, and a body where that is another text.
func inputOf(t testing.TB, payload, body string) *pipeline.Input {
	t.Helper()
	document, err := value.NewDocument([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	of := event.NewID()
	return &pipeline.Input{
		ID: event.NewID(), ReceivedAt: time.Now(), Endpoint: "default", Depth: 2, RetryOf: &of, Claim: "5f2b",
		Request: &event.Request{Method: "POST", Path: "/p", RemoteIP: "192.0.2.1", Headers: http.Header{"X-A": {"1", "2"}}},
		Payload: document, Body: []byte(body), ContentType: "application/json",
	}
}

func TestTaskIsTheInput(t *testing.T) {
	for _, test := range []struct{ payload, body string }{
		{`{"a": 1.50, "b": [null]}`, `{"a": 1.50, "b": [null]}`},
		{`{"a":"1"}`, "a=1"},
		{"null", ""},
		{`"ä\u0000"`, `"ä\u0000"`},
	} {
		in := inputOf(t, test.payload, test.body)
		encoded, err := encodeTask(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := decodeTask(in.ID, encoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in.Request, got.Request); diff != "" || got.ID != in.ID || !got.ReceivedAt.Equal(in.ReceivedAt) ||
			got.Endpoint != in.Endpoint || got.Depth != 2 || *got.RetryOf != *in.RetryOf || got.Claim != in.Claim || got.ContentType != in.ContentType {
			t.Errorf("%s: got %+v %s", test.payload, got, diff)
		}
		if string(got.Payload.Raw()) != test.payload || string(got.Body) != test.body {
			t.Errorf("%s, %s: got %s, %s", test.payload, test.body, got.Payload.Raw(), got.Body)
		}
	}
}

// FuzzTask has damaged tasks end in errors, and whole ones in what they were.
func FuzzTask(f *testing.F) {
	for _, in := range []*pipeline.Input{inputOf(f, `{"a":1}`, `{"a":1}`), inputOf(f, `{"a":"1"}`, "a=1")} {
		encoded, err := encodeTask(context.Background(), in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
		f.Add(encoded[:len(encoded)-1])
	}
	f.Add([]byte{1, 0, 0, 0, 2, '{', '}'})
	f.Add([]byte{1, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, encoded []byte) {
		in, _, err := decodeTask(event.NewID(), encoded)
		if err != nil {
			return
		}
		again, err := encodeTask(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		same, _, err := decodeTask(in.ID, again)
		if err != nil || !bytes.Equal(same.Body, in.Body) || !bytes.Equal(same.Payload.Raw(), in.Payload.Raw()) {
			t.Errorf("%q became %q: %v", encoded, again, err)
		}
	})
}
