package outbound

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// listen serves each connection to a loopback address.
func listen(t testing.TB, serve func(conn *net.TCPConn)) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				serve(conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// request reads one request with its body, and tells whether there was one.
func request(t testing.TB, from *bufio.Reader) bool {
	req, err := http.ReadRequest(from)
	if err != nil {
		return false
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		t.Errorf("body of a request: %v", err)
	}
	return true
}

// reset closes a connection so that the other side sees ECONNRESET.
func reset(t testing.TB, conn *net.TCPConn) {
	if err := conn.SetLinger(0); err != nil {
		t.Error(err)
	}
	conn.Close()
}

func TestBrokenConnections(t *testing.T) {
	const outcomeUnknown = "; the request had been sent, its outcome is unknown"
	tests := []struct {
		name  string
		serve func(conn *net.TCPConn)
		want  string
		sent  bool
	}{
		{name: "closed before an answer", serve: func(conn *net.TCPConn) { request(t, bufio.NewReader(conn)) },
			want: "EOF" + outcomeUnknown, sent: true},
		{name: "reset before an answer", serve: func(conn *net.TCPConn) {
			request(t, bufio.NewReader(conn))
			reset(t, conn)
		}, want: "connection reset by peer" + outcomeUnknown, sent: true},
		{name: "reset in the headers", serve: func(conn *net.TCPConn) {
			request(t, bufio.NewReader(conn))
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n")
			reset(t, conn)
		}, want: outcomeUnknown, sent: true},
		{name: "reset in the body", serve: func(conn *net.TCPConn) {
			request(t, bufio.NewReader(conn))
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
			reset(t, conn)
		}, want: outcomeUnknown, sent: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var connections atomic.Int32
			url := listen(t, func(conn *net.TCPConn) {
				connections.Add(1)
				test.serve(conn)
			})
			client := NewClient(mustGuard(t, nil, nil))
			defer client.Close()
			call := post(url)
			call.Retry = Retry{Attempts: 3, First: 1, Longest: 1}
			result := client.Do(t.Context(), call)
			checkFailure(t, result, ClassConnection, test.want)
			if failure := result.Err.(*AttemptError); failure.Sent != test.sent {
				t.Errorf("sent: %v", failure.Sent)
			}
			if len(result.Attempts) != 3 || connections.Load() != 3 {
				t.Errorf("%d attempts on %d connections", len(result.Attempts), connections.Load())
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	result := client.Do(t.Context(), post("http://"+listener.Addr().String()))
	checkFailure(t, result, ClassDial, "connection refused")
	if result.Err.(*AttemptError).Sent {
		t.Error("nothing was sent")
	}
}

func TestUnknownNames(t *testing.T) {
	client := newClient(mustGuard(t, nil, nil), net.Dialer{Resolver: resolverOf(t, nil)}, Route{})
	defer client.Close()
	checkFailure(t, client.Do(t.Context(), post("http://nowhere.example.com")), ClassDial, "no such host")
}

// TestNothingIsRepeatedInSilence has a target that reads the second request of a connection and then hangs up: the
// transport would send it once more on its own, because it has an Idempotency-Key.
func TestNothingIsRepeatedInSilence(t *testing.T) {
	var requests atomic.Int32
	url := listen(t, func(conn *net.TCPConn) {
		reader := bufio.NewReader(conn)
		for i := 0; request(t, reader); i++ {
			requests.Add(1)
			if i == 1 {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	if result := client.Do(t.Context(), post(url)); result.Err != nil {
		t.Fatal(result.Err)
	}
	result := client.Do(t.Context(), post(url))
	checkFailure(t, result, ClassConnection, "closed before an answer; the request had been sent")
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests for 2 attempts", n)
	}
}

// TestDeadConnectionsAreReplaced has a target that closes each connection after its first answer without saying so. A
// request that has been written when the close arrives fails, because it cannot be told from one that was acted on.
func TestDeadConnectionsAreReplaced(t *testing.T) {
	var requests atomic.Int32
	url := listen(t, func(conn *net.TCPConn) {
		if request(t, bufio.NewReader(conn)) {
			requests.Add(1)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	answered := int32(0)
	for range 50 {
		result := client.Do(t.Context(), post(url))
		if result.Err == nil {
			answered++
		} else if !result.Err.(*AttemptError).Sent {
			t.Error(result.Err)
		}
	}
	if n := requests.Load(); n != answered || n < 2 {
		t.Errorf("%d requests, %d answers", n, answered)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	const callers, each = 16, 25
	for name, body := range map[string]string{
		"empty": "", "short": "ok", "long": strings.Repeat("x", 50_000), "truncated": strings.Repeat("x", 150_000),
	} {
		t.Run(name, func(t *testing.T) {
			target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, body)
			}))
			defer target.Close()
			client := NewClient(mustGuard(t, nil, nil))
			defer client.Close()
			var dials atomic.Int32
			transport := client.operator.(*http.Transport)
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				dials.Add(1)
				return dial(ctx, network, address)
			}
			var calling sync.WaitGroup
			for range callers {
				calling.Go(func() {
					for range each {
						call := post(target.URL)
						call.MaxBody = 100_000
						if result := client.Do(t.Context(), call); result.Err != nil {
							t.Error(result.Err)
						}
					}
				})
			}
			calling.Wait()
			// The transport may dial for a caller who then gets a connection that has become free.
			if n := dials.Load(); n > 4*callers {
				t.Errorf("%d connections for %d callers", n, callers)
			}
		})
	}
}

func TestRedirectsAreAnswers(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/top-secret" {
			t.Errorf("followed to %s", r.URL)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer target.Close()
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	result := client.Do(t.Context(), post(target.URL))
	if result.Err != nil || result.Response.Status != 307 || result.Response.Header.Get("Location") != "/elsewhere" {
		t.Errorf("answer %+v, error %v", result.Response, result.Err)
	}
}

// TestAnswersBeforeTheRequestIsRead has a target that turns a big request down after its headers.
func TestAnswersBeforeTheRequestIsRead(t *testing.T) {
	url := listen(t, func(conn *net.TCPConn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!")
		_, _ = io.Copy(io.Discard, conn)
	})
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	call := post(url)
	call.Body = bytes.Repeat([]byte("x"), 10<<20)
	result := client.Do(t.Context(), call)
	if result.Err != nil || result.Response.Status != 413 || string(result.Response.Body) != "no!" {
		t.Errorf("answer %+v, error %v", result.Response, result.Err)
	}
}

func TestTLS(t *testing.T) {
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("spoken to in %s", r.Proto)
		}
	}))
	target.EnableHTTP2 = true
	target.Config.ErrorLog = log.New(io.Discard, "", 0)
	target.StartTLS()
	defer target.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	silent := listen(t, func(conn *net.TCPConn) { _, _ = io.Copy(io.Discard, conn) })
	known := x509.NewCertPool()
	known.AddCert(target.Certificate())
	_, port, _ := net.SplitHostPort(target.Listener.Addr().String())

	tests := []struct {
		name, url string
		roots     *x509.CertPool
		class     Class // "" for an answer
		want      string
	}{
		{name: "good", url: target.URL, roots: known},
		{name: "unknown authority", url: target.URL, roots: x509.NewCertPool(), class: ClassTLS, want: "unknown authority"},
		{
			name: "wrong name", url: "https://wrong.internal:" + port, roots: known, class: ClassTLS,
			want: "not wrong.internal",
		},
		{
			name: "plain target", url: strings.Replace(plain.URL, "http", "https", 1), roots: known, class: ClassTLS,
			want: "does not look like a TLS handshake",
		},
		{
			name: "silent target", url: strings.Replace(silent, "http", "https", 1), roots: known, class: ClassTimeout,
			want: "within the timeout of",
		},
		{name: "plain request", url: strings.Replace(target.URL, "https", "http", 1), roots: known},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dialer := net.Dialer{Resolver: resolverOf(t, []string{"127.0.0.1"})}
			client := newClient(mustGuard(t, nil, nil), dialer, Route{TLS: &tls.Config{RootCAs: test.roots}})
			defer client.Close()
			call := post(test.url)
			if test.class == ClassTimeout {
				call.Timeout = 50 * time.Millisecond
			}
			result := client.Do(t.Context(), call)
			if test.class == "" {
				if result.Err != nil || !slices.Contains([]int{200, 400}, result.Response.Status) {
					t.Errorf("answer %+v, error %v", result.Response, result.Err)
				}
				return
			}
			checkFailure(t, result, test.class, test.want)
			if result.Err.(*AttemptError).Sent {
				t.Error("nothing was sent")
			}
		})
	}
}
