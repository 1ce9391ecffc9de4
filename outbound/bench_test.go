package outbound

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func benchTarget(b *testing.B) *httptest.Server {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	b.Cleanup(target.Close)
	return target
}

func benchCall(url string) *Call {
	return &Call{
		Method: "POST", URL: url + "/hooks/in?source=krosyn", OperatorHost: true, Body: bytes.Repeat([]byte("x"), 1000),
		Header: http.Header{
			"Content-Type": {"application/json"}, "Idempotency-Key": {"0199f0c4-0000-7000-8000-000000000000"},
			"X-Krosyn-Event-Id": {"0199f0c4-0000-7000-8000-000000000000"}, "X-Krosyn-Depth": {"1"},
			"User-Agent": {"Krosyn-Gateway"},
		},
		Retry: Retry{Attempts: 3}, Breaker: NewBreakers(nil).Get("c", "u", three), MaxBody: 64 << 10,
	}
}

func benchDo(b *testing.B, client *Client, call *Call) {
	defer client.Close()
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if result := client.Do(b.Context(), call); result.Err != nil {
				b.Error(result.Err)
			}
		}
	})
}

// BenchmarkDo sends 1 KB to a target in the same process.
func BenchmarkDo(b *testing.B) {
	target := benchTarget(b)
	b.Run("operator", func(b *testing.B) {
		benchDo(b, NewClient(mustGuard(b, nil, nil)), benchCall(target.URL))
	})
	b.Run("judged", func(b *testing.B) {
		call := benchCall(target.URL)
		call.OperatorHost = false
		benchDo(b, NewClient(mustGuard(b, []string{"127.0.0.1", "10.0.0.0/8"}, []string{"*.denied.example"})), call)
	})
}

// BenchmarkBareTransport is the same exchange without anything of ours.
func BenchmarkBareTransport(b *testing.B) {
	target := benchTarget(b)
	call := benchCall(target.URL)
	transport := &http.Transport{MaxIdleConnsPerHost: idlePerHost}
	defer transport.CloseIdleConnections()
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), call.Method, call.URL, bytes.NewReader(call.Body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header = call.Header
			resp, err := transport.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				b.Error(err)
			}
			resp.Body.Close()
		}
	})
}

// BenchmarkOverhead is what a call costs beside the transport.
func BenchmarkOverhead(b *testing.B) {
	client := &Client{guard: mustGuard(b, nil, []string{"*.denied.example"})}
	response := &http.Response{StatusCode: 200, Header: http.Header{}}
	target := targetFunc(func(*http.Request) (*http.Response, error) {
		fresh := *response
		fresh.Body = io.NopCloser(strings.NewReader(`{"ok":true}`))
		return &fresh, nil
	})
	client.operator, client.public = target, target
	call := benchCall("https://hooks.example.com")
	b.ReportAllocs()
	for b.Loop() {
		if result := client.Do(b.Context(), call); result.Err != nil {
			b.Fatal(result.Err)
		}
	}
}
