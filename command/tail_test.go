package command

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	firstEvent  = "0199f0c4-0000-7000-8000-000000000001"
	secondEvent = "0199f0c4-0000-7000-8000-000000000002"
)

func streamed(id, status string) string {
	return fmt.Sprintf("id: %s\nevent: %s\ndata: {\"id\":%q,\"connector\":\"erp\",\"endpoint\":\"default\",\"status\":%q,"+
		"\"received_at\":\"2026-11-22T11:00:00.000Z\",\"duration_ms\":1.5,\"retry_of\":null}\n\n", id, status, id, status)
}

// TestTailResumes has a tail go on after the last event that it has shown, when the connection ends and when the gateway
// is away for a while.
func TestTailResumes(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last := r.Header.Get("Last-Event-ID")
		switch calls.Add(1) {
		case 1:
			if last != "" || r.URL.RawQuery != "status=failed" {
				t.Errorf("asked for %s after %q", r.URL, last)
			}
			fmt.Fprint(w, "retry: 10\n\nevent: gap\ndata: {\"message\":\"Too many\",\"since\":\"2026-11-22T10:00:00.000Z\"}\n\n"+
				streamed(firstEvent, "failed")+"id: cut off")
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			if last != firstEvent {
				t.Errorf("asked after %q", last)
			}
			fmt.Fprint(w, ": heartbeat\n\n"+streamed(firstEvent, "failed")+streamed(secondEvent, "failed"))
		}
	}))
	defer server.Close()
	out, said, code := execute(t.Context(), 0, false, "", "events", "tail", "--status", "failed", "--limit", "2", "--address",
		strings.TrimPrefix(server.URL, "http://"))
	want := "2026-11-22T11:00:00Z  failed     " + firstEvent + "  erp  1.5ms\n2026-11-22T11:00:00Z  failed     " + secondEvent +
		"  erp  1.5ms\n"
	if out != want || code != 0 || calls.Load() != 3 {
		t.Errorf("exit %d after %d connections, printed\n%s", code, calls.Load(), out)
	}
	if !strings.Contains(said, "Too many: 2026-11-22T10:00:00Z") || strings.Count(said, "Trying again") != 2 {
		t.Errorf("said %s", said)
	}
}

// TestTailEnds has a refusal, an interruption and an event that cannot be read end a tail.
func TestTailEnds(t *testing.T) {
	answer, status := "", http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
		_ = http.NewResponseController(w).Flush()
		if status == http.StatusOK && strings.HasPrefix(answer, ":") {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	tail := func(ctx context.Context) (string, int) {
		_, said, code := execute(ctx, 0, false, "", "events", "tail", "--json", "--address",
			strings.TrimPrefix(server.URL, "http://"))
		return said, code
	}
	answer, status = `{"error":"status \"x\" is none of …"}`, http.StatusBadRequest
	if said, code := tail(t.Context()); code != 2 || !strings.Contains(said, "is none of") {
		t.Errorf("refused: exit %d, %s", code, said)
	}
	answer, status = ": heartbeat\n\n", http.StatusOK
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if said, code := tail(ctx); code != 0 || said != "" {
		t.Errorf("interrupted: exit %d, %s", code, said)
	}
}

// TestWatch draws at once, says in the picture that the gateway is away, and leaves when it is told that it is wrong.
func TestWatch(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, `{"connectors":[],"error":"no"}`)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	watch := func(columns int) (string, int) {
		out, _, code := execute(ctx, columns, false, "", "connectors", "list", "--watch", "--address",
			strings.TrimPrefix(server.URL, "http://"))
		return out, code
	}
	if out, code := watch(120); code != 0 || !strings.HasPrefix(out, "\x1b[HNAME") || !strings.HasSuffix(out, "\x1b[K\n\x1b[J") {
		t.Errorf("exit %d, %q", code, out)
	}
	if out, code := watch(0); code != 0 || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d, %q", code, out)
	}
	status = http.StatusServiceUnavailable
	if out, code := watch(80); code != 0 || !strings.Contains(out, "Error: no") {
		t.Errorf("exit %d, %q", code, out)
	}
	status = http.StatusNotFound
	if _, code := watch(80); code != 1 {
		t.Errorf("exit %d", code)
	}
}
