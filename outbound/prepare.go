package outbound

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// hop is one request of an attempt: the call's own, or the one that a redirect leads to.
type hop struct {
	request   http.Request
	body      []byte
	transport transport
	// host is the canonical host of the URL.
	host string
	// operatorsWord tells that the host may be anything local.
	operatorsWord bool
}

// prepare checks what needs no connection, and chooses the transport by whose word the host is.
func (c *Client) prepare(call *Call) (*exchange, *AttemptError) {
	target, err := url.Parse(call.URL)
	if err != nil {
		return nil, &AttemptError{Class: ClassInvalid, Err: fmt.Errorf("the URL cannot be read: %w", withoutURL(err))}
	}
	host, err := checkTarget(target)
	if err == nil {
		err = checkRequest(call)
	}
	if err != nil {
		return nil, &AttemptError{Class: ClassInvalid, Err: err}
	}
	if refusal := c.guard.judgeHost(host, call.OperatorHost); refusal != nil {
		return nil, &AttemptError{Class: ClassRefused, Err: refusal}
	}
	x := &exchange{call: call, client: c, timeout: call.Timeout, maxBody: call.MaxBody}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	if x.maxBody <= 0 {
		x.maxBody = defaultMaxBody
	}
	x.first = hop{body: call.Body, host: host}
	if refusal := c.route(&x.first, target, call.OperatorHost && isOperatorsWord(host)); refusal != nil {
		return nil, &AttemptError{Class: ClassRefused, Err: refusal}
	}
	x.first.request = http.Request{
		Method: call.Method, URL: target, Header: exactly(call.Header), ContentLength: int64(len(call.Body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if hosts := call.Header["Host"]; len(hosts) > 0 {
		x.first.request.Host = hosts[0]
	}
	return x, nil
}

// route chooses the transport of a hop. Where a proxy will connect, it judges what the dialer will not see.
func (c *Client) route(h *hop, target *url.URL, operatorsWord bool) *EgressError {
	h.transport, h.operatorsWord = c.public, operatorsWord
	if operatorsWord {
		h.transport = c.operator
	}
	if !c.proxied {
		return nil
	}
	if addr, ok := literal(h.host); ok {
		port, err := strconv.ParseUint(portOf(target), 10, 16)
		if err != nil {
			return &EgressError{Host: h.host, Reason: "its port cannot be judged"}
		}
		if refusal := c.guard.judgeAddress(addr, uint16(port), operatorsWord); refusal != nil {
			return refusal.of(h.host)
		}
		return nil
	}
	if !operatorsWord && isOperatorsWord(h.host) && !c.guard.names(h.host) {
		return &EgressError{Host: h.host, Reason: "it is a local name", Directive: "egress allow " + h.host}
	}
	return nil
}

// exactly keeps the transport from adding a User-Agent of its own.
func exactly(header http.Header) http.Header {
	if _, ok := header["User-Agent"]; ok {
		return header
	}
	exact := make(http.Header, len(header)+1)
	maps.Copy(exact, header)
	exact["User-Agent"] = nil
	return exact
}

// checkTarget refuses what the transport would refuse, or would take in more than one way, and gives the host.
func checkTarget(target *url.URL) (host string, err error) {
	switch {
	case target.Scheme != "http" && target.Scheme != "https":
		return "", fmt.Errorf("scheme %q of the URL is neither http nor https", clip(target.Scheme))
	case target.User != nil:
		return "", errors.New("the URL has a user name: send it as a header")
	}
	if port := target.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("port %q of the URL is not one of 1 to 65535", clip(port))
		}
	}
	return canonicalHost(target.Hostname())
}

func checkRequest(call *Call) error {
	if !httpguts.ValidHeaderFieldName(call.Method) {
		return fmt.Errorf("%q is no method", clip(call.Method))
	}
	for name, values := range call.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("%q is no name of a header", clip(name))
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return fmt.Errorf("the value of header %s has a line break or a control character", name)
			}
		}
	}
	return nil
}

// portOf is the port of a URL, as a number.
func portOf(target *url.URL) string {
	switch {
	case target.Port() != "":
		return target.Port()
	case target.Scheme == "https":
		return "443"
	}
	return "80"
}
