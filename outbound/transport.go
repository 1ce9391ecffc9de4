package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	// idleTimeout is below the minute after which load balancers commonly drop a silent connection.
	idleTimeout = 50 * time.Second
	// idlePerHost lets the connections of a burst serve the next one.
	idlePerHost = 256
	idleInAll   = 4096
	// maxHeaders bounds the status line and headers of an answer, in bytes.
	maxHeaders = 64 << 10
)

// transport is what the client needs of *http.Transport.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

// Route is how a client reaches its targets, where that is not straight over the network.
type Route struct {
	// TLS has the client certificate and the authorities for targets; nil is none and those of the system.
	TLS *tls.Config
	// Proxy is an HTTP proxy, a URL with the scheme http or https; nil is none. It is the operator's own word. What it
	// connects to is out of reach for a guard that judges addresses: see Client.With.
	Proxy *url.URL
}

// newTransport makes a transport whose every connection the guard has judged by one rule: the operator's word, or that
// for all other hosts. Connections are shared within a transport only, so none crosses from one rule to the other.
//
// HTTP/2 stays off: its implementation repeats requests on its own, up to six times, where an attempt is to be one.
func newTransport(guard *Guard, dialer net.Dialer, route Route, operatorsWord bool) *http.Transport {
	dialer.Timeout = connectTimeout
	dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if refusal := guard.judge(address, operatorsWord); refusal != nil {
			return refusal
		}
		return nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	var proxy func(*http.Request) (*url.URL, error)
	if route.Proxy != nil {
		proxy = http.ProxyURL(route.Proxy)
	}
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: checkProxy,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if refusal, ok := errors.AsType[*EgressError](err); ok {
				return nil, refusal.of(address)
			}
			return conn, err
		},
		Protocols:              protocols,
		TLSClientConfig:        route.TLS.Clone(),
		TLSHandshakeTimeout:    connectTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           idleInAll,
		MaxIdleConnsPerHost:    idlePerHost,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// errProxy is a proxy that did not connect to the target.
var errProxy = errors.New("the proxy did not connect to the target")

func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: it answered with status %d", errProxy, answer.StatusCode)
	}
	return nil
}

// of is the refusal as the one of a host, given with its port.
func (e *EgressError) of(hostport string) *EgressError {
	refusal := *e
	refusal.Host = withoutPort(hostport)
	return &refusal
}
