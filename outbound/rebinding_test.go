package outbound

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// resolverOf answers each look-up of an IPv4 address with the next of the answers; the last one goes on.
func resolverOf(t *testing.T, answers ...[]string) *net.Resolver {
	var asked atomic.Int32
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				if err := serveDNS(server, func() []string {
					n := int(asked.Add(1))
					return answers[min(n, len(answers))-1]
				}); err != nil {
					if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
						t.Errorf("name server: %v", err)
					}
					return
				}
			}
		}()
		return client, nil
	}}
}

// serveDNS answers one question as DNS over a stream is framed (RFC 1035, section 4.2.2).
func serveDNS(conn net.Conn, answers func() []string) error {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, packet); err != nil {
		return err
	}
	var query dnsmessage.Message
	if err := query.Unpack(packet); err != nil {
		return err
	}
	question := query.Questions[0]
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true, RecursionAvailable: true},
		Questions: query.Questions,
	}
	if question.Type == dnsmessage.TypeA {
		for _, address := range answers() {
			reply.Answers = append(reply.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
			})
		}
	}
	packed, err := reply.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...))
	return err
}

// TestRebinding has a name that is harmless when it is looked at and leads inside when it is used again. The loopback
// address stands for a public one, by being allowed.
func TestRebinding(t *testing.T) {
	var served atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer target.Close()
	port := target.Listener.Addr().(*net.TCPAddr).Port
	call := &Call{
		Method: "POST", URL: "http://" + netJoin("rebind.example.com", port),
		OperatorHost: true, Retry: Retry{Attempts: 3},
	}
	tests := []struct {
		name    string
		answers [][]string
		refused string // the address of the refusal, in the last of two calls
	}{
		{name: "steady", answers: [][]string{{"127.0.0.1"}}},
		{name: "to another loopback address", answers: [][]string{{"127.0.0.1"}, {"127.0.0.2"}}, refused: "127.0.0.2"},
		{name: "to a private address", answers: [][]string{{"127.0.0.1"}, {"10.0.0.1"}}, refused: "10.0.0.1"},
		{
			name: "to the metadata service", answers: [][]string{{"127.0.0.1"}, {"169.254.169.254"}},
			refused: "169.254.169.254",
		},
		{
			name: "to private addresses only", answers: [][]string{{"127.0.0.1"}, {"10.0.0.1", "192.168.0.1"}},
			refused: "10.0.0.1",
		},
		{name: "to a mixed answer", answers: [][]string{{"127.0.0.1"}, {"127.0.0.2", "127.0.0.1"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			served.Store(0)
			dialer := net.Dialer{Resolver: resolverOf(t, test.answers...)}
			client := newClient(mustGuard(t, []string{"127.0.0.1"}, nil), dialer, Route{})
			defer client.Close()
			if result := client.Do(t.Context(), call); result.Err != nil {
				t.Fatal(result.Err)
			}
			client.Close()
			result := client.Do(t.Context(), call)
			if test.refused == "" {
				if result.Err != nil || served.Load() != 2 {
					t.Errorf("served %d calls, error %v", served.Load(), result.Err)
				}
				return
			}
			checkFailure(t, result, ClassRefused, `host "rebind.example.com": `+test.refused+" is not public")
			if len(result.Attempts) != 1 || served.Load() != 1 {
				t.Errorf("%d attempts, %d served", len(result.Attempts), served.Load())
			}
		})
	}
}

// TestTheGuardIsOnByDefault has a target on this machine, under every kind of name.
func TestTheGuardIsOnByDefault(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:1")
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	port := target.Listener.Addr().(*net.TCPAddr).Port
	tests := []struct {
		name, host  string
		data        bool
		allow, deny []string
		want        string // part of the refusal; "" for an answer
	}{
		{name: "public name", host: "public.example.com", want: "`egress allow 127.0.0.1`"},
		{name: "public name, allowed", host: "public.example.com", allow: []string{"127.0.0.0/8"}},
		{
			name: "public name, allowed by name only", host: "public.example.com", allow: []string{"public.example.com"},
			want: "loopback",
		},
		{name: "single label", host: "db"},
		{name: "internal", host: "db.internal"},
		{
			name: "internal, denied", host: "db.internal", deny: []string{"127.0.0.0/8"},
			want: "127.0.0.1 is denied by `egress deny 127.0.0.0/8`",
		},
		{
			name: "internal, name denied", host: "db.internal", deny: []string{"*.internal"},
			want: "denied by `egress deny *.internal`",
		},
		{name: "address", host: "127.0.0.1"},
		{name: "address, denied", host: "127.0.0.1", deny: []string{"127.0.0.1"}, want: "by `egress deny 127.0.0.1`"},
		{name: "from data", host: "db.internal", data: true, want: "data chose it"},
		{name: "from data, named", host: "db.internal", data: true, allow: []string{"db.internal"}, want: "loopback"},
		{name: "from data, named and allowed", host: "db.internal", data: true, allow: []string{"db.internal", "127.0.0.1"}},
		{name: "address from data", host: "127.0.0.1", data: true, allow: []string{"127.0.0.0/8"}, want: "data chose it"},
		{name: "address from data, named", host: "127.0.0.1", data: true, allow: []string{"127.0.0.1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dialer := net.Dialer{Resolver: resolverOf(t, []string{"127.0.0.1"})}
			client := newClient(mustGuard(t, test.allow, test.deny), dialer, Route{})
			defer client.Close()
			result := client.Do(t.Context(), &Call{
				Method: "GET", URL: "http://" + netJoin(test.host, port) + "/?top-secret", OperatorHost: !test.data,
			})
			if test.want != "" {
				checkFailure(t, result, ClassRefused, test.want)
				return
			}
			if result.Err != nil || result.Response.Status != 200 {
				t.Errorf("no answer: %v", result.Err)
			}
		})
	}
}

// TestConnectionsDoNotCrossTheLine calls one address by the operator's word, which leaves a connection in the pool, and
// then as data would.
func TestConnectionsDoNotCrossTheLine(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	client := NewClient(mustGuard(t, []string{"localhost"}, nil))
	defer client.Close()
	call := &Call{
		Method: "GET", URL: "http://" + netJoin("localhost", target.Listener.Addr().(*net.TCPAddr).Port), OperatorHost: true,
	}
	if result := client.Do(t.Context(), call); result.Err != nil {
		t.Fatal(result.Err)
	}
	call.OperatorHost = false
	checkFailure(t, client.Do(t.Context(), call), ClassRefused, "loopback")
}

func netJoin(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
