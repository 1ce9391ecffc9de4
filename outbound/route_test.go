package outbound

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// proxyServer is an HTTP proxy that leads everything to one server, and counts.
func proxyServer(t *testing.T, to string, requests *atomic.Int64) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNz" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			_, _ = io.WriteString(w, "through the proxy: "+r.URL.String())
			return
		}
		upstream, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		defer upstream.Close()
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(upstream, buffered.Reader) }()
		_, _ = io.Copy(conn, bufio.NewReader(upstream))
	}))
	t.Cleanup(server.Close)
	proxy, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy.User = url.UserPassword("user", "pass")
	return proxy
}

func TestProxy(t *testing.T) {
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the target")
	}))
	target.Config.ErrorLog = log.New(io.Discard, "", 0)
	target.StartTLS()
	defer target.Close()
	roots := x509.NewCertPool()
	roots.AddCert(target.Certificate())
	var requests atomic.Int64
	route := Route{Proxy: proxyServer(t, target.Listener.Addr().String(), &requests), TLS: &tls.Config{RootCAs: roots}}
	plain := NewClient(mustGuard(t, []string{"data.internal"}, []string{"203.0.113.0/24", "*.denied.example"}))
	plain.guard.RefuseListeners([]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:80")})
	defer plain.Close()
	client := plain.With(route)
	defer client.Close()
	for _, test := range []struct {
		name, url string
		operator  bool
		class     Class
		want      string
	}{
		{"plain", "http://api.example.com/x?y=1", true, "", "through the proxy: http://api.example.com/x?y=1"},
		{"secured", "https://example.com/x", true, "", "the target"},
		{"wrong name", "https://wrong.example.org/x", true, ClassTLS, "wrong.example.org"},
		{"operator's own address", "http://10.0.0.1/", true, "", "through the proxy: http://10.0.0.1/"},
		{"operator's own name", "http://db.internal/", true, "", "through the proxy: http://db.internal/"},
		{"denied name", "http://x.denied.example/", true, ClassRefused, "egress deny"},
		{"denied address", "http://203.0.113.9/", true, ClassRefused, "egress deny 203.0.113.0/24"},
		{"a name from data", "http://other.example/", false, ClassRefused, "data chose it"},
		{"a listed name from data", "http://data.internal/", false, "", "through the proxy: http://data.internal/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := requests.Load()
			result := client.Do(t.Context(), &Call{Method: "POST", URL: test.url, OperatorHost: test.operator})
			if test.class == "" {
				if result.Err != nil || string(result.Response.Body) != test.want {
					t.Errorf("%+v %v", result.Response, result.Err)
				}
				return
			}
			checkFailure(t, result, test.class, test.want)
			if test.class == ClassRefused && requests.Load() != before {
				t.Error("the proxy was asked")
			}
		})
	}
}

func TestProxiesThatFail(t *testing.T) {
	var requests atomic.Int64
	proxy := proxyServer(t, "127.0.0.1:1", &requests)
	proxy.User = nil
	dead, err := url.Parse("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		proxy *url.URL
		want  string
	}{
		{"refused", proxy, "status 407"}, {"dead", dead, "connection refused"},
	} {
		client := NewClient(mustGuard(t, nil, nil))
		proxied := client.With(Route{Proxy: test.proxy})
		result := proxied.Do(t.Context(), &Call{Method: "POST", URL: "https://example.com/top-secret", OperatorHost: true})
		checkFailure(t, result, ClassDial, test.want)
		if result.Err.(*AttemptError).Sent {
			t.Errorf("%s: nothing was sent", test.name)
		}
		proxied.Close()
		client.Close()
	}
}

// TestProxiesAreJudged has a proxy that `egress deny` forbids.
func TestProxiesAreJudged(t *testing.T) {
	var requests atomic.Int64
	client := NewClient(mustGuard(t, nil, []string{"127.0.0.0/8"}))
	defer client.Close()
	proxied := client.With(Route{Proxy: proxyServer(t, "127.0.0.1:1", &requests)})
	defer proxied.Close()
	result := proxied.Do(t.Context(), &Call{Method: "POST", URL: "http://example.com/", OperatorHost: true})
	checkFailure(t, result, ClassRefused, "127.0.0.0/8")
	if requests.Load() != 0 {
		t.Error("a denied proxy was asked")
	}
}

// TestRedirectsBehindAProxy has the guard judge what it can see of them.
func TestRedirectsBehindAProxy(t *testing.T) {
	var location string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "start") {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	proxy, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()
	proxied := client.With(Route{Proxy: proxy})
	defer proxied.Close()
	for address, refused := range map[string]string{
		"http://public.example/": "", "http://10.0.0.1/": "private", "http://metadata.internal/": "local name",
		"http://localhost/": "local name",
	} {
		location = address
		call := &Call{Method: "POST", URL: "http://api.example/start", OperatorHost: true, Redirects: 1}
		result := proxied.Do(t.Context(), call)
		if refused == "" {
			if result.Err != nil {
				t.Errorf("%s: %v", address, result.Err)
			}
			continue
		}
		checkFailure(t, result, ClassRefused, refused)
	}
}

func TestClientCertificates(t *testing.T) {
	var certificates atomic.Int64
	target := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		certificates.Store(int64(len(r.TLS.PeerCertificates)))
	}))
	target.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	target.Config.ErrorLog = log.New(io.Discard, "", 0)
	target.StartTLS()
	defer target.Close()
	roots := x509.NewCertPool()
	roots.AddCert(target.Certificate())
	client := NewClient(mustGuard(t, nil, nil))
	defer client.Close()

	known := client.With(Route{TLS: &tls.Config{RootCAs: roots, Certificates: target.TLS.Certificates}})
	defer known.Close()
	if result := known.Do(t.Context(), post(target.URL)); result.Err != nil || certificates.Load() != 1 {
		t.Errorf("with a certificate: %v", result.Err)
	}
	unknown := client.With(Route{TLS: &tls.Config{RootCAs: roots}})
	defer unknown.Close()
	checkFailure(t, unknown.Do(t.Context(), post(target.URL)), ClassTLS, "certificate required")
	checkFailure(t, client.Do(t.Context(), post(target.URL)), ClassTLS, "unknown authority")
}
