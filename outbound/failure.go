package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Class is the manner in which an attempt failed.
type Class string

const (
	// ClassInvalid: the request cannot be sent as it is: its URL, method or a header is not allowed.
	ClassInvalid Class = "invalid"
	// ClassRefused: the guard refused the target; the cause is an *EgressError.
	ClassRefused Class = "refused"
	// ClassRedirect: the target redirects where the gateway does not follow.
	ClassRedirect Class = "redirect"
	// ClassToken: there is no access token to send the request with; the cause is a *TokenError.
	ClassToken Class = "token"
	// ClassCanceled: the caller left, or the time that it had for the call was over.
	ClassCanceled Class = "canceled"
	// ClassTimeout: no complete answer in time.
	ClassTimeout Class = "timeout"
	// ClassDial: no connection; the name does not resolve, or nothing listens there.
	ClassDial Class = "dial"
	// ClassTLS: the connection could not be secured.
	ClassTLS Class = "tls"
	// ClassConnection: the connection broke before the answer was complete.
	ClassConnection Class = "connection"
	// ClassMalformed: what came back is no HTTP answer, or one beyond the bounds of its headers.
	ClassMalformed Class = "malformed"
)

// AttemptError is why an attempt got no answer. Its text names addresses and what the target said, but not the URL.
type AttemptError struct {
	Class Class
	// Sent tells that the whole request had been written, or answered: whether the target acted on it is unknown.
	Sent bool
	Err  error
}

func (e *AttemptError) Error() string {
	text := clip(e.Err.Error())
	if e.Sent {
		return text + "; the request had been sent, its outcome is unknown"
	}
	return text
}

func (e *AttemptError) Unwrap() error { return e.Err }

// retried tells whether another attempt may fare better.
func (e *AttemptError) retried() bool {
	switch e.Class {
	case ClassInvalid, ClassRefused, ClassRedirect, ClassCanceled:
		return false
	case ClassToken:
		failure, ok := errors.AsType[*TokenError](e.Err)
		return ok && failure.Temporary
	default:
		return true
	}
}

// isTargets tells whether the failure says something about the health of the target.
func (e *AttemptError) isTargets() bool { return e.Class != ClassToken && e.retried() }

// timeoutError is the cause with which a context of ours ends.
type timeoutError struct {
	bound string
	limit time.Duration
}

func (e *timeoutError) Error() string {
	return "no complete answer within the " + e.bound + " of " + e.limit.String()
}

// errNotRepeated replaces the transport's own, silent repetition of a request on another connection.
var errNotRepeated = errors.New("the connection was closed before an answer")

// classify says how an attempt failed: err is what the transport said, caller the context of the call, ctx that of the
// attempt.
func classify(caller, ctx context.Context, err error) (Class, error) {
	if caller.Err() != nil {
		return ClassCanceled, context.Cause(caller)
	}
	if ctx.Err() != nil {
		return ClassTimeout, context.Cause(ctx)
	}
	if failure, ok := errors.AsType[*TokenError](err); ok {
		return ClassToken, failure
	}
	if refusal, ok := errors.AsType[*EgressError](err); ok {
		return ClassRefused, refusal
	}
	if _, ok := errors.AsType[*redirectError](err); ok {
		return ClassRedirect, err
	}
	switch {
	case errors.Is(err, errProxy):
		return ClassDial, err
	case isTimeout(err):
		return ClassTimeout, err
	case isTLS(err):
		return ClassTLS, err
	case isDial(err):
		return ClassDial, err
	case isBroken(err):
		return ClassConnection, err
	}
	return ClassMalformed, err
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

func isTLS(err error) bool {
	for _, target := range []any{
		new(*tls.CertificateVerificationError), new(tls.RecordHeaderError), new(tls.AlertError), new(*tls.ECHRejectionError),
		new(x509.HostnameError), new(x509.UnknownAuthorityError), new(x509.CertificateInvalidError),
	} {
		if errors.As(err, target) {
			return true
		}
	}
	// Most errors of a handshake have no type.
	return strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "HTTP response to HTTPS client")
}

func isDial(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

func isBroken(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	for _, target := range []error{
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, errNotRepeated,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	// The transport's error for this has no exported name.
	return strings.Contains(err.Error(), "server closed idle connection")
}

// withoutURL is err without the URL that net/url puts into its errors: a URL may hold secrets.
func withoutURL(err error) error {
	if parse, ok := errors.AsType[*url.Error](err); ok {
		return parse.Err
	}
	return err
}

// clip bounds a text that a target or data has a say in.
func clip(s string) string {
	const most = 512
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
