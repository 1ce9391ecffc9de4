package handler

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// readBody reads a body of at most limit bytes; where it is not kept, it is only counted.
//
// It is read to its end before anything slow happens: only then does the server notice that a client has gone. A client
// that sends a byte now and then holds a connection no longer than patience.
func readBody(
	w http.ResponseWriter, r *http.Request, limit int64, keep bool, patience time.Duration,
) ([]byte, *refusal) {
	if r.ContentLength > limit {
		return nil, &tooLarge
	}
	if r.ContentLength != 0 {
		connection := http.NewResponseController(w)
		// Where the connection has no deadlines, the server's own timeouts have to do.
		if connection.SetReadDeadline(time.Now().Add(patience)) == nil {
			defer func() { _ = connection.SetReadDeadline(time.Time{}) }()
		}
	}
	var (
		body   bytes.Buffer
		reader = http.MaxBytesReader(w, r.Body, limit)
		err    error
	)
	if keep {
		// What a client announces is believed only as far as it costs little.
		const believed = 64 << 10
		body.Grow(int(min(max(r.ContentLength, 0), believed)) + bytes.MinRead)
		_, err = body.ReadFrom(reader)
	} else {
		_, err = io.Copy(io.Discard, reader)
	}
	if err == nil {
		return body.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &tooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &refusal{status: http.StatusRequestTimeout, message: "Request body came too slowly", reason: "body"}
	}
	return nil, &refusal{status: http.StatusBadRequest, message: "Request body could not be read", reason: "body"}
}

// patienceFor is how long a body of at most limit bytes may take.
func patienceFor(limit int64) time.Duration {
	const (
		least = 30 * time.Second
		// slowest is the rate, in bytes per second, at which the longest body is still received.
		slowest = 32 << 10
	)
	return least + time.Duration(limit/slowest)*time.Second
}

var tooLarge = refusal{status: http.StatusRequestEntityTooLarge, message: "Request body is too large", reason: "body"}
