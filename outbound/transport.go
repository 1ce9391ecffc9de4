package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
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

// newTransport makes a transport whose every connection the guard has judged by one rule: the operator's word, or that
// for all other hosts. Connections are shared within a transport only, so none crosses from one rule to the other.
//
// HTTP/2 stays off: its implementation repeats requests on its own, up to six times, where an attempt is to be one.
func newTransport(guard *Guard, dialer net.Dialer, secure *tls.Config, operatorsWord bool) *http.Transport {
	dialer.Timeout = connectTimeout
	dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if refusal := guard.judge(address, operatorsWord); refusal != nil {
			return refusal
		}
		return nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: nil,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if refusal, ok := errors.AsType[*EgressError](err); ok {
				return nil, refusal.of(address)
			}
			return conn, err
		},
		Protocols:              protocols,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    connectTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           idleInAll,
		MaxIdleConnsPerHost:    idlePerHost,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// of is the refusal as the one of a host, given with its port.
func (e *EgressError) of(hostport string) *EgressError {
	refusal := *e
	refusal.Host = withoutPort(hostport)
	return &refusal
}
