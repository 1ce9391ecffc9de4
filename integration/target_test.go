package integration

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// target is a server that gateways send to. It answers /status/N with that status and everything else with a small
// JSON document, and keeps what it was sent.
type target struct {
	*httptest.Server
	mu       sync.Mutex
	received []received
}

type received struct {
	method, path, query, body string
	header                    http.Header
}

func newTarget(t *testing.T) *target {
	t.Helper()
	g := &target{}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	g.received = append(g.received, received{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if status, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
		code, err := strconv.Atoi(status)
		if err != nil {
			code = http.StatusBadRequest
		}
		w.WriteHeader(code)
	}
	_, _ = io.WriteString(w, `{"answer":42,"name":"Jane"}`)
}

// last is the latest request to a path.
func (g *target) last(t *testing.T, path string) received {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range slices.Backward(g.received) {
		if r.path == path {
			return r
		}
	}
	t.Fatalf("the target got nothing at %s", path)
	return received{}
}

// count is how many requests came to a path.
func (g *target) count(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, r := range g.received {
		if r.path == path {
			n++
		}
	}
	return n
}
