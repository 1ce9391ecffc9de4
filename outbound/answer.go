package outbound

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// scratchSize fits the answers of most targets, which are copied out of it; a longer one gets a buffer of its own.
	scratchSize = 8 << 10

	// drainMost and drainTime bound what is spent on the rest of a truncated answer to keep its connection.
	drainMost = 256 << 10
	drainTime = 20 * time.Millisecond
)

var scratch = sync.Pool{New: func() any { return new([scratchSize]byte) }}

// brokenAnswerError is an answer that did not arrive whole. It counts as none: what half of it means cannot be known,
// and whoever acts on its status would act on what the target may never have finished.
type brokenAnswerError struct {
	status, read int
	cause        error
}

func (e *brokenAnswerError) Error() string {
	return fmt.Sprintf("the answer with status %d broke off after %d bytes: %v", e.status, e.read, e.cause)
}

func (e *brokenAnswerError) Unwrap() error { return e.cause }

// readAnswer reads an answer to its end, or to most bytes of its body. cancel ends the attempt.
func readAnswer(resp *http.Response, most int64, cancel context.CancelFunc) (*Response, error) {
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusOK {
		return nil, fmt.Errorf("status %d is no final answer", resp.StatusCode)
	}
	body, truncated, err := readBody(resp, most)
	if err != nil {
		return nil, err
	}
	if truncated {
		drain(resp, cancel)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Truncated: truncated}, nil
}

// readBody reads past the last byte, because only the end of the body frees the connection for the next call.
func readBody(resp *http.Response, most int64) (body []byte, truncated bool, err error) {
	pooled, _ := scratch.Get().(*[scratchSize]byte)
	defer scratch.Put(pooled)
	buffer := pooled[:0]
	for {
		n, err := resp.Body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if int64(len(buffer)) > most {
			buffer, truncated = buffer[:most], true
			break
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false, &brokenAnswerError{status: resp.StatusCode, read: len(buffer), cause: err}
		}
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
	}
	if cap(buffer) > scratchSize {
		return buffer, truncated, nil
	}
	return append([]byte(nil), buffer...), truncated, nil
}

// drain reads the rest of a short answer that was truncated, so that its connection can serve again. A long or a slow
// rest is not worth it.
func drain(resp *http.Response, cancel context.CancelFunc) {
	if resp.ContentLength > drainMost {
		return
	}
	patience := time.AfterFunc(drainTime, cancel)
	defer patience.Stop()
	_, _ = io.CopyN(io.Discard, resp.Body, drainMost)
}
