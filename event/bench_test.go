package event

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// sample is an event of about 2 KB, with nothing to redact but what header names give away.
func sample() *Event {
	return &Event{
		ID: FirstIDAt(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)), Connector: "slack-orders", Endpoint: "default",
		Status: Completed, ReceivedAt: At(time.Date(2026, 11, 22, 10, 0, 0, 123e6, time.UTC)), DurationMS: 41.725,
		Config: "5f2b0c1d9e8a7b6c",
		Request: &Request{
			Method: "POST", Path: "/api/v1/connectors/slack-orders/trigger", RemoteIP: "203.0.113.9",
			Headers: http.Header{
				"Content-Type": {"application/json"}, "User-Agent": {"Shop/4.2 (+https://shop.example.com/bots)"},
				"Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate, br"}, "Content-Length": {"756"},
				"X-Shop-Delivery": {"6f1d2c3b-4a59-4e68-8776-9f8e7d6c5b4a"}, "X-Forwarded-For": {"203.0.113.9"},
			},
		},
		Payload: json.RawMessage(`{"event_type":"order.created","event_id":"evt_01HZX5Q8M3T7","livemode":true,` +
			`"order":{"id":12345678,"number":"ORD-12345","currency":"EUR","total":129.95,"paid":true,"note":null,` +
			`"customer":{"id":987654,"first_name":"Jane","last_name":"Doe","email":"jane.doe@example.com",` +
			`"phone":"+49 30 1234567","tags":["vip","newsletter"],"address":{"street":"Main Street 5",` +
			`"city":"Berlin","zip":"10115","country":"DE"}},"items":[{"sku":"A-100","name":"Coffee beans",` +
			`"quantity":2,"price":14.5,"options":{"size":"1kg","roast":"dark"}},{"sku":"B-200","name":"Grinder",` +
			`"quantity":1,"price":97,"options":{"colour":"black"}}],"shipping":{"method":"express","cost":4.9,` +
			`"carrier":"DHL","tracking":null}},"metadata":{"source":"web","campaign":"autumn"}}`),
		Trigger:   &Trigger{Expression: `equals($payload.event_type, "order.created")`, Result: new(true)},
		Processed: json.RawMessage(`{"full_name":"Jane Doe"}`),
		Outbound: &Outbound{
			Method: "POST", URL: "https://hooks.slack.com/services/[REDACTED]",
			Headers: http.Header{
				"Content-Type": {"application/json"}, "X-Source": {"krosyn"}, "X-Krosyn-Depth": {"1"},
				"Idempotency-Key": {"0199f0c4-9d7b-7abc-8def-0123456789ab"}, "User-Agent": {"Krosyn-Gateway/1.0"},
			},
			Body: json.RawMessage(`{"text":"New order 12345678 from Jane Doe","meta":{"total":155.94}}`),
		},
		Attempts: []Attempt{{
			At: At(time.Date(2026, 11, 22, 10, 0, 0, 130e6, time.UTC)), DurationMS: 30.2, Status: 200,
		}},
		Response: &Response{
			Status: 200,
			Headers: http.Header{
				"Content-Type": {"text/html"}, "Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}, "Server": {"Apache"},
				"Vary": {"Accept-Encoding"}, "X-Frame-Options": {"SAMEORIGIN"}, "Content-Length": {"2"},
			},
			Body: json.RawMessage(`"ok"`),
		},
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
	}
}

// keys are secrets as providers hand them out.
func keys(n int) map[string]string {
	secrets := make(map[string]string, n)
	for i := range n {
		secrets[fmt.Sprintf("KEY_%d", i)] = fmt.Sprintf("sk_live_%016x/%08x+=", uint64(i+1)*0x9E3779B97F4A7C15, i*2654435761)
	}
	return secrets
}

func BenchmarkEventAppendJSON(b *testing.B) {
	e := sample()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = e.AppendJSON(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkEventEncodingJSON(b *testing.B) {
	type plain Event
	e := (*plain)(sample())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	data := sample().AppendJSON(nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRedactEvent(b *testing.B) {
	r := NewRedactor(keys(50), nil)
	e := sample()
	b.ReportAllocs()
	for b.Loop() {
		r.Event(e)
	}
}

func BenchmarkRedactJSON(b *testing.B) {
	r := NewRedactor(keys(50), nil)
	raw := sample().Payload
	for name, raw := range map[string]json.RawMessage{
		"clean":   raw,
		"escaped": json.RawMessage(`{"text":"a \"quoted\" line\n","order":` + string(raw) + `}`),
		"secret":  json.RawMessage(`{"key":"` + keys(50)["KEY_7"] + `","order":` + string(raw) + `}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				r.JSON(raw)
			}
		})
	}
}

func BenchmarkNewRedactor(b *testing.B) {
	secrets := keys(50)
	for b.Loop() {
		NewRedactor(secrets, nil)
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewID()
	}
}
