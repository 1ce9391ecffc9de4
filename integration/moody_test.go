package integration

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

// moody is a target that comes and goes. While it is away nobody listens at its address.
type moody struct {
	t       *testing.T
	address string
	server  *http.Server
	socket  net.Listener
	faint   atomic.Bool
}

// newMoody is a target that is away.
func newMoody(t *testing.T) *moody {
	t.Helper()
	return &moody{t: t, address: freeAddress(t)}
}

// comes has it listen, and answer with an empty object.
func (m *moody) comes() {
	m.t.Helper()
	socket, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	server := &http.Server{Handler: m}
	m.socket, m.server = socket, server
	m.faint.Store(false)
	go func() { _ = server.Serve(socket) }()
	m.t.Cleanup(m.goes)
}

// goes has it leave at once.
func (m *moody) goes() { _ = m.server.Close() }

// faints has it leave with the next request, which it answers with a 503 and the wish to be asked again in a second.
func (m *moody) faints() { m.faint.Store(true) }

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if m.faint.Load() {
		_ = m.socket.Close()
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, "{}")
}
