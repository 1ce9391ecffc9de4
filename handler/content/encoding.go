package content

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxEncodings is how many encodings may lie on top of each other.
const maxEncodings = 2

var (
	repeatedEncoding = Refusal{http.StatusBadRequest, "Content-Encoding header is repeated"}

	unsupportedEncoding = Refusal{
		http.StatusUnsupportedMediaType, "Content encoding is not supported: send the body uncompressed",
	}
)

// decompress undoes the encodings of a body (RFC 9110, section 8.4), the last one first. No encoding may come out
// larger than limit, inner ones included. An empty body stays empty, whatever it is said to be.
func decompress(header http.Header, received []byte, limit int64) ([]byte, *Refusal) {
	lines := header["Content-Encoding"]
	if len(lines) > 1 {
		return nil, &repeatedEncoding
	}
	body := received
	if len(lines) == 1 {
		applied, ok := encodings(lines[0])
		if !ok {
			return nil, &unsupportedEncoding
		}
		if len(received) == 0 {
			return received, nil
		}
		for _, name := range slices.Backward(applied) {
			source := bytes.NewReader(body)
			decoded, err := inflate(name, source, limit)
			// Pooled decompressors hold on to the source, but need not to the body.
			source.Reset(nil)
			if err != nil {
				return nil, refusalOf(err, name)
			}
			body = decoded
		}
	}
	if int64(len(body)) > limit {
		return nil, &tooLarge
	}
	return body, nil
}

// encodings is what a Content-Encoding lists, in the order of application. It is false where one is unknown or there
// are too many.
func encodings(line string) ([]string, bool) {
	var names []string
	for name := range strings.SplitSeq(line, ",") {
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name == "" || name == "identity" {
			continue
		}
		if decompressors[name] == nil || len(names) == maxEncodings {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

func refusalOf(err error, encoding string) *Refusal {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &tooLarge
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return &unsupportedEncoding
	}
	return &Refusal{http.StatusBadRequest, "Request body is not valid " + encoding}
}

var (
	errTooLarge = errors.New("decompressed size exceeds the limit")
	errTrailing = errors.New("data after the end of the compressed stream")
)

// slots bounds how many bodies are decompressed at once. Nothing is waited for meanwhile, so that more than one for
// each processor would not be faster; but each may claim a window of 16 MiB (brotli) or 8 MiB (zstd) with few bytes.
var slots = make(chan struct{}, runtime.GOMAXPROCS(0))

// inflate decompresses source, which must end where the compressed data does. It reads and writes no more than it
// takes to see that the result exceeds limit.
func inflate(encoding string, source *bytes.Reader, limit int64) ([]byte, error) {
	slots <- struct{}{}
	defer func() { <-slots }()

	stream := decompressors[encoding].Get().(decompressor)
	var (
		body bytes.Buffer
		n    int64
		err  = stream.Reset(source)
	)
	if err == nil {
		// Text seldom shrinks to less than a quarter.
		body.Grow(int(max(min(4*source.Size(), limit), 0)) + bytes.MinRead)
		n, err = body.ReadFrom(io.LimitReader(stream, min(limit, math.MaxInt64-1)+1))
	}
	decompressors[encoding].Put(stream)
	switch {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, errTooLarge
	case source.Len() > 0:
		return nil, errTrailing
	}
	return body.Bytes(), nil
}

// decompressor is a reader of decompressed data, of which Reset begins a new stream.
type decompressor interface {
	io.Reader
	Reset(source io.Reader) error
}

// decompressors are the encodings that are understood, by their names in the registry of IANA.
var decompressors = map[string]*sync.Pool{
	"gzip":    {New: func() any { return new(gzip.Reader) }},
	"x-gzip":  {New: func() any { return new(gzip.Reader) }}, // RFC 9110, section 8.4.1.3: the same
	"deflate": {New: func() any { return new(deflated) }},
	"br":      {New: func() any { return new(brotli.Reader) }},
	"zstd":    {New: newZstd},
}

// newZstd makes a decoder that starts no goroutines and, as RFC 9659 has it, refuses windows over 8 MiB.
func newZstd() any {
	const window = 8 << 20
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(window))
	if err != nil {
		panic(err) // the options are constants
	}
	return decoder
}

// deflated reads what RFC 9110 calls deflate, which is the zlib format, and also the bare deflate data that some
// senders take the word for.
type deflated struct {
	io.Reader
	zlib io.ReadCloser
	bare io.ReadCloser
}

func (d *deflated) Reset(source io.Reader) error {
	scanner := source.(io.ByteScanner)
	first, err := scanner.ReadByte()
	if err != nil {
		return err
	}
	if err := scanner.UnreadByte(); err != nil {
		return err
	}
	// The zlib format begins with its method, 8, in the lower half of a byte. Bare data could only do so with a
	// stored block whose padding is not zero, and nobody writes that.
	if first&0x0f == 8 {
		return d.resetZlib(source)
	}
	if d.bare == nil {
		d.bare = flate.NewReader(source)
	}
	d.Reader = d.bare
	return d.bare.(flate.Resetter).Reset(source, nil)
}

func (d *deflated) resetZlib(source io.Reader) (err error) {
	if d.zlib == nil {
		d.zlib, err = zlib.NewReader(source)
	} else {
		err = d.zlib.(zlib.Resetter).Reset(source, nil)
	}
	d.Reader = d.zlib
	return err
}
