package handler

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// readBody reads a body of at most limit bytes; where it is not kept, it is only counted.
//
// It is read to its end before anything slow happens: only then does the server notice that a client has gone.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, keep bool) ([]byte, *refusal) {
	if r.ContentLength > limit {
		return nil, &tooLarge
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
	return nil, &refusal{status: http.StatusBadRequest, message: "Request body could not be read", reason: "body"}
}

var tooLarge = refusal{status: http.StatusRequestEntityTooLarge, message: "Request body is too large", reason: "body"}
