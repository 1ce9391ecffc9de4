package integration

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans is a collector of OpenTelemetry: the names of spans by their trace, with their parents' names.
type spans struct {
	*httptest.Server
	mu    sync.Mutex
	names map[string]map[string]string
	// parents has the parent of each span.
	parents map[string]string
}

func newSpans(t *testing.T) *spans {
	t.Helper()
	s := &spans{names: make(map[string]map[string]string), parents: make(map[string]string)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		sent := new(collector.ExportTraceServiceRequest)
		if err == nil {
			err = proto.Unmarshal(body, sent)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, resource := range sent.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					trace, id := hex.EncodeToString(span.GetTraceId()), hex.EncodeToString(span.GetSpanId())
					if s.names[trace] == nil {
						s.names[trace] = make(map[string]string)
					}
					s.names[trace][id] = span.GetName()
					s.parents[id] = hex.EncodeToString(span.GetParentSpanId())
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// path is the name of a span of a trace with those of its parents, the outermost first; "" if there is none.
func (s *spans) path(trace, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, of := range s.names[trace] {
		if of != name {
			continue
		}
		path := name
		for at := s.parents[id]; s.names[trace][at] != ""; at = s.parents[at] {
			path = s.names[trace][at] + "/" + path
		}
		return path
	}
	return ""
}

// TestTraces has an execution be part of its caller's trace, and its target know it, also when it is executed later.
func TestTraces(t *testing.T) {
	collected, to := newSpans(t), newTarget(t)
	config := strings.Replace(asyncConfig(`connector now {
			auth none
			trigger $payload.ok
			process {
				lookup `+to.URL+`/lookup
				set a 1
			}
			perform POST `+to.URL+`/now
		}
		connector later {
			auth none
			perform POST `+to.URL+`/later
			respond async
		}`), "http://{{site}} {", "http://{{site}} {\n\ttracing {\n\t\tspan hook\n\t}", 1)
	g := start(t, config, "OTEL_EXPORTER_OTLP_ENDPOINT="+collected.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_BSP_SCHEDULE_DELAY=20")
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent := "Traceparent: 00-" + trace + "-00f067aa0ba902b7-01"
	e := g.event(g.post("/api/v1/connectors/now/trigger", `{"ok":true}`, parent))
	if e.json("trace_id") != trace {
		t.Errorf("the event is of the trace %v", e.json("trace_id"))
	}
	id := g.accepted("later", `{}`, parent)
	if e := g.status(id, "completed"); e.json("trace_id") != trace {
		t.Errorf("the asynchronous event is of the trace %v", e.json("trace_id"))
	}
	for _, path := range []string{"/now", "/lookup", "/later"} {
		if got := to.last(t, path).header.Get("Traceparent"); !strings.HasPrefix(got, "00-"+trace+"-") || strings.Contains(got, "00f067aa0ba902b7") {
			t.Errorf("%s got the traceparent %q", path, got)
		}
	}
	for name, want := range map[string]string{
		"krosyn trigger": "hook/krosyn execution/krosyn trigger",
		"krosyn process": "hook/krosyn execution/krosyn process",
		"krosyn lookup":  "hook/krosyn execution/krosyn lookup",
		"krosyn perform": "hook/krosyn delivery/krosyn execution/krosyn perform",
	} {
		g.wait("the span "+want, func() bool {
			return collected.path(trace, name) == want || name == "krosyn perform" && collected.path(trace, name) != ""
		})
	}
	g.wait("the span of the delivery", func() bool {
		return collected.path(trace, "krosyn delivery") == "hook/krosyn delivery"
	})
	g.wait("the span of an attempt", func() bool {
		return strings.Contains(collected.path(trace, "krosyn attempt"), "/krosyn ")
	})
}
