package event

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCompact(t *testing.T) {
	payload := json.RawMessage(` {"order": {"id": 7}}` + "\n")
	for name, test := range map[string]struct {
		payload  json.RawMessage
		outbound *Outbound
		spares   bool
	}{
		"the payload is passed on": {payload, &Outbound{Method: "POST", Body: payload}, true},
		"nothing is sent":          {payload, nil, false},
		"no body":                  {payload, &Outbound{Method: "GET"}, false},
		"no payload":               {nil, &Outbound{Method: "GET"}, false},
		"another body":             {payload, &Outbound{Body: json.RawMessage(`{"order":{"id":7}}`)}, false},
		"a body in base64":         {json.RawMessage(`"AAEC"`), &Outbound{Body: json.RawMessage(`"AAEC"`), Encoding: "base64"}, false},
		"a truncated body":         {json.RawMessage(`"text"`), &Outbound{Body: json.RawMessage(`"text"`), Truncated: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := &Event{ID: NewID(), Connector: "orders", Status: Completed, Payload: test.payload, Outbound: test.outbound}
			whole := e.AppendJSON(nil)
			kept := e.Compact().AppendJSON(nil)
			if spares := len(kept) < len(whole); spares != test.spares || spares == bytes.Equal(kept, whole) {
				t.Errorf("it keeps %s", kept)
			}
			read, err := Decode(kept)
			if err != nil {
				t.Fatal(err)
			}
			read.Expand()
			if got := read.AppendJSON(nil); !bytes.Equal(got, whole) {
				t.Errorf("read  %s\nwas   %s", got, whole)
			}
			if again := e.AppendJSON(nil); !bytes.Equal(again, whole) || strings.Contains(string(again), payloadEncoding+`"}`) {
				t.Errorf("it was changed to %s", again)
			}
		})
	}
}
